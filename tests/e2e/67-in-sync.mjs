// 67-in-sync.mjs: recordings stay in sync, within a file and between peers, as long as it takes
//
// 40 seconds, with MESHBOT_LONG two minutes; tests/soak takes half an hour.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { apart, median, secondsOf } from './lib/card.mjs';
import { delay, folder, startBot, startHost, until } from './lib/process.mjs';

const SECONDS = Number(process.env.MESHBOT_SOAK_SECONDS || (process.env.MESHBOT_LONG ? 120 : 40));
const PART_MS = Math.min(60000, SECONDS * 1000 / 4);
const SKEW_MS = 20;
const OFFSET_MS = 50;

test(`for ${SECONDS} s: sound and picture within ${SKEW_MS} ms, peers within ${OFFSET_MS} ms`, { timeout: SECONDS * 2000 + 90000 }, async (t) => {
  const path = await folder(t);
  const host = await startHost(t);
  const recorder = startBot(t, host.url, 'x', ['--record', path]);
  // Of one source: both send the same at the same instant, so that all their flashes and beeps belong together.
  const bots = startBot(t, host.url, 'x', ['--source', 'testcard', '--size', '320x180', '--fps', '20', '--bitrate', '300', '--count', '2', '--rate', '1']);
  const session = await until(async () => {
    const [name] = await readdir(join(path, 'x')).catch(() => []);
    return name && join(path, 'x', name);
  }, 15000, 'a session');
  const read = async () => JSON.parse(await readFile(join(session, 'session.json'), 'utf8').catch(() => '{"files":[]}'));
  await until(async () => (await read()).files.length === 2, 20000, () => recorder.log);
  await delay(SECONDS * 1000);
  assert.deepEqual(await bots.end(), { code: 0, signal: null });
  assert.deepEqual(await recorder.end(), { code: 0, signal: null });

  const { files } = await read();
  const found = await Promise.all(files.map(async (/** @type {any} */ file) => {
    const { video_0: flashes, audio_0: beeps } = await secondsOf(join(session, file.path));
    const shift = (/** @type {number[]} */ all) => all.map((at) => at + file.offsetMs);
    return { flashes: shift(flashes), beeps: shift(beeps) };
  }));
  // Of the session's time, one part after another: drift would grow from part to part.
  let worstSkew = 0;
  let worstOffset = 0;
  const within = (/** @type {number[]} */ all, /** @type {number} */ from) => all.filter((at) => at >= from && at < from + PART_MS);
  const begin = Math.max(...found.map(({ flashes }) => flashes[0]));
  let n = 0;
  for (let from = begin; from + PART_MS <= begin + SECONDS * 1000; from += PART_MS, n++) {
    const phases = found.map(({ flashes, beeps }) => {
      const [seen, heard] = [within(flashes, from), within(beeps, from)];
      assert.ok(seen.length >= PART_MS / 1000 * 0.8 && heard.length >= PART_MS / 1000 * 0.8, `${seen.length} flashes, ${heard.length} beeps in ${PART_MS} ms`);
      const phase = (/** @type {number[]} */ all) => median(all.map((at) => apart(at, begin)));
      return { flash: phase(seen), beep: phase(heard) };
    });
    for (const { flash, beep } of phases)
      worstSkew = Math.max(worstSkew, Math.abs(flash - beep));
    worstOffset = Math.max(worstOffset, Math.abs(phases[0].flash - phases[1].flash), Math.abs(phases[0].beep - phases[1].beep));
  }
  t.diagnostic(`${n} parts of ${PART_MS} ms: sound and picture at most ${worstSkew.toFixed(1)} ms apart, peers ${worstOffset.toFixed(1)} ms`);
  assert.ok(n >= 3);
  assert.ok(worstSkew <= SKEW_MS, `${worstSkew} ms`);
  assert.ok(worstOffset <= OFFSET_MS, `${worstOffset} ms`);
});
