// 62-sessions.mjs: files that follow one another, sound alone, an empty room, and a peer that is back

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { decode, tracks } from './lib/media.mjs';
import { Program, folder, membersOf, startBot, startHost, until } from './lib/process.mjs';

const OPUS_MS = 20;

/** The one session below a folder. @param {string} path @param {string} room */
async function sessionOf(path, room) {
  const [name] = await until(async () => readdir(join(path, room)).catch(() => []).then((names) => names.length && names), 15000, 'a session');
  return join(path, room, name);
}

/** @param {string} session @returns {Promise<any>} */
async function read(session) {
  return JSON.parse(await readFile(join(session, 'session.json'), 'utf8').catch(() => '{"files":[],"participants":[]}'));
}

/** @param {string} path */
async function verify(path) {
  const program = new Program(['archive', 'verify', path]);
  const { code } = await program.ended;
  assert.equal(code, 0, program.out + program.log);
}

const SMALL = ['--source', 'videotestsrc', '--size', '320x180', '--bitrate', '200'];

test('a split recording has every block of sound once, and each file begins with a key frame', { timeout: 60000 }, async (t) => {
  const path = await folder(t);
  const host = await startHost(t);
  const recorder = startBot(t, host.url, 'x', ['--record', path, '--split', '2s']);
  const bot = startBot(t, host.url, 'x', SMALL);
  const session = await sessionOf(path, 'x');
  await until(async () => (await read(session)).files.length >= 4, 40000, async () => JSON.stringify(await read(session)));
  // What comes while one file gives way to the next is counted with the old one.
  const last = Date.now();
  await until(() => Date.now() - last > 1000, 3000, 'a second of the last file');
  await bot.end();
  assert.deepEqual(await recorder.end(), { code: 0, signal: null });
  await verify(path);
  const { files, complete } = await read(session);
  assert.ok(complete);
  assert.match(files[0].path, /^[^.]*\.webm$/);
  let next = 0;
  let nTold = 0;
  let nThere = 0;
  for (const [n, file] of files.entries()) {
    if (n > 0)
      assert.equal(file.path, files[0].path.replace('.webm', `.${n + 1}.webm`));
    await decode(join(session, file.path));
    const found = await tracks(join(session, file.path));
    const sound = found.find((/** @type {any} */ track) => track.kind === 'audio');
    const picture = found.find((/** @type {any} */ track) => track.kind === 'video');
    assert.equal(picture.from, n === 0 ? picture.from : 0);
    assert.ok(file.tracks.every((/** @type {any} */ track) => track.lost === 0 && track.packets > 0), JSON.stringify(file));
    // Opus is a frame a packet.
    const told = file.tracks.find((/** @type {any} */ track) => track.kind === 'audio').packets;
    assert.ok(Math.abs(told - sound.packets) <= 50, `${told} packets of sound told, ${sound.packets} there`);
    nTold += told;
    nThere += sound.packets;
    const begins = Date.parse(file.startedAt) + sound.from * 1000;
    if (n > 0)
      assert.ok(Math.abs(begins - next) <= OPUS_MS / 2, `sound goes on ${begins - next} ms from where it was`);
    next = Date.parse(file.startedAt) + sound.to * 1000 + OPUS_MS;
  }
  assert.equal(nThere, nTold, 'every packet of sound that came is in one of the files');
});

test('--audio-only records sound alone', { timeout: 60000 }, async (t) => {
  const path = await folder(t);
  const host = await startHost(t);
  const recorder = startBot(t, host.url, 'x', ['--record', path, '--audio-only']);
  startBot(t, host.url, 'x', SMALL);
  const session = await sessionOf(path, 'x');
  await until(async () => (await read(session)).files.length === 1, 20000, () => recorder.log);
  const begun = Date.now();
  await until(() => Date.now() - begun > 2000, 5000, 'two seconds');
  assert.deepEqual(await recorder.end(), { code: 0, signal: null });
  await verify(path);
  const { files } = await read(session);
  assert.equal(files.length, 1);
  assert.deepEqual((await tracks(join(session, files[0].path))).map((/** @type {any} */ track) => track.codec), ['opus']);
});

test('--idle ends the session of a room that nobody else is in', { timeout: 60000 }, async (t) => {
  const path = await folder(t);
  const host = await startHost(t);
  const recorder = startBot(t, host.url, 'x', ['--record', path, '--idle', '2s']);
  await until(async () => (await membersOf(host.url, 'x')).length === 1, 10000, 'the recorder');
  const bot = startBot(t, host.url, 'x', SMALL);
  const session = await sessionOf(path, 'x');
  await until(async () => (await read(session)).files.length === 1, 20000, () => recorder.log);
  const begun = Date.now();
  await until(() => Date.now() - begun > 3000, 5000, 'three seconds');
  assert.ok(recorder.running, 'it stays while somebody is there');
  await bot.end();
  const left = Date.now();
  assert.deepEqual(await recorder.ended, { code: 0, signal: null });
  assert.ok(Date.now() - left > 1500, `it waited for ${Date.now() - left} ms`);
  await verify(path);
  assert.ok((await read(session)).complete);
});

test('who drops out and is back has one entry and two files', { timeout: 60000 }, async (t) => {
  const path = await folder(t);
  const host = await startHost(t);
  const recorder = startBot(t, host.url, 'x', ['--record', path]);
  const bot = startBot(t, host.url, 'x', [...SMALL, '--name', 'Ann']);
  const session = await sessionOf(path, 'x');
  await until(async () => (await read(session)).files.length === 1, 20000, () => recorder.log);
  bot.child.kill('SIGKILL');
  await until(async () => (await read(session)).participants[0].leftAt, 25000, 'that it is gone');
  startBot(t, host.url, 'x', [...SMALL, '--name', 'Ann']);
  await until(async () => (await read(session)).files.length === 2, 20000, () => recorder.log);
  assert.deepEqual(await recorder.end(), { code: 0, signal: null });
  await verify(path);
  const { files, participants } = await read(session);
  assert.equal(participants.length, 1);
  assert.equal(participants[0].returns.length, 1);
  assert.ok(participants[0].returns[0].joinedAt > participants[0].returns[0].leftAt);
  assert.deepEqual(files.map((/** @type {any} */ file) => file.participant), [participants[0].id, participants[0].id]);
});
