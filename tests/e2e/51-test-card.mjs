// 51-test-card.mjs: what a picture shows and a sound says is seen and heard, and so is what is wrong with it

import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { folder, membersOf, start, startHost, until } from './lib/process.mjs';
import { judge, peersOf, SMALL } from './lib/qa.mjs';

const SECONDS = 12;

/** The shipped card. */
const CARD = join(dirname(fileURLToPath(import.meta.url)), '../../pipelines/sources/testcard.pipeline');

/** Faults, each made by one change of the card. @type {Record<string, [RegExp | string, string][]>} */
const FAULTS = {
  good: [],
  black: [['pattern=ball', 'pattern=black'], [/background-color=\S+ foreground-color=\S+/, ''], [/textoverlay[^\\]*\\\n/, '\\\n'],
    [/clockoverlay[^\\]*\\\n/, '\\\n'], ['mbstamp name=stamp ! ', '']],
  still: [['pattern=ball', 'pattern=checkers-8'], [/textoverlay[^\\]*\\\n/, '\\\n'], [/clockoverlay[^\\]*\\\n/, '\\\n'],
    ['mbstamp name=stamp ! ', '']],
  silent: [['mbbeep name=beep ! ', '']],
  apart: [['mbbeep name=beep', 'mbbeep name=beep offset=300000000']],
  stranger: [['mbstamp name=stamp', 'mbstamp name=stamp id=12345']],
  skipping: [['mbstamp name=stamp ! ', 'mbstamp name=stamp ! identity drop-probability=0.3 ! ']],
  twice: [['mbstamp name=stamp ! ', 'mbstamp name=stamp ! videorate ! video/x-raw,framerate=30/1 ! ']],
};

/** A folder of descriptions, one a fault. @param {import('node:test').TestContext} t */
async function makePipelines(t) {
  const root = await folder(t);
  const card = await readFile(CARD, 'utf8');
  await mkdir(join(root, 'sources'));
  for (const [name, changes] of Object.entries(FAULTS)) {
    let text = card;
    for (const [from, to] of changes) {
      const changed = text.replace(from, to);
      assert.notEqual(changed, text, `${name}: ${from} stands in the card`);
      text = changed;
    }
    // Whose element is gone has no parameters.
    for (const [element, parameter] of [['title', 'title'], ['stamp', 'id'], ['beep', 'frequency']])
      if (!text.includes(`name=${element}`) || (name === 'stranger' && parameter === 'id'))
        text = text.replace(new RegExp(`\\[Parameter ${parameter}\\]\\n(.+\\n)+`), '');
    await writeFile(join(root, 'sources', `${name}.pipeline`), text);
  }
  return root;
}

