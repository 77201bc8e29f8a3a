// 69-odd-pictures.mjs: pictures that begin late, turn, and change their size every second, are one file that plays, in sync

import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { apart, median, secondsOf } from './lib/card.mjs';
import { decode, tracks } from './lib/media.mjs';
import { Program, folder, start, startBot, startHost, until } from './lib/process.mjs';

const FPS = 20;
const LATE_S = 7;
const ROUND = ['320x180', '180x320', '640x360', '160x120', '320x240', '240x320', '640x480', '320x180', '180x320', '160x120'];
const SIZES = Array(process.env.MESHBOT_LONG ? 6 : 1).fill(ROUND).flat();

/** A source: sound at once, pictures after a while, each second in another size. */
function description() {
  const branches = SIZES.map((size, i) => {
    const [width, height] = size.split('x');
    const late = i === 0 ? ` timestamp-offset=${LATE_S}000000000` : '';
    return `videotestsrc num-buffers=${FPS} pattern=ball${late} ! video/x-raw,format=I420,width=${width},height=${height},framerate=${FPS}/1 ! parts.`;
  });
  return `[Pipeline]
Kind=source
Description=Pictures that begin late and change
Launch=concat name=parts ! clocksync ! mbstamp ! vp8enc deadline=1 cpu-used=12 lag-in-frames=0 end-usage=cbr target-bitrate=600000 keyframe-max-dist=60 ! \\
       rtpvp8pay name=video pt=96 mtu=1200 picture-id-mode=15-bit \\
       ${branches.join(' \\\n       ')} \\
       audiotestsrc is-live=true wave=silence samplesperbuffer=960 ! audio/x-raw,format=S16LE,rate=48000,channels=2 ! mbbeep ! \\
       opusenc bitrate=32000 frame-size=20 ! rtpopuspay name=audio pt=111 mtu=1200
`;
}

test(`pictures ${LATE_S} s late, in ${SIZES.length} sizes, a second each`, { timeout: 180000 }, async (t) => {
  const path = await folder(t);
  const root = await folder(t);
  await mkdir(join(root, 'sources'));
  await writeFile(join(root, 'sources', 'odd.pipeline'), description());
  const host = await startHost(t);
  const recorder = startBot(t, host.url, 'x', ['--record', path]);
  const session = await until(async () => {
    const [name] = await readdir(join(path, 'x')).catch(() => []);
    return name && join(path, 'x', name);
  }, 15000, 'a session');
  const bot = start(t, ['--server', host.url, '--room', 'x', '--log-level', 'info', '--source', 'odd'], { env: { MESHBOT_PIPELINE_PATH: root } });
  const eventsOf = async () => (await readFile(join(session, 'events.jsonl'), 'utf8')).trim().split('\n').map((line) => JSON.parse(line));
  await until(async () => (await eventsOf()).filter(({ event }) => event === 'size').length >= SIZES.length, 120000, () => bot.log + recorder.log);
  await bot.end();
  assert.deepEqual(await recorder.end(), { code: 0, signal: null });

  const { files } = JSON.parse(await readFile(join(session, 'session.json'), 'utf8'));
  assert.equal(files.length, 1);
  const file = join(session, files[0].path);
  assert.deepEqual((await eventsOf()).filter(({ event }) => event === 'size').map(({ width, height }) => `${width}x${height}`), SIZES);
  const [width, height] = /** @type {string} */ (SIZES.at(-1)).split('x').map(Number);
  const video = files[0].tracks.find((/** @type {any} */ each) => each.kind === 'video');
  assert.deepEqual([video.width, video.height], [width, height]);
  await decode(file);
  const found = await tracks(file);
  const [pictures, sound] = ['video', 'audio'].map((kind) => found.find((/** @type {any} */ each) => each.kind === kind));
  assert.ok(sound.from < 0.1 && sound.packets > (LATE_S + SIZES.length - 2) * 50, JSON.stringify(sound));
  assert.ok(pictures.from > LATE_S - 2 && pictures.packets >= (SIZES.length - 1) * FPS, JSON.stringify(pictures));
  const { video_0: flashes, audio_0: beeps } = await secondsOf(file);
  const skews = flashes.map((at) => apart(at, median(beeps.map((each) => apart(each, 0)))));
  t.diagnostic(`${flashes.length} flashes, ${Math.min(...skews).toFixed(1)} to ${Math.max(...skews).toFixed(1)} ms from their beeps`);
  assert.ok(flashes.length >= SIZES.length - 2, `${flashes}`);
  assert.ok(skews.every((skew) => Math.abs(skew) <= 20), `${skews}`);
  const verified = new Program(['archive', 'verify', session]);
  assert.equal((await verified.ended).code, 0, verified.out);
});
