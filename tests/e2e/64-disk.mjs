// 64-disk.mjs: a disk that gets full, or takes nothing for ten seconds, costs no call, and as little of a recording as it can

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { decode, tracks } from './lib/media.mjs';
import { Program, delay, folder, start, startBot, startHost, until } from './lib/process.mjs';

const MB = 1e6;
// A file system on a loop device takes the machine's own root.
const IS_ROOT = /^\s*0\s+0\s+4294967295$/m.test(readFileSync('/proc/self/uid_map', 'utf8'));
const CARD = ['--source', 'videotestsrc', '--size', '320x180', '--bitrate', '300'];

/** @param {string} program @param {...string} args */
const run = (program, ...args) => execFileSync(program, args, { stdio: 'pipe' }).toString();

/** @param {string} path @param {number} bytes */
const fill = (path, bytes) => run('fallocate', '-l', String(bytes), path);

/**
 * A folder that is a file system of its own. It is taken away even where somebody still uses it.
 * @param {import('node:test').TestContext} t @param {...string} how arguments of mount
 */
async function mounted(t, ...how) {
  const path = await mkdtemp(join(tmpdir(), 'meshbot-disk-'));
  run('mount', ...how, path);
  t.after(async () => {
    run('umount', '--lazy', path);
    await rmdir(path);
  });
  return path;
}

/** The one session below a folder. @param {string} path */
async function sessionOf(path) {
  return until(async () => {
    const [name] = await readdir(join(path, 'x')).catch(() => []);
    return name && join(path, 'x', name);
  }, 15000, 'a session');
}

/** @param {string} session @returns {Promise<any>} */
async function read(session) {
  return JSON.parse(await readFile(join(session, 'session.json'), 'utf8').catch(() => '{"files":[]}'));
}

/** @param {string} session @returns {Promise<any[]>} */
async function eventsOf(session) {
  const text = await readFile(join(session, 'events.jsonl'), 'utf8');
  return text.trim().split('\n').map((line) => JSON.parse(line));
}

/** @param {string} path @returns {Promise<Record<string, number>>} */
async function metricsOf(path) {
  const text = await readFile(path, 'utf8').catch(() => '');
  return Object.fromEntries(text.split('\n').filter((line) => /^meshbot_recorder/.test(line)).map((line) => line.split(' ')).map(([name, value]) => [name, Number(value)]));
}

/** @param {string} session */
async function verify(session) {
  const program = new Program(['archive', 'verify', session]);
  const { code } = await program.ended;
  assert.equal(code, 0, program.out + program.log);
}

/**
 * Times between which a file has no packet of a kind, in seconds.
 * @param {string} file @param {string} kind `v` or `a` @param {number} least
 */
function holes(file, kind, least) {
  const times = run('ffprobe', '-v', 'error', '-select_streams', `${kind}:0`, '-show_entries', 'packet=pts_time', '-of', 'csv=p=0', file)
    .split('\n').filter(Boolean).map(Number);
  return times.slice(1).map((to, i) => ({ from: times[i], to })).filter(({ from, to }) => to - from > least);
}

test('pictures are left out first, then everything, and recording goes on when there is room again', { timeout: 90000 }, async (t) => {
  const path = await mounted(t, '-t', 'tmpfs', '-o', 'size=40m', 'tmpfs');
  const metrics = join(await folder(t), 'recorder.prom');
  const host = await startHost(t);
  const recorder = startBot(t, host.url, 'x', ['--record', path, '--min-free', '20MB', '--metrics-file', metrics]);
  const bot = startBot(t, host.url, 'x', CARD);
  const session = await sessionOf(path);
  await until(async () => (await read(session)).files.length === 1, 20000, () => recorder.log);
  await delay(2000);

  const seen = async (/** @type {string} */ event) => (await eventsOf(session)).find((each) => each.event === event);
  const free = () => Number(run('stat', '-f', '-c', '%a', path)) * Number(run('stat', '-f', '-c', '%S', path));
  const filler = join(path, 'filler');
  fill(filler, free() - 15 * MB);
  const filled = Date.now();
  const low = await until(() => seen('disk-low'), 5000, () => recorder.log);
  assert.ok(Date.parse(low.at) - filled < 2500, `${Date.parse(low.at) - filled} ms later`);
  assert.deepEqual({ reason: low.reason, floorBytes: low.floorBytes }, { reason: 'disk', floorBytes: 20 * MB });
  assert.match(recorder.log, /warning.*\(disk\): sound is recorded, pictures are not/i);
  await until(async () => (await metricsOf(metrics)).meshbot_recorder_level === 1, 8000, () => recorder.log);
  await delay(3000);

  fill(join(path, 'more'), free() - 7 * MB);
  await until(() => seen('disk-full'), 5000, () => recorder.log);
  await until(() => seen('file-closed'), 5000, () => recorder.log);
  assert.deepEqual((await readdir(session)).filter((name) => name.endsWith('.part')), []);
  const told = await metricsOf(await until(async () => (await metricsOf(metrics)).meshbot_recorder_level === 2 && metrics, 8000, () => recorder.log));
  assert.equal(told.meshbot_recorder_seconds_to_full, 0);
  assert.equal(told.meshbot_recorder_disk_floor_bytes, 20 * MB);
  assert.ok(told.meshbot_recorder_disk_free_bytes <= 7 * MB && told.meshbot_recorder_written_bytes_total > 0, JSON.stringify(told));

  await rm(filler);
  await rm(join(path, 'more'));
  await until(() => seen('disk-ok'), 5000, () => recorder.log);
  await until(async () => (await read(session)).files.length === 2, 15000, () => recorder.log);
  await delay(2000);
  assert.doesNotMatch(bot.log + recorder.log, /is gone|failed|silent|anew/i, 'the call has not noticed');
  assert.deepEqual(await recorder.end(), { code: 0, signal: null });
  const [first, second] = (await read(session)).files;
  const pictures = (await tracks(join(session, first.path))).find((/** @type {any} */ each) => each.kind === 'video');
  const sound = (await tracks(join(session, first.path))).find((/** @type {any} */ each) => each.kind === 'audio');
  assert.ok(sound.to - pictures.to > 3, `sound until ${sound.to} s, pictures until ${pictures.to} s`);
  assert.deepEqual(holes(join(session, first.path), 'a', 0.1), []);
  const video = first.tracks.find((/** @type {any} */ each) => each.kind === 'video');
  assert.ok(video.missing > 60 && video.lost === 0, JSON.stringify(video));
  assert.equal((await tracks(join(session, second.path))).length, 2);
  await verify(session);
});

