// 63-on-finish.mjs: a session that has ended is handed over, again until it succeeds, and after a crash, too

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Program, folder, startBot, startHost, until } from './lib/process.mjs';

const SMALL = ['--source', 'videotestsrc', '--size', '320x180', '--bitrate', '200'];

/** @param {string} session @returns {Promise<any>} */
async function read(session) {
  return JSON.parse(await readFile(join(session, 'session.json'), 'utf8').catch(() => '{"files":[]}'));
}

/** The n-th session of room x. @param {string} path @param {number} n */
async function sessionOf(path, n) {
  return until(async () => {
    const names = await readdir(join(path, 'x')).catch(() => []);
    return names.length > n && join(path, 'x', names.sort()[n]);
  }, 15000, 'a session');
}

/** The statuses with which the command has ended. @param {string} session */
async function statuses(session) {
  const text = await readFile(join(session, 'events.jsonl'), 'utf8');
  return text.trim().split('\n').map((line) => JSON.parse(line)).filter(({ event }) => event === 'on-finish').map(({ status }) => status);
}

/** @param {string} path */
async function verify(path) {
  const program = new Program(['archive', 'verify', path]);
  const { code } = await program.ended;
  assert.equal(code, 0, program.out + program.log);
}

test('the command gets the session, is tried again, and the recorder does not wait for it', { timeout: 90000 }, async (t) => {
  const path = await folder(t);
  const outside = await folder(t);
  const host = await startHost(t);
  // Fails once; then takes a copy, slower than the program ends.
  const command = `test -e ${outside}/tried || { touch ${outside}/tried; exit 7; }; sleep 1; cp -r "$MESHBOT_SESSION" ${outside}/"$MESHBOT_ROOM"`;
  const recorder = startBot(t, host.url, 'x', ['--record', path, '--on-finish', command]);
  startBot(t, host.url, 'x', SMALL);
  const session = await sessionOf(path, 0);
  await until(async () => (await read(session)).files.length === 1, 20000, () => recorder.log);
  assert.equal((await read(session)).onFinish, 'pending');
  assert.deepEqual(await recorder.end(), { code: 0, signal: null });
  assert.equal((await read(session)).onFinish, 'pending', 'the recorder has ended first');
  await until(async () => (await read(session)).onFinish === 'done', 20000, async () => JSON.stringify(await read(session)));
  assert.deepEqual(await statuses(session), [7, 0]);
  assert.equal((await read(join(outside, 'x'))).room, 'x');
  await verify(session);
});

test('the session of a recorder that was killed is repaired and handed over by the next one, once', { timeout: 90000 }, async (t) => {
  const path = await folder(t);
  const outside = await folder(t);
  const host = await startHost(t);
  const options = ['--record', path, '--on-finish', `basename "$MESHBOT_SESSION" >> ${outside}/list`];
  const list = async () => (await readFile(join(outside, 'list'), 'utf8').catch(() => '')).split('\n').filter(Boolean);
  const recorder = startBot(t, host.url, 'x', options);
  startBot(t, host.url, 'x', SMALL);
  const session = await sessionOf(path, 0);
  await until(async () => (await read(session)).files.length === 1, 20000, () => recorder.log);
  recorder.child.kill('SIGKILL');
  await recorder.ended;
  assert.deepEqual(await list(), []);

  const next = startBot(t, host.url, 'x', options);
  await until(async () => (await read(session)).onFinish === 'done', 20000, () => next.log);
  assert.equal((await read(session)).files[0].recovered, true);
  const second = await sessionOf(path, 1);
  await until(async () => (await read(second)).files.length === 1, 20000, () => next.log);
  assert.equal((await list()).length, 1);
  await next.end();
  await until(async () => (await read(second)).onFinish === 'done', 20000, 'the second session');
  assert.deepEqual((await list()).map((name) => join(path, 'x', name)), [session, second]);
  await verify(path);
});
