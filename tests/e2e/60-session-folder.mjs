// 60-session-folder.mjs: what a session's folder says of itself is so

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { decode, tracks } from './lib/media.mjs';
import { folder, startBot, startHost, until } from './lib/process.mjs';

/** The one session below a folder. @param {string} path @param {string} room */
async function sessionOf(path, room) {
  const [name] = await readdir(join(path, room));
  assert.match(name, /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/);
  return join(path, room, name);
}

/** @param {string} session */
async function read(session) {
  return JSON.parse(await readFile(join(session, 'session.json'), 'utf8'));
}

/** @param {string} session */
async function eventsOf(session) {
  const text = await readFile(join(session, 'events.jsonl'), 'utf8');
  return text.trim().split('\n').map((line) => JSON.parse(line));
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

test('session.json and events.jsonl say who was there, what was recorded, and its checksums', { timeout: 120000 }, async (t) => {
  const path = await folder(t);
  const host = await startHost(t);
  const recorder = startBot(t, host.url, 'x', ['--record', path, '--name', 'Archive']);
  await until(async () => (await readdir(path, { recursive: true })).some((name) => name.endsWith('session.json')), 15000, 'session.json');
  const session = await sessionOf(path, 'x');
  const early = await read(session);
  assert.deepEqual({ ...early, startedAt: '' }, { schema: 1, room: 'x', server: host.url, startedAt: '', endedAt: null, recorder: 'Archive',
    complete: false, participants: [], files: [] });

  const bot = startBot(t, host.url, 'x', ['--source', 'videotestsrc', '--size', '320x180', '--bitrate', '200', '--name', 'Card']);
  const browser = await openBrowser(t);
  const ada = await openRoom(browser, host.url, 'x', { name: 'Ada <b>' });
  const adaId = await ada.id();
  await until(async () => (await read(session)).files.length === 2, 30000, async () => JSON.stringify(await read(session)));
  const open = await read(session);
  assert.ok(open.files.every((/** @type {any} */ file) => file.path.endsWith('.webm.part') && file.sha256 === null && TIME.test(file.startedAt)));
  assert.deepEqual((await readdir(session)).filter((name) => name.endsWith('.part')).sort(), open.files.map((/** @type {any} */ file) => file.path).sort());
  // Long enough that two of the source's key frames are in it.
  await until(async () => Date.now() - Date.parse(open.files[1].startedAt) > 6000, 20000, 'six seconds of both');
  await bot.end();
  await until(async () => (await read(session)).files.some((/** @type {any} */ file) => file.sha256), 15000, 'a checksum while it goes on');
  assert.deepEqual(await recorder.end(), { code: 0, signal: null });

  const told = await read(session);
  assert.equal(told.complete, true);
  assert.match(told.startedAt, TIME);
  assert.match(told.endedAt, TIME);
  assert.deepEqual(told.participants.map((/** @type {any} */ each) => each.displayName).sort(), ['Ada <b>', 'Card']);
  for (const { joinedAt, leftAt } of told.participants)
    assert.ok(joinedAt >= told.startedAt && leftAt > joinedAt && leftAt <= told.endedAt, `${joinedAt} to ${leftAt}`);
  assert.equal(told.files.length, 2);
  for (const file of told.files) {
    const bytes = await readFile(join(session, file.path));
    assert.equal(file.bytes, bytes.length);
    assert.equal(file.sha256, createHash('sha256').update(bytes).digest('hex'));
    assert.equal((await stat(join(session, file.path))).mode & 0o777, 0o640);
    assert.equal(file.kind, 'camera');
    assert.equal(file.recovered, false);
    assert.ok(told.participants.some((/** @type {any} */ each) => each.id === file.participant));
    assert.ok(Math.abs(Date.parse(file.startedAt) - Date.parse(told.startedAt) - file.offsetMs) <= 1);
    await decode(join(session, file.path));
    const found = await tracks(join(session, file.path));
    const end = Math.max(...found.map((/** @type {any} */ each) => each.to)) * 1000;
    assert.ok(Math.abs(file.durationMs - end) < 150, `${file.durationMs} ms, and ${end}`);
    assert.deepEqual(file.tracks.map((/** @type {any} */ each) => each.kind).sort(), ['audio', 'video']);
    for (const track of file.tracks) {
      assert.equal(track.lost, 0);
      assert.deepEqual(track.gaps, []);
      const there = found.find((/** @type {any} */ each) => each.kind === track.kind);
      // A frame of audio is a packet; of video it takes one at least.
      assert.ok(track.packets >= there.packets, `${track.packets} packets, ${there.packets} frames`);
    }
  }
  const card = told.files.find((/** @type {any} */ file) => file.participant !== adaId);
  const video = card.tracks.find((/** @type {any} */ each) => each.kind === 'video');
  assert.deepEqual({ codec: video.codec, width: video.width, height: video.height }, { codec: 'VP8', width: 320, height: 180 });
  const keys = execFileSync('ffprobe', ['-v', 'error', '-select_streams', 'v', '-show_entries', 'packet=flags', '-of', 'csv=p=0', join(session, card.path)])
    .toString().split('\n').filter((line) => line.startsWith('K')).length;
  assert.equal(video.keyframes, keys);

  const events = await eventsOf(session);
  const names = events.map(({ event }) => event);
  assert.equal(names[0], 'start');
  assert.equal(names.at(-1), 'end');
  for (const [name, count] of Object.entries({ join: 2, leave: 1, 'file-opened': 2, 'file-closed': 2 }))
    assert.equal(names.filter((each) => each === name).length, count, `${name} in ${names}`);
  assert.ok(events.some(({ event, path: name, width, height }) => event === 'size' && name === card.path && width === 320 && height === 180), JSON.stringify(events));
  // The page says whether it is muted, as soon as it knows.
  assert.ok(events.some(({ event, participant, message }) => event === 'state' && participant === adaId && message.audio), JSON.stringify(events));
  assert.ok(events.every(({ at }, n) => TIME.test(at) && (n === 0 || at >= events[n - 1].at)), 'in order');
});

test('what was lost for good is counted, and its place in the file is told', { timeout: 90000 }, async (t) => {
  const path = await folder(t);
  const host = await startHost(t);
  const recorder = startBot(t, host.url, 'x', ['--record', path]);
  const bot = startBot(t, host.url, 'x', ['--source', 'videotestsrc', '--size', '320x180', '--bitrate', '200']);
  await until(async () => (await readdir(path, { recursive: true })).some((name) => name.endsWith('.part')), 20000, 'a file');
  const session = await sessionOf(path, 'x');
  await until(async () => (await read(session)).files.length === 1, 10000, 'a file in the record');
  // Nothing of media arrives for three seconds, longer than anybody asks again for it.
  const nft = (/** @type {string} */ rule) => execFileSync('nft', rule.split(' '));
  nft('add table inet gap');
  nft('add chain inet gap out { type filter hook output priority 0 ; }');
  nft('add rule inet gap out meta l4proto udp drop');
  const began = Date.now();
  await until(() => Date.now() - began > 3000, 5000, 'three seconds');
  nft('delete table inet gap');
  await until(() => Date.now() - began > 8000, 10000, 'five seconds more');
  await bot.end();
  await recorder.end();
  const told = await read(session);
  const losses = (await eventsOf(session)).filter(({ event }) => /^(audio|video)-loss$/.test(event));
  assert.ok(losses.some(({ packets, path: name }) => packets > 20 && name === told.files[0].path), JSON.stringify(losses));
  const lost = told.files.flatMap((/** @type {any} */ file) => file.tracks).reduce((/** @type {number} */ sum, /** @type {any} */ track) => sum + track.lost, 0);
  assert.ok(lost > 20, `${lost} packets lost; ${JSON.stringify(told.files)}`);
  const [file] = told.files;
  for (const track of file.tracks) {
    const longest = track.gaps.reduce((/** @type {any} */ one, /** @type {any} */ other) => other.durationMs > one.durationMs ? other : one, { durationMs: 0 });
    assert.ok(longest.durationMs > 2000 && longest.durationMs < 6000, JSON.stringify(track));
    const at = Date.parse(file.startedAt) + longest.atMs;
    assert.ok(Math.abs(at - began) < 1500, `the gap of ${track.kind} is told at ${at - began} ms after it`);
  }
});

test('who speaks is among the events', { timeout: 90000 }, async (t) => {
  const path = await folder(t);
  const host = await startHost(t);
  const recorder = startBot(t, host.url, 'x', ['--record', path]);
  const browser = await openBrowser(t);
  // Each beeps; muted they are silent.
  const ada = await openRoom(browser, host.url, 'x', { name: 'Ada' });
  const bert = await openRoom(browser, host.url, 'x', { name: 'Bert' });
  await bert.page.click('#microphone');
  const session = await until(async () => {
    const [name] = await readdir(join(path, 'x')).catch(() => []);
    return name && join(path, 'x', name);
  }, 15000, 'a session');
  const speakers = async () => (await eventsOf(session)).filter(({ event }) => event === 'speaker').map(({ participant }) => participant);
  const [one, other] = [await ada.id(), await bert.id()];
  await until(async () => (await speakers()).at(-1) === one, 20000, () => recorder.log);
  await ada.page.click('#microphone');
  await until(async () => (await speakers()).at(-1) === undefined, 10000, 'nobody');
  await bert.page.click('#microphone');
  await until(async () => (await speakers()).at(-1) === other, 10000, 'the other');
  await recorder.end();
});