test('a disk that takes nothing for ten seconds costs nothing, and with a small buffer what it cannot hold, which is said', { timeout: 90000, skip: !IS_ROOT && 'needs root' }, async (t) => {
  const image = join(await folder(t), 'disk');
  fill(image, 64 * MB);
  run('mkfs.ext4', '-q', image);
  const place = await mounted(t, '-o', 'loop', image);
  const host = await startHost(t);
  const paths = [join(place, 'large'), join(place, 'small')];
  for (const path of paths)
    await mkdir(path);
  const large = startBot(t, host.url, 'x', ['--record', paths[0], '--min-free', '1MB']);
  const small = startBot(t, host.url, 'x', ['--record', paths[1], '--min-free', '1MB', '--write-buffer', '100kB']);
  const bot = start(t, ['--server', host.url, '--room', 'x', '--log-level', 'info', ...CARD, '--expect', 'peers == 2', '--report', '-']);
  const sessions = await Promise.all(paths.map(sessionOf));
  for (const session of sessions)
    await until(async () => (await read(session)).files.length === 1, 20000, () => large.log + small.log);
  await delay(1000);

  // Whoever writes there now waits, and no signal ends that.
  run('fsfreeze', '-f', place);
  const froze = Date.now();
  try {
    await until(() => /the disk has taken nothing for/.test(large.log), 9000, () => large.log);
    await until(() => /the disk is too slow; \d+ frames are lost/.test(small.log), 9000, () => small.log);
    await delay(10000 - (Date.now() - froze));
  } finally {
    run('fsfreeze', '-u', place);
  }
  await delay(3000);
  assert.deepEqual(await bot.end(), { code: 0, signal: null });
  for (const recorder of [large, small])
    assert.deepEqual(await recorder.end(), { code: 0, signal: null }, recorder.log);

  const [whole, holed] = await Promise.all(sessions.map(async (session) => ({ session, file: (await read(session)).files[0], events: await eventsOf(session) })));
  for (const { session, file, events } of [whole, holed]) {
    assert.ok(events.some(({ event, waitedMs }) => event === 'disk-slow' && waitedMs >= 2000), JSON.stringify(events));
    assert.ok(file.durationMs > 13000, `${file.durationMs} ms`);
    await decode(join(session, file.path));
    await verify(session);
  }
  for (const kind of ['v', 'a'])
    assert.deepEqual(holes(join(whole.session, whole.file.path), kind, 0.2), [], kind);
  assert.equal(whole.events.some(({ event }) => event === 'frames-missing'), false);
  assert.ok(whole.file.tracks.every((/** @type {any} */ track) => track.missing === undefined && track.lost === 0), JSON.stringify(whole.file));

  assert.ok(holed.events.some(({ event, frames }) => event === 'frames-missing' && frames > 0), JSON.stringify(holed.events));
  const video = holed.file.tracks.find((/** @type {any} */ each) => each.kind === 'video');
  assert.ok(video.missing > 0 && video.lost === 0, JSON.stringify(video));
  const [hole] = holes(join(holed.session, holed.file.path), 'v', 1);
  const [gap] = video.gaps;
  assert.ok(Math.abs(gap.atMs - hole.from * 1000) < 100 && Math.abs(gap.atMs + gap.durationMs - hole.to * 1000) < 100, `${JSON.stringify(gap)}, and ${JSON.stringify(hole)}`);
});
