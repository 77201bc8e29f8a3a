// 37-bandwidth.mjs: four browsers share their uplinks: a budget in all, little on request, nothing for whom nobody sees

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { delay, startHost, until } from './lib/process.mjs';

const BUDGET_KBPS = 4000;
const LOW_KBPS = 400;
const SECONDS = 5;

/** What a page sends and what its senders may send, in kb/s and in all. */
async function uplink(page) {
  const read = () => page.page.evaluate(async () => {
    const sum = { bytes: 0, frames: 0, at: 0, most: 0, heights: /** @type {number[]} */ ([]), kept: /** @type {string[]} */ ([]) };
    for (const connection of /** @type {any} */ (globalThis).made.connections.filter((each) => each.connectionState === 'connected')) {
      for (const sender of connection.getSenders()) {
        const { encodings: [encoding], degradationPreference } = sender.getParameters();
        if (!sender.track || !encoding?.active)
          continue;
        sum.most += (encoding.maxBitrate ?? Infinity) / 1000;
        if (sender.track.kind === 'video')
          sum.kept.push(degradationPreference);
      }
      for (const stat of (await connection.getStats()).values()) {
        if (stat.type !== 'outbound-rtp')
          continue;
        sum.bytes += stat.bytesSent;
        sum.at = stat.timestamp;
        if (stat.kind === 'video' && stat.frameHeight)
          sum.heights.push(stat.frameHeight);
        sum.frames += stat.framesEncoded ?? 0;
      }
    }
    return sum;
  });
  const before = await read();
  await delay(SECONDS * 1000);
  const after = await read();
  const seconds = (after.at - before.at) / 1000;
  return { kbps: (after.bytes - before.bytes) * 8 / 1000 / seconds, most: after.most, frames: after.frames - before.frames, heights: after.heights, kept: after.kept };
}

test('four browsers: a budget, a switch, and tiles that are out of sight', { timeout: 220000 }, async (t) => {
  const host = await startHost(t);
  const browser = await openBrowser(t);
  const pages = [];
  for (const name of ['Ada', 'Bert', 'Cleo', 'Dora'])
    pages.push(await openRoom(browser, host.url, 'four', { name, viewport: { width: 1000, height: 700 } }));
  for (const page of pages)
    await page.waitPlaying(3, 60000);
  const [ada, ...others] = pages;
  await until(async () => (await uplink(ada)).heights.length === 3, 60000, 'Ada sends to three');

  const usual = await uplink(ada);
  t.diagnostic(`usual: ${JSON.stringify(usual)}`);
  assert.ok(usual.most <= BUDGET_KBPS + 1, `${usual.most} kb/s allowed`);
  assert.ok(usual.kbps <= BUDGET_KBPS * 1.1, `${usual.kbps} kb/s sent`);
  // Shown at some 320 pixels each: nobody gets 720 lines.
  assert.ok(usual.heights.every((height) => height <= 540), `heights of ${usual.heights}`);
  assert.deepEqual(usual.kept, Array(3).fill('maintain-framerate'));

  await ada.page.click('#more');
  await ada.page.click('#open-settings');
  await ada.page.click('#low');
  await ada.page.keyboard.press('Escape');
  await until(async () => (await uplink(ada)).heights.every((height) => height <= 180), 60000, 'small pictures');
  const low = await uplink(ada);
  t.diagnostic(`low: ${JSON.stringify(low)}`);
  assert.ok(low.most <= LOW_KBPS + 1, `${low.most} kb/s allowed`);
  assert.ok(low.kbps <= LOW_KBPS * 1.25, `${low.kbps} kb/s sent`);

  // Who looks at another tab sees nobody; the others notice, and leave off.
  const hide = (hidden) => Promise.all(others.map(({ page }) => page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden)));
  await hide(true);
  await until(async () => (await uplink(ada)).frames === 0, 60000, 'no pictures sent');
  const hidden = await uplink(ada);
  t.diagnostic(`hidden: ${JSON.stringify(hidden)}`);
  assert.ok(hidden.kbps > 10, 'sound goes on');
  await hide(false);
  await until(async () => (await uplink(ada)).frames > 10, 60000, 'pictures again');

  // A screen is sent for its sharpness, and in the same budget.
  await others[0].page.click('#screen');
  await ada.waitTile('Bert’s screen', { picture: true }, 20000);
  const screen = await uplink(others[0]);
  t.diagnostic(`screen: ${JSON.stringify(screen)}`);
  assert.ok(screen.most <= BUDGET_KBPS + 1, `${screen.most} kb/s allowed`);
  assert.equal(screen.kept.filter((each) => each === 'maintain-resolution').length, 3);
});
