// 61-kill-and-repair.mjs: a recorder that is killed loses half a second at most, and the next one finishes its files

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { decode, tracks } from './lib/media.mjs';
import { Program, delay, folder, startBot, startHost, until } from './lib/process.mjs';

const ROUNDS = 4;
const BOTS = 5;
const CUES = Buffer.from([0x1c, 0x53, 0xbb, 0x6b]);

/** @param {string} session @returns {Promise<any>} */
async function read(session) {
  return JSON.parse(await readFile(join(session, 'session.json'), 'utf8'));
}

/** The sessions of a room, oldest first. @param {string} path @param {string} room */
async function sessionsOf(path, room) {
  const names = await readdir(join(path, room)).catch(() => []);
  return names.sort().map((name) => join(path, room, name));
}

/** @param {string[]} args */
async function archive(...args) {
  const program = new Program(['archive', ...args]);
  const { code } = await program.ended;
  return { code, out: program.out, log: program.log };
}

test('twenty files of recorders killed at random moments decode, miss at most half a second, and are finished later', { timeout: 190000 }, async (t) => {
  const path = await folder(t);
  const host = await startHost(t);
  startBot(t, host.url, 'x', ['--source', 'videotestsrc', '--size', '320x180', '--bitrate', '200', '--count', String(BOTS)]);
  let worst = 0;
  /** @type {Map<string, any[]>} */
  const before = new Map();
  for (let round = 0; round < ROUNDS; round++) {
    const recorder = startBot(t, host.url, 'x', ['--record', path]);
    const session = await until(async () => (await sessionsOf(path, 'x'))[round], 15000, 'a session');
    await until(async () => (await read(session).catch(() => ({ files: [] }))).files.length === BOTS, 30000, () => recorder.log);
    await delay(1000 + Math.random() * 2000);
    const killed = Date.now();
    recorder.child.kill('SIGKILL');
    await recorder.ended;

    const told = await read(session);
    assert.equal(told.endedAt, null);
    for (const file of told.files) {
      await decode(join(session, file.path));
      const found = await tracks(join(session, file.path));
      assert.equal(found.length, 2);
      before.set(join(session, file.path), found);
      for (const track of found) {
        const missing = killed - Date.parse(file.startedAt) - track.to * 1000;
        worst = Math.max(worst, missing);
        assert.ok(missing <= 500, `${missing} ms of ${track.kind} are missing`);
      }
    }
    assert.equal((await archive('verify', session)).code, 3);
  }
  assert.equal(before.size, ROUNDS * BOTS);
  t.diagnostic(`at most ${Math.round(worst)} ms missing`);
  const cut = await sessionsOf(path, 'x');

  // The next recorder of this folder finishes what they left, and leaves alone what it records itself.
  const recorder = startBot(t, host.url, 'x', ['--record', path]);
  const repaired = async () => (await Promise.all(cut.map(read))).every((told) => told.endedAt);
  await until(repaired, 20000, () => recorder.log);
  const own = await until(async () => (await sessionsOf(path, 'x'))[ROUNDS], 15000, 'its own session');
  await until(async () => (await read(own)).files.length === BOTS, 30000, () => recorder.log);
  const live = await archive('repair', path);
  assert.equal(live.code, 0, live.log);
  assert.match(live.out, /^live /m);
  assert.equal((await readdir(own)).filter((name) => name.endsWith('.part')).length, BOTS);
  for (const session of cut) {
    const told = await read(session);
    const { code, out } = await archive('verify', session);
    assert.equal(code, 0, out);
    assert.equal(told.complete, false);
    assert.equal(told.files.length, BOTS);
    for (const file of told.files) {
      const whole = join(session, file.path);
      assert.equal(file.recovered, true);
      await decode(whole);
      assert.deepEqual(await tracks(whole), before.get(`${whole}.part`), 'the same packets at the same times');
      const bytes = await readFile(whole);
      assert.ok(bytes.indexOf(CUES) > 0 && bytes.indexOf(CUES) !== bytes.lastIndexOf(CUES), 'cues, and where they are');
    }
    assert.deepEqual((await readdir(session)).filter((name) => !/^(session\.json|events\.jsonl|.*\.webm)$/.test(name)), []);
  }
  assert.deepEqual(await recorder.end(), { code: 0, signal: null });
  const all = await archive('verify', path);
  assert.equal(all.code, 0, all.out);
  assert.match(all.out, new RegExp(`^${ROUNDS + 1} sessions, ${(ROUNDS + 1) * BOTS} files, 0 differences$`, 'm'));
  const table = await archive('info', path);
  assert.equal(table.code, 0);
  assert.equal(table.out.split('\n').filter((line) => line.includes('recovered')).length, ROUNDS * BOTS);
  assert.equal((await archive('verify', join(path, 'nowhere'))).code, 1);
});
