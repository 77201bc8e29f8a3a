// 78-logs.mjs: one line an event whatever others write into it, nothing secret, and an audit of who came and was refused

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, connectPlain } from './lib/member.mjs';
import { delay, folder, start, startBot, startHost, until } from './lib/process.mjs';
import { bearer, makeToken } from './lib/token.mjs';

const FORGED = '00:00:00.000 error   forged: ';
const HOSTILE = [
  `a\n${FORGED}line feed`, `a\r\n${FORGED}both`, `a\r${FORGED}return`, `a\u2028${FORGED}separator`, `a\u0085${FORGED}next line`,
  '\u001b[2J\u001b]0;title\u0007escape', 'a\u202egnp.exe', '"},{"level":"error","message":"forged"}', '\\n\\u0000"', '%s%n%d', '\u0000zero',
  '<3>prefix', 'x'.repeat(10000), '\u200f\u2066isolate', '\ud800half', '../../etc/passwd', '💥 emoji ‍ joined',
];

/** Everything a client may write into a log, in both dialects and over HTTP. */
async function shout(t, url, port) {
  const plain = await connectPlain(t, url);
  const sio = await connect(t, url);
  for (const text of HOSTILE) {
    plain.send('join-room', { roomId: 'a', displayName: text });
    plain.send(text, { roomId: text });
    plain.send('join-room', { roomId: text, displayName: 'A', role: text });
    plain.send('signal', { to: text, data: text });
    plain.socket.send(text);
    sio.socket.emit('join-room', { roomId: 'a', displayName: text });
    sio.socket.emit(text, text);
    sio.socket.emit('signal', { to: text, data: { [text]: text } });
    await fetch(`${url}/${encodeURIComponent(text.toWellFormed?.() ?? 'x').slice(0, 4000)}`).catch(() => {});
    await fetch(`${url}/api/rooms`, { method: 'POST', body: JSON.stringify({ name: text }), headers: { 'Content-Type': 'application/json' } });
    await fetch(`${url}/api/rooms/x?a=${encodeURIComponent(text.toWellFormed?.() ?? 'x').slice(0, 4000)}`);
  }
  for (const raw of ['GET /a\nb HTTP/1.1\r\n\r\n', `GET /\x1b[2J HTTP/1.1\r\nHost: a\r\n\r\n`, `GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n${FORGED}: 1\r\n\r\n`, `\u0016\u0003\u0001\n${FORGED}\n\r\n\r\n`])
    await new Promise((resolve) => connectTcp(port, '127.0.0.1', function () { this.end(raw); }).on('close', resolve).on('error', resolve).resume());
  await delay(200);
}

