// 65-export.mjs: a session as one file: every participant's tracks, named, aligned, as they were sent

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { apart, median, secondsOf } from './lib/card.mjs';
import { decode, tracks } from './lib/media.mjs';
import { Program, delay, folder, startBot, startHost, until } from './lib/process.mjs';

/** @param {...string} args */
async function archive(...args) {
  const program = new Program(['archive', ...args]);
  const { code } = await program.ended;
  return { code, out: program.out, log: program.log };
}

/** The frames of a stream, as checksums of their bytes. @param {string} file @param {string} stream as ffmpeg's -map */
function framesOf(file, stream) {
  const text = execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-map', stream, '-c', 'copy', '-f', 'framehash', '-hash', 'md5', '-'],
    { maxBuffer: 1 << 28 }).toString();
  return text.split('\n').filter((each) => each && !each.startsWith('#')).map((each) => each.split(',')[5].trim());
}

test('two that came at different times, one of them in three files, flash and beep together in one', { timeout: 90000 }, async (t) => {
  const path = await folder(t);
  const out = join(await folder(t), 'all.mkv');
  const host = await startHost(t);
  const recorder = startBot(t, host.url, 'x', ['--record', path, '--split', '4s']);
  // One source: what they send is the same, at the same instant.
  const bots = startBot(t, host.url, 'x', ['--source', 'testcard', '--size', '320x180', '--fps', '20', '--bitrate', '300', '--set', 'key-frames=40',
    '--count', '2', '--rate', '1', '--name', 'Ann {n} „é“']);
  const session = await until(async () => {
    const [name] = await readdir(join(path, 'x')).catch(() => []);
    return name && join(path, 'x', name);
  }, 15000, 'a session');
  const read = async () => JSON.parse(await readFile(join(session, 'session.json'), 'utf8').catch(() => '{"files":[]}'));
  await until(async () => (await read()).files.length >= 6, 40000, () => recorder.log);
  const early = await archive('export', session, '--tracks', '--output', `${out}.early.mkv`);
  assert.equal(early.code, 0, early.log);
  assert.match(early.out, /^left out .*\.part: it is not finished$/m);
  await delay(1500);
  assert.deepEqual(await bots.end(), { code: 0, signal: null });
  assert.deepEqual(await recorder.end(), { code: 0, signal: null });

  const { code, out: said, log } = await archive('export', session, '--tracks', '--output', out);
  assert.equal(code, 0, log);
  assert.match(said, /^exported .*all\.mkv: \d+ files, 4 tracks, \d+\.\d s$/m);
  assert.equal((await stat(out)).mode & 0o777, 0o640);
  const told = await read();
  const probe = JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-of', 'json', '-show_streams', '-show_format', out]).toString());
  assert.deepEqual(probe.streams.map((/** @type {any} */ each) => `${each.codec_name} ${each.tags.title}`).sort(),
    ['opus Ann 1 „é“', 'opus Ann 2 „é“', 'vp8 Ann 1 „é“', 'vp8 Ann 2 „é“']);
  const end = Math.max(...told.files.map((/** @type {any} */ each) => each.offsetMs + each.durationMs));
  assert.ok(Math.abs(Number(probe.format.duration) * 1000 - end) < 60, `${probe.format.duration} s, and ${end} ms`);
  await decode(out);

  // Frame by frame what the files have, and where they have it.
  const found = await tracks(out);
  for (const { id, displayName } of told.participants) {
    const files = told.files.filter((/** @type {any} */ each) => each.participant === id).sort((/** @type {any} */ a, /** @type {any} */ b) => a.offsetMs - b.offsetMs);
    assert.ok(files.length >= 3, `${files.length} files`);
    for (const codec of ['vp8', 'opus']) {
      const index = probe.streams.findIndex((/** @type {any} */ each) => each.codec_name === codec && each.tags.title === displayName);
      const parts = files.flatMap((/** @type {any} */ each) => framesOf(join(session, each.path), codec === 'vp8' ? '0:v' : '0:a'));
      assert.deepEqual(framesOf(out, `0:${index}`), parts, `${displayName} ${codec}`);
      assert.ok(Math.abs(found[index].from * 1000 - files[0].offsetMs) < 500, `${found[index].from} s, and ${files[0].offsetMs} ms`);
    }
  }
  assert.ok(Math.abs(found[0].from - found.at(-1).from) > 0.7, 'one came later');

  const seconds = await secondsOf(out);
  assert.deepEqual(Object.keys(seconds).sort(), ['audio_0', 'audio_1', 'video_0', 'video_1']);
  const ats = Object.entries(seconds).map(([track, all]) => ({ track, at: median(all.map((each) => apart(each, seconds.video_0[0]))), n: all.length }));
  t.diagnostic(ats.map(({ track, at }) => `${track} ${at.toFixed(1)} ms`).join(', '));
  for (const { track, at, n } of ats) {
    assert.ok(n >= 8, `${n} flashes or beeps of ${track}`);
    assert.ok(Math.abs(at - ats[0].at) <= 50, JSON.stringify(ats));
  }

  const again = await archive('export', session, '--tracks', '--output', out);
  assert.equal(again.code, 1);
  assert.match(again.log, /all\.mkv is there already; nothing is overwritten/);
  assert.equal((await archive('export', session)).code, 2);
  assert.equal((await archive('verify', path)).code, 0);
});
