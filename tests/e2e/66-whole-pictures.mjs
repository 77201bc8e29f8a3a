// 66-whole-pictures.mjs: what is lost for good leaves a gap in a recording, and no garbage

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { picturesOf } from './lib/card.mjs';
import { lose } from './lib/network.mjs';
import { delay, folder, startBot, startHost, until } from './lib/process.mjs';

const FPS = 20;
const SILENCE_MS = 3000;

/** The longest time between one picture and the next in a file, within a part of it. @param {{at: number}[]} pictures */
function longestOf(pictures) {
  return Math.max(...pictures.slice(1).map(({ at }, i) => at - pictures[i].at));
}

test('3 % lost, and then three seconds of everything: every picture is whole, and none is missing for 2 s longer than that', { timeout: 90000 }, async (t) => {
  const path = await folder(t);
  const host = await startHost(t);
  const recorder = startBot(t, host.url, 'x', ['--record', path]);
  // Of itself it would make a key frame every 200 s.
  const bot = startBot(t, host.url, 'x', ['--source', 'testcard', '--size', '320x180', '--fps', String(FPS), '--bitrate', '400',
    '--set', 'key-frames=4000']);
  const session = await until(async () => {
    const [name] = await readdir(join(path, 'x')).catch(() => []);
    return name && join(path, 'x', name);
  }, 15000, 'a session');
  const read = async () => JSON.parse(await readFile(join(session, 'session.json'), 'utf8').catch(() => '{"files":[]}'));
  await until(async () => (await read()).files.length === 1, 20000, () => recorder.log);
  const whole = lose(30);
  await delay(12000);
  whole();
  const again = lose(1000);
  await delay(SILENCE_MS);
  again();
  await delay(6000);
  await bot.end();
  assert.deepEqual(await recorder.end(), { code: 0, signal: null });
  const [file] = (await read()).files;
  const video = file.tracks.find((/** @type {any} */ each) => each.kind === 'video');
  const pictures = await picturesOf(join(session, file.path));
  const longest = video.gaps.reduce((/** @type {any} */ one, /** @type {any} */ other) => other.durationMs > one.durationMs ? other : one);
  t.diagnostic(`${pictures.length} pictures, ${video.keyframes} key frames, ${video.lost} packets lost, longest gap ${longest.durationMs} ms`);

  assert.deepEqual(pictures.filter(({ isRead }) => !isRead), []);
  assert.ok(video.lost > FPS && pictures.length > FPS * 15, JSON.stringify(video));
  // Asked for after the loss, and since none had come for ten seconds.
  assert.ok(video.keyframes >= 3, JSON.stringify(video));
  assert.ok(longestOf(pictures.filter(({ at }) => at <= longest.atMs)) <= 2000, 'before the silence');
  assert.ok(longest.durationMs >= SILENCE_MS - 500 && longest.durationMs <= SILENCE_MS + 2000, JSON.stringify(longest));
  assert.ok(longestOf(pictures.filter(({ at }) => at >= longest.atMs + longest.durationMs)) <= 2000, 'after it');
  const [before, after] = [pictures.filter(({ at }) => at < longest.atMs + 500).at(-1), pictures.find(({ at }) => at > longest.atMs + 500)];
  assert.ok(before && after && Math.abs(after.at - before.at - longest.durationMs) < 200, `${JSON.stringify(longest)}: ${before?.at} to ${after?.at}`);
});
