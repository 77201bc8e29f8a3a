// 52-media-files.mjs: a media file is sent as it is where it can be, looped without a seam, by each bot from its own place

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { recordings } from './lib/media.mjs';
import { folder, membersOf, start, startHost, until } from './lib/process.mjs';
import { judge, measuring, peersOf, SMALL } from './lib/qa.mjs';

const CLIP_SECONDS = 3;

/**
 * A clip made here: so many frames between key frames.
 * @param {import('node:test').TestContext} t
 * @param {string} name
 * @param {string[]} coding
 * @param {number} [seconds]
 */
async function makeClip(t, name, coding, seconds = CLIP_SECONDS) {
  const file = join(await folder(t), name);
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=15:duration=${seconds}`,
    '-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=48000:duration=${seconds}`, ...coding, file]);
  return file;
}

const VP8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-lag-in-frames', '0', '-auto-alt-ref', '0',
  '-b:v', '200k', '-c:a', 'libopus', '-b:a', '32k'];

test('a file with key frames enough goes out as it is, and around without a seam', { timeout: 60000 }, async (t) => {
  const clip = await makeClip(t, 'often.webm', [...VP8, '-g', '15']);
  const host = await startHost(t);
  const sender = start(t, ['--server', host.url, '--room', 'x', '--source', clip, '--loop', '--log-level', 'info']);
  await until(async () => (await membersOf(host.url, 'x')).length === 1, 20000, () => `the bot\n${sender.log}`);
  const { code, out, report } = await judge(t, host.url, ['--room', 'x', '--measure', 'pixels', '--duration',
    `${4 * CLIP_SECONDS}s`, '--expect', 'rx.video.fps.p50 >= 13', '--expect', 'rx.video.fps.max <= 17', '--expect',
    'rx.audio.silent == 0', '--expect', 'rx.video.frozen == 0', '--expect', 'rx.audio.kbps.min > 5', '--expect', 'errors == 0']);
  assert.equal(code, 0, out);
  assert.match(sender.log, /its picture is sent as it is/);
  const [peer] = peersOf(report);
  t.diagnostic(`${peer.rx.video.freezes} freezes, ${peer.rx.video.freezeMs} ms; at worst ${peer.rx.video.fps.min} frames a second`);
  // Three seams were passed; on a busy machine frames are late anyway.
  assert.ok(peer.rx.video.freezeMs <= 1500 && peer.rx.video.fps.mean >= 12, JSON.stringify(peer.rx.video));
});

test('a file with few key frames, or in another codec, is encoded again', { timeout: 90000 }, async (t) => {
  const host = await startHost(t);
  for (const [name, coding] of /** @type {[string, string[]][]} */ ([
    ['rare.webm', [...VP8, '-g', '300']],
    ['other.mkv', ['-c:v', 'mjpeg', '-c:a', 'flac']],
  ])) {
    const clip = await makeClip(t, name, coding, 5);
    const sender = start(t, ['--server', host.url, '--room', name.slice(0, 4), '--source', clip, '--loop', ...SMALL,
      '--log-level', 'info']);
    await until(async () => (await membersOf(host.url, name.slice(0, 4))).length === 1, 20000, () => `the bot\n${sender.log}`);
    const { code, out } = await judge(t, host.url, ['--room', name.slice(0, 4), '--measure', 'pixels', '--duration', '10s',
      '--expect', 'rx.video.fps.p50 >= 10', '--expect', 'rx.audio.silent == 0', '--expect', 'rx.video.black == 0',
      '--expect', 'errors == 0']);
    assert.equal(code, 0, `${name}\n${out}\n${sender.log}`);
    assert.match(sender.log, /its picture is encoded again/);
    await sender.end();
  }
});

test('without --loop the bot leaves when all of it has been sent', { timeout: 40000 }, async (t) => {
  const clip = await makeClip(t, 'once.webm', [...VP8, '-g', '15']);
  const host = await startHost(t);
  const began = performance.now();
  const sender = start(t, ['--server', host.url, '--room', 'x', '--source', clip]);
  await until(() => !sender.running, 30000, 'its end');
  assert.equal((await sender.ended).code, 0, sender.log);
  assert.ok(performance.now() - began >= CLIP_SECONDS * 1000 - 200, 'not before its end');
});

test('bots of one file begin at different places of it', { timeout: 90000 }, async (t) => {
  const host = await startHost(t);
  const records = await folder(t);
  // A card whose time code tells, when it is sent again, how old the picture is: the place in the file.
  const made = start(t, ['--server', host.url, '--room', 'rec', '--record', records]);
  const card = start(t, ['--server', host.url, '--room', 'rec', '--source', 'testcard', '--set', 'key-frames=15', ...SMALL,
    '--duration', '12s']);
  await until(() => !card.running, 40000, 'the end of the card');
  await until(async () => (await recordings(records)).some((file) => file.endsWith('.webm')), 10000, 'the recording');
  await made.end();
  const [clip] = await recordings(records);

  const bots = await measuring(t, host.url, ['--room', 'x', '--count', '3', '--source', clip, '--loop', '--measure', 'pixels',
    '--duration', '10s']);
  const { report, log } = await bots.finish();
  assert.match(log, /its picture is sent as it is/);
  const [first] = report.bots;
  const ages = first.peers.map((/** @type {any} */ peer) => peer.seconds.latency.at(-1) / 1000);
  t.diagnostic(`${ages.map((/** @type {number} */ age) => age.toFixed(1))} s old`);
  assert.equal(ages.length, 2);
  assert.ok(Math.abs(ages[0] - ages[1]) > 1, `${ages}`);
});