test('whatever others write, a line is an event: text', { timeout: 60000 }, async (t) => {
  const host = await startHost(t, ['--log-level', 'debug']);
  await shout(t, host.url, host.port);
  await host.end();
  const lines = host.log.split('\n').filter(Boolean);
  assert.ok(lines.length > HOSTILE.length * 3, `${lines.length}`);
  for (const line of lines) {
    assert.match(line, /^\d\d:\d\d:\d\d\.\d{3} (error|warning|notice|info|debug) +[\w-]+: /);
    assert.doesNotMatch(line, /^00:00:00|[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
  }
});

test('whatever others write, a line is an event: JSON', { timeout: 60000 }, async (t) => {
  const host = await startHost(t, ['--log-level', 'debug', '--log-format', 'json']);
  await shout(t, host.url, host.port);
  await host.end();
  const lines = host.log.split('\n').filter(Boolean);
  assert.ok(lines.length > HOSTILE.length * 3);
  for (const line of lines) {
    const event = JSON.parse(line);
    assert.deepEqual(Object.keys(event), ['time', 'level', 'domain', 'message']);
    assert.ok(Math.abs(Date.parse(event.time) - Date.now()) < 60000);
    assert.notEqual(event.level, 'error');
  }
});

test('in the journal lines have its levels, and nowhere else', { timeout: 30000 }, async (t) => {
  const meshbot = /** @type {string} */ (process.env.MESHBOT);
  for (const [stream, prefix] of [['$(stat -L -c %d:%i /proc/self/fd/2)', /^<7>\d\d:/], ['8:1', /^\d\d:/]]) {
    const program = start(t, ['-c', `JOURNAL_STREAM=${stream} exec "${meshbot}" --listen 0 --store :memory: --log-level debug`], { program: 'sh' });
    const url = await until(() => /serving (\S+)/.exec(program.out)?.[1], 5000, () => program.log);
    await fetch(`${url}/api/rooms`);
    await program.end();
    assert.match(program.log, /** @type {RegExp} */ (prefix));
    assert.match(program.out, /^meshbot: serving/, 'stdout is for programs');
  }
  const failing = start(t, ['-c', `JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec "${meshbot}" --listen 1.2.3.4:5 --store :memory:`], { program: 'sh' });
  assert.equal((await failing.ended).code, 2);
  assert.match(failing.log, /^<3>meshbot: cannot listen/);
});

test('a request has an id in its answer and in the log; of its address as much as is wanted, of its query nothing', { timeout: 30000 }, async (t) => {
  for (const [how, shown] of [['full', '127.0.0.1'], ['masked', '127.0.0.0/24'], ['none', '-']]) {
    const host = await startHost(t, ['--log-level', 'debug', '--log-addresses', how]);
    const ids = new Set();
    for (let n = 0; n < 3; n++) {
      const answer = await fetch(`${host.url}/api/rooms?secret=value`);
      ids.add(answer.headers.get('x-request-id'));
    }
    assert.equal(ids.size, 3);
    await host.end();
    for (const id of ids)
      assert.match(host.log, new RegExp(`request ${id}: GET /api/rooms: 200 after \\d+ µs, ${shown.replaceAll('.', '\\.')}\n`));
    assert.doesNotMatch(host.log, /secret=value/);
    if (how !== 'full')
      assert.doesNotMatch(host.log, /127\.0\.0\.1\b(?!:\d+$)/m);
  }
});

test('descriptions, candidates and their keys stand in no log above debug', { timeout: 60000 }, async (t) => {
  const host = await startHost(t, ['--log-level', 'info']);
  const bots = [startBot(t, host.url, 'a', ['--source', 'videotestsrc', '--name', 'one']), startBot(t, host.url, 'a', ['--name', 'two'])];
  await until(() => bots.every((bot) => /connected/i.test(bot.log)), 20000, () => bots.map((bot) => bot.log).join('\n'));
  for (const program of [...bots, host]) {
    await program.end();
    assert.doesNotMatch(program.log, /v=0|m=(audio|video)|ice-(ufrag|pwd)|fingerprint|candidate:\d/i);
  }
});

test('the audit has joins, leaves, rooms and refusals, in whole lines, and is turned over', { timeout: 60000 }, async (t) => {
  const dir = await folder(t);
  const [file, secretFile] = [join(dir, 'audit.jsonl'), join(dir, 'secret')];
  const key = randomBytes(32).toString('hex');
  writeFileSync(secretFile, key, { mode: 0o600 });
  const host = await startHost(t, ['--audit', file, '--audit-size', '64KB', '--auth-mode', 'jwt', '--auth-secret-file', secretFile]);
  const events = (path = file) => readFileSync(path, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
  const token = makeToken({ sub: 'u-7', room: '*', grants: ['join', 'create', 'admin'] }, { key });
  const ann = await connect(t, host.url, { auth: { token } });
  await ann.socket.emitWithAck('join-room', { roomId: 'a', displayName: 'Ann "quoted" \\' });
  ann.socket.emit('leave-room', {});
  const made = await fetch(`${host.url}/api/rooms`, { method: 'POST', body: '{"name":"B","id":"b"}', headers: { ...bearer(token), 'Content-Type': 'application/json' } });
  assert.equal(made.status, 201);
  assert.equal((await fetch(`${host.url}/api/rooms/b`, { method: 'DELETE', headers: bearer(token) })).status, 204);
  const refused = await fetch(`${host.url}/api/rooms?access_token=${token}`);
  assert.equal(refused.status, 401);
  await until(() => events().length >= 7, 5000, () => JSON.stringify(events()));
  assert.equal(statSync(file).mode & 0o777 & ~0o640, 0);
  const got = events();
  const one = (/** @type {string} */ event, /** @type {object} */ like) => {
    const found = got.find((each) => each.event === event && Object.entries(like).every(([name, value]) => each[name] === value));
    assert.ok(found, `${event} ${JSON.stringify(like)} in ${JSON.stringify(got)}`);
    assert.ok(Math.abs(Date.parse(found.time) - Date.now()) < 60000);
    return found;
  };
  one('room-created', { room: 'a', reason: 'joined' });
  assert.match(one('join', { room: 'a', subject: 'u-7', member: ann.socket.id, client: '127.0.0.1', role: 'member' }).name, /^Ann "quoted" \\$/);
  one('leave', { room: 'a', member: ann.socket.id, reason: 'left' });
  one('room-deleted', { room: 'a', reason: 'empty' });
  one('room-created', { room: 'b', reason: 'api' });
  one('room-deleted', { room: 'b', reason: 'api' });
  one('refused', { status: 401, target: 'GET /api/rooms', request: refused.headers.get('x-request-id'), client: '127.0.0.1' });

  renameSync(file, `${file}.mine`);
  host.child.kill('SIGHUP');
  await until(() => readdirSync(dir).includes('audit.jsonl'), 5000, 'another file after SIGHUP');

  for (let n = 0; n < 3000; n++)
    await fetch(`${host.url}/api/rooms`);
  await delay(1100);
  await fetch(`${host.url}/api/rooms`);
  const flood = events().filter((each) => each.event === 'refused');
  assert.ok(flood.length >= 200 && flood.length < 2000, `${flood.length} of 3001 refusals are written`);
  assert.ok(flood.at(-1).leftOut > 0, 'and the rest is counted');
  for (let n = 0; n < 1500; n++) {
    ann.socket.emit('join-room', { roomId: `r${n}`, displayName: 'x'.repeat(100) });
    if (n % 100 === 99)
      await ann.socket.emitWithAck('join-room', { roomId: 'a', displayName: 'A' });
  }
  await until(() => readdirSync(dir).filter((name) => /^audit\.jsonl\.\d$/.test(name)).length === 5, 10000, () => readdirSync(dir).join(' '));
  for (const name of readdirSync(dir).filter((each) => /^audit\.jsonl(\.\d)?$/.test(each))) {
    assert.ok(statSync(join(dir, name)).size <= 64000);
    assert.ok(events(join(dir, name)).length > 0);
  }
  assert.ok(!readdirSync(dir).includes('audit.jsonl.6'));
  await host.end();
  assert.equal(events().findLast((each) => each.event === 'leave')?.reason, 'server-going-away');
  for (const name of readdirSync(dir).filter((each) => each.startsWith('audit')))
    assert.ok(!readFileSync(join(dir, name), 'utf8').includes(token.split('.')[2]));

  const wrong = start(t, ['--listen', '0', '--store', ':memory:', '--audit', dir]);
  assert.equal((await wrong.ended).code, 2);
  assert.match(wrong.log, /^meshbot: .*: Is a directory\n$/);
});
