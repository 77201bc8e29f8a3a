// 59-played-back.mjs: what is recorded of a camera that is off for a while plays in browsers, to its end, with sound throughout

import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { openFirefox } from './lib/firefox.mjs';
import { decode, recordings, tracks } from './lib/media.mjs';
import { delay, folder, startBot, startHost, until } from './lib/process.mjs';

const OFF_MS = process.env.MESHBOT_LONG ? 60000 : 5000;

/** A page with the file in it, on a server that knows ranges. @param {string} file */
async function serve(t, file) {
  const { size } = await stat(file);
  const server = createServer((request, response) => {
    if (request.url === '/') {
      response.setHeader('content-type', 'text/html');
      return response.end('<!doctype html><video id="v" src="/file" muted preload="auto"></video>');
    }
    const [, from = '0', to = ''] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? '') ?? [];
    const end = to === '' ? size - 1 : Number(to);
    response.writeHead(206, { 'content-type': file.endsWith('.webm') ? 'video/webm' : 'video/x-matroska', 'accept-ranges': 'bytes',
      'content-range': `bytes ${from}-${end}/${size}`, 'content-length': end - Number(from) + 1 });
    createReadStream(file, { start: Number(from), end }).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  t.after(() => { server.closeAllConnections(); server.close(); });
  return `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}/`;
}

/** Runs in the page: plays the file fast, then goes to its middle. */
const PLAY = `(async () => {
  const video = document.querySelector('#v');
  const next = (name) => new Promise((resolve, reject) => {
    video.addEventListener(name, resolve, { once: true });
    video.addEventListener('error', () => reject(new Error(video.error?.message)), { once: true });
  });
  if (video.readyState < 1)
    await next('loadedmetadata');
  const length = video.duration;
  video.playbackRate = 4;
  await Promise.all([next('ended'), video.play()]);
  const reached = video.currentTime;
  const sought = next('seeked');
  video.currentTime = length / 2;
  await sought;
  return { length, reached, middle: video.currentTime, width: video.videoWidth };
})()`;

test(`a camera that is off for ${OFF_MS / 1000} s`, { timeout: 200000 }, async (t) => {
  const host = await startHost(t);
  const path = await folder(t);
  const recorder = startBot(t, host.url, 'x', ['--record', path]);
  await until(() => /has joined/.test(recorder.log), 10000, () => recorder.log);
  const browser = await openBrowser(t);
  const ada = await openRoom(browser, host.url, 'x', { name: 'Ada', viewport: { width: 640, height: 480 }, remembered: { low: 'true' } });
  await until(() => /first video/.test(recorder.log), 20000, () => recorder.log);
  await delay(3000);
  await ada.page.click('#camera');
  await delay(OFF_MS);
  await ada.page.click('#camera');
  await delay(4000);
  assert.deepEqual(await recorder.end(), { code: 0, signal: null });

  const files = await recordings(path);
  assert.equal(files.length, 1, `${files}`);
  await decode(files[0]);
  const found = await tracks(files[0]);
  const [video, audio] = ['video', 'audio'].map((kind) => found.find((/** @type {any} */ each) => each.kind === kind));
  t.diagnostic(JSON.stringify({ video, audio }));
  // Both go from the beginning to the end, and nothing of the sound is missing meanwhile. After a minute without a picture
  // Chromium sends slowly at first: what it has not sent at the end is not there.
  assert.ok(audio.packets > (audio.to - audio.from) * 50 - 25, JSON.stringify(audio));
  assert.ok(video.from < 2 && audio.to - video.to < 1.5 && audio.to > (OFF_MS + 6000) / 1000, JSON.stringify({ video, audio }));

  const url = await serve(t, files[0]);
  const page = await (await browser.newContext()).newPage();
  await page.goto(url);
  const fox = await (await openFirefox(t)).openPage(t);
  await fox.goto(url);
  for (const [name, played] of [['Chromium', await page.evaluate(PLAY)], ['Firefox', await fox.evaluate(PLAY)]]) {
    t.diagnostic(`${name}: ${JSON.stringify(played)}`);
    assert.ok(played.width > 0 && Math.abs(played.length - audio.to) < 0.5, name);
    assert.ok(Math.abs(played.reached - played.length) < 0.5 && Math.abs(played.middle - played.length / 2) < 0.5, name);
  }
});
