// 68-every-frame.mjs: what is recorded is what was sent, frame by frame, byte for byte
//
// Eight seconds of each codec; with MESHBOT_LONG thirty: 900 pictures and 1500 blocks of sound.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { delay, folder, startBot, startHost, until } from './lib/process.mjs';

const SECONDS = process.env.MESHBOT_LONG ? 30 : 8;
const FPS = 30;
const BLOCKS = 50; // of sound, a second
const CODECS = /** @type {Record<string, string[]>} */ ({
  vp8: ['libvpx', '-deadline', 'realtime', '-cpu-used', '12'],
  vp9: ['libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8', '-row-mt', '1'],
  h264: ['libx264', '-profile:v', 'baseline', '-preset', 'ultrafast', '-tune', 'zerolatency'],
});
/** What is one picture: of H.264 its slices, since parameter sets stand in the file's head or before each key frame. */
const PARTS = /** @type {Record<string, string[]>} */ ({ h264: ['-bsf:v', 'h264_mp4toannexb,filter_units=remove_types=6-9'] });

/** The frames of a stream, as checksums of their bytes. @param {string} file @param {string} stream as ffmpeg's -map @param {string[]} filter */
function framesOf(file, stream, filter = []) {
  return execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-map', stream, '-c', 'copy', ...filter, '-f', 'framehash', '-hash', 'md5', '-'], { maxBuffer: 1 << 28 })
    .toString().split('\n').filter((each) => each && !each.startsWith('#')).map((each) => each.split(',')[5].trim());
}

/**
 * Whether some frames are a run of those of a clip that is played again and again. Frames that look alike are
 * in more places than one.
 * @param {string[]} some @param {string[]} clip
 */
function isRun(some, clip) {
  return clip.some((hash, from) => hash === some[0] && some.every((each, i) => each === clip[(from + i) % clip.length]));
}

test(`${SECONDS} s of VP8, VP9, H.264 and Opus: every frame is there, as it was sent`, { timeout: SECONDS * 1000 + 90000 }, async (t) => {
  const path = await folder(t);
  const clips = await folder(t);
  const host = await startHost(t);
  for (const [codec, how] of Object.entries(CODECS)) {
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=${FPS},noise=alls=8:allf=t`,
      '-f', 'lavfi', '-i', 'anoisesrc=sample_rate=48000:amplitude=0.2', '-t', '6', '-c:v', ...how, '-b:v', '300k', '-g', '30', '-c:a', 'libopus', join(clips, `${codec}.mkv`)]);
    startBot(t, host.url, codec, ['--source', join(clips, `${codec}.mkv`), '--loop', '--codec', codec]);
  }
  const recorders = Object.keys(CODECS).map((codec) => startBot(t, host.url, codec, ['--record', path]));
  const sessions = await Promise.all(Object.keys(CODECS).map((codec) => until(async () => {
    const [name] = await readdir(join(path, codec)).catch(() => []);
    return name && join(path, codec, name);
  }, 20000, 'a session')));
  const read = async (/** @type {string} */ session) => JSON.parse(await readFile(join(session, 'session.json'), 'utf8').catch(() => '{"files":[]}'));
  for (const session of sessions)
    await until(async () => (await read(session)).files.length === 1, 20000, () => recorders.map(({ log }) => log).join('\n'));
  await delay(SECONDS * 1000 + 1500);
  for (const recorder of recorders)
    assert.deepEqual(await recorder.end(), { code: 0, signal: null });
  for (const [i, codec] of Object.keys(CODECS).entries()) {
    const [file] = (await read(sessions[i])).files;
    const clip = join(clips, `${codec}.mkv`);
    const pictures = framesOf(join(sessions[i], file.path), '0:v', PARTS[codec]);
    const sound = framesOf(join(sessions[i], file.path), '0:a');
    t.diagnostic(`${codec}: ${pictures.length} pictures, ${sound.length} blocks of sound`);
    assert.ok(pictures.length >= SECONDS * FPS && sound.length >= SECONDS * BLOCKS, `${pictures.length} pictures, ${sound.length} blocks of sound`);
    assert.ok(isRun(pictures, framesOf(clip, '0:v', PARTS[codec])), `${codec}: pictures`);
    assert.ok(isRun(sound, framesOf(clip, '0:a')), `${codec}: sound`);
  }
});