test('each fault of a picture or sound is told, and a good one has none', { timeout: 90000 }, async (t) => {
  const pipelines = await makePipelines(t);
  const host = await startHost(t);
  const env = { MESHBOT_PIPELINE_PATH: pipelines };
  for (const name of Object.keys(FAULTS))
    start(t, ['--server', host.url, '--room', 'x', '--name', name, '--source', name, '--size', '320x180', '--fps', '10',
      '--bitrate', '200'], { env });
  const n = Object.keys(FAULTS).length;
  await until(async () => (await membersOf(host.url, 'x')).length === n, 30000, 'all of them in the room');
  const { report } = await judge(t, host.url, ['--room', 'x', '--name', 'judge', '--measure', 'pixels', '--duration',
    `${SECONDS}s`]);
  for (const peer of peersOf(report))
    assert.ok(peer.rx.video && peer.rx.audio, `${peer.displayName} is ${peer.state}: ${JSON.stringify(report.bots[0].errors)}`);
  /** @type {Record<string, any>} */
  const by = Object.fromEntries(peersOf(report).map((peer) => [peer.displayName, peer.rx]));
  for (const [name, rx] of Object.entries(by))
    t.diagnostic(`${name}: latency ${rx.latency?.p50}, skew ${rx.avSkew?.p50}, skipped ${rx.video.skipped}, repeated ` +
      `${rx.video.repeated}, wrong ${rx.video.wrong}, black ${rx.video.blackMs}, still ${rx.video.frozenMs}, silent ` +
      `${rx.audio.silentMs}, frames ${rx.video.frames}`);
  assert.deepEqual(Object.keys(by).sort(), Object.keys(FAULTS).sort());

  const { good } = by;
  assert.ok(good.latency.p50 > 0.5 && good.latency.p50 < 2000, `${good.latency.p50} ms`);
  assert.ok(good.avSkew.p50 < 150, `${good.avSkew.p50} ms`);
  assert.deepEqual([good.video.wrong, good.video.repeated, good.video.blackMs, good.video.frozenMs, good.audio.silentMs],
    [0, 0, 0, 0, 0]);

  assert.ok(by.black.video.blackMs > 2000, 'a black picture is told');
  assert.ok(by.still.video.frozenMs > 2000 && by.still.video.blackMs === 0, 'a still picture is told');
  assert.equal(by.black.video.wrong, undefined, 'a picture without a code has no owner');
  assert.ok(by.silent.audio.silentMs > 2000, 'silence is told');
  assert.ok(Math.abs(by.apart.avSkew.p50 - 300) < 150, `${by.apart.avSkew.p50} ms apart`);
  assert.ok(by.stranger.video.wrong > 10, 'the wrong picture is told');
  assert.ok(by.skipping.video.skipped > 0.1 * by.skipping.video.frames, `${by.skipping.video.skipped} skipped`);
  assert.ok(by.twice.video.repeated > 10, `${by.twice.video.repeated} repeated`);
  for (const name of ['black', 'still', 'silent', 'apart'])
    assert.ok(!by[name].video.wrong, `${name} is nobody else's`);
});

test('in each codec the card tells when it was drawn, whose it is, and when it beeps', { timeout: 60000 }, async (t) => {
  const host = await startHost(t);
  const codecs = ['vp8', 'vp9', 'h264'];
  for (const codec of codecs)
    start(t, ['--server', host.url, '--room', 'x', '--name', codec, '--source', 'testcard', '--codec', codec, ...SMALL]);
  await until(async () => (await membersOf(host.url, 'x')).length === codecs.length, 30000, 'all of them in the room');
  const { code, out, report } = await judge(t, host.url, ['--room', 'x', '--name', 'judge', '--duration', '10s', '--expect',
    'latency.p50 < 2s', '--expect', 'av.skew.p50 < 250ms', '--expect', 'rx.video.wrong == 0', '--expect', 'rx.video.repeated == 0',
    '--expect', 'errors == 0']);
  assert.equal(code, 0, out);
  for (const peer of peersOf(report)) {
    const { latency, avSkew, video } = peer.rx;
    t.diagnostic(`${video.codec}: latency ${latency.p50.toFixed(1)} ms, skew ${avSkew.p50.toFixed(1)} ms, ${video.skipped} skipped of ${video.frames}`);
    assert.equal(video.codec.toLowerCase(), peer.displayName);
    assert.ok(latency.samples > 20 && avSkew.samples >= 3 && video.skipped < 0.2 * video.frames, JSON.stringify(peer.rx));
  }
});

test('bots with cards know each other, and expectations of what they see hold', { timeout: 60000 }, async (t) => {
  const host = await startHost(t);
  const { code, out, report } = await judge(t, host.url, ['--room', 'x', '--count', '3', '--source', 'testcard', ...SMALL,
    '--duration', '10s', '--expect', 'latency.p50 < 2s', '--expect', 'rx.video.wrong == 0', '--expect',
    'rx.video.black == 0', '--expect', 'rx.video.frozen == 0s', '--expect', 'rx.audio.silent == 0', '--expect',
    'av.skew.p50 < 250ms', '--expect', 'errors == 0']);
  assert.equal(code, 0, out);
  assert.equal(peersOf(report).length, 6);
  assert.equal(report.measure, 'pixels');
  for (const peer of peersOf(report))
    assert.ok(peer.rx.latency.samples > 5 && peer.rx.avSkew.samples >= 1, JSON.stringify(peer.rx));
});
