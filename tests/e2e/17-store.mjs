// 17-store.mjs: what the disk does to rooms: never an empty list, never an acknowledged room lost
//
// MESHBOT_LONG=1 kills 200 hosts instead of 50.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rmdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { joined } from './lib/raw.mjs';
import { folder, start, startHost, until } from './lib/process.mjs';

const KILLS = process.env.MESHBOT_LONG ? 200 : 50;
const WRITERS = 8;

/** @param {string} url @param {unknown} body */
function post(url, body) {
  return fetch(`${url}/api/rooms`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
}

/** @param {string} url @returns {Promise<string[]>} */
async function idsOf(url) {
  return (await (await fetch(`${url}/api/rooms`)).json()).map((/** @type {any} */ room) => room.id);
}

/** A file system of its own, gone with the test. @param {import('node:test').TestContext} t @param {string} options */
async function mountTmpfs(t, options) {
  const path = await mkdtemp(join(tmpdir(), 'meshbot-e2e-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]);
  t.after(async () => {
    execFileSync('umount', ['-l', path]);
    await rmdir(path);
  });
  return path;
}

/** Starts a host that is to refuse its store. @returns {Promise<string>} what it said */
async function refusalOf(t, /** @type {string} */ store) {
  const host = start(t, ['--listen', '127.0.0.1:0', '--store', store]);
  const { code } = await host.ended;
  assert.equal(code, 1, host.log);
  assert.equal(host.out, '', 'no ready line');
  assert.equal(host.log.trim().split('\n').length, 1, host.log);
  assert.ok(host.log.includes(store), host.log);
  return host.log;
}

test('a store that cannot be used is one clear line at the start, and is left as it was', { timeout: 60000 }, async (t) => {
  const path = await mountTmpfs(t, 'size=8m');
  const store = join(path, 'rooms.db');
  const first = await startHost(t, ['--store', store]);
  assert.equal((await post(first.url, { name: 'Kept', id: 'kept' })).status, 201);
  assert.equal((await stat(store)).mode & 0o777, 0o600, 'nobody else reads it');
  assert.match(await refusalOf(t, store), /in use by another process/);
  await first.end();

  const whole = await readFile(store);
  const damaged = Buffer.from(whole);
  damaged.fill(0xa5, 4096);
  await writeFile(store, damaged);
  assert.match(await refusalOf(t, store), /damaged/);
  assert.deepEqual(await readFile(store), damaged, 'it is not touched');

  await writeFile(store, whole);
  execFileSync('python3', ['-c', 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("PRAGMA user_version = 99")', store]);
  assert.match(await refusalOf(t, store), /newer meshbot/);

  await writeFile(store, whole);
  execFileSync('mount', ['-o', 'remount,ro', path]);
  assert.match(await refusalOf(t, store), /read-only/);
  execFileSync('mount', ['-o', 'remount,rw', path]);
  const again = await startHost(t, ['--store', store]);
  assert.deepEqual(await idsOf(again.url), ['kept']);
});

test('no room can be made on a full disk, and everything else goes on', { timeout: 60000 }, async (t) => {
  const path = await mountTmpfs(t, 'size=1m');
  const store = join(path, 'rooms.db');
  const host = await startHost(t, ['--store', store]);
  const member = await joined(host.port, 'call');
  const metadata = { text: 'x'.repeat(8000) };
  /** @type {string[]} */
  const made = [];
  let refusal = null;
  for (let n = 0; n < 200 && !refusal; n += 1) {
    const answer = await post(host.url, { name: 'n', id: `r${n}`, metadata });
    if (answer.status === 201)
      made.push(`r${n}`);
    else
      refusal = { status: answer.status, type: answer.headers.get('content-type'), body: await answer.json() };
  }
  assert.ok(made.length > 10, `${made.length} rooms`);
  assert.equal(refusal?.status, 503);
  assert.match(String(refusal?.type), /^application\/problem\+json/);
  assert.match(refusal?.body.detail, /no space left/);

  // Reads, joins and signals need no disk; a refused room is not there.
  assert.deepEqual((await idsOf(host.url)).filter((id) => id !== 'call'), made);
  assert.equal((await fetch(`${host.url}/api/rooms/r${made.length}`)).status, 404);
  const other = await joined(host.port, 'call');
  other.send('signal', { to: member.id, data: 1 });
  assert.equal((await member.await('signal')).data, 1);
  assert.equal((await fetch(`${host.url}/healthz`)).status, 200);

  // With space again it takes rooms again, by itself.
  execFileSync('mount', ['-o', 'remount,size=8m', path]);
  assert.equal((await post(host.url, { name: 'n', id: 'after', metadata })).status, 201);
  await host.end('SIGKILL');
  const second = await startHost(t, ['--store', store]);
  assert.deepEqual(await idsOf(second.url), [...made, 'after']);
});

test(`killed ${KILLS} times while it writes, the store is whole and no acknowledged room is lost`, { timeout: 300000 }, async (t) => {
  const path = await folder(t);
  await mkdir(join(path, 'store'));
  const store = join(path, 'store', 'rooms.db');
  /** What clients were told: made (true), deleted (false). @type {Map<string, boolean>} */
  const told = new Map();
  /** What they asked for and were not answered: it may be so or not. @type {Set<string>} */
  const open = new Set();
  let n = 0;
  let nKilledInWrites = 0;

  const check = async (/** @type {string} */ url) => {
    const ids = new Set(await idsOf(url));
    for (const [id, there] of told)
      assert.ok(open.has(id) || ids.has(id) === there, `${id} was ${there ? 'made' : 'deleted'}, and is ${ids.has(id) ? '' : 'not '}there`);
    for (const id of ids)
      assert.ok(told.has(id) || open.has(id), `nobody asked for ${id}`);
    for (const id of open)
      told.set(id, ids.has(id));
    open.clear();
  };

  for (let kill = 0; kill < KILLS; kill += 1) {
    const host = await startHost(t, ['--store', store]);
    await check(host.url);
    let killed = false;
    const writer = async () => {
      while (!killed) {
        const id = `r${n}`;
        n += 1;
        try {
          open.add(id);
          const answer = await post(host.url, { name: 'n', id, metadata: { text: 'x'.repeat(n % 3000) } });
          assert.equal(answer.status, 201);
          open.delete(id);
          told.set(id, true);
          if (n % 3 === 0) {
            open.add(id);
            const gone = await fetch(`${host.url}/api/rooms/${id}`, { method: 'DELETE' });
            assert.equal(gone.status, 204);
            open.delete(id);
            told.set(id, false);
          }
        } catch (error) {
          if (!killed || error instanceof assert.AssertionError)
            throw error;
        }
      }
    };
    const writers = Array.from({ length: WRITERS }, writer);
    const began = n;
    await until(() => n >= began + 2 + (kill * 7) % 60, 10000, 'some writes');
    killed = true;
    host.child.kill('SIGKILL');
    await Promise.all(writers);
    await host.ended;
    nKilledInWrites += open.size > 0 ? 1 : 0;
  }
  const last = await startHost(t, ['--store', store]);
  await check(last.url);
  await last.end();
  const verdict = execFileSync('python3', ['-c',
    'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("PRAGMA integrity_check").fetchone()[0])', store]);
  assert.equal(verdict.toString().trim(), 'ok');
  t.diagnostic(`${[...told.values()].filter(Boolean).length} rooms kept of ${n} asked for; ${nKilledInWrites} of ${KILLS} kills hit a write under way`);
  assert.ok(nKilledInWrites > KILLS / 2, 'the kills hit writes');
});
