// 34-firefox.mjs: Firefox with Chromium, with itself, and with a bot

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { openFirefox } from './lib/firefox.mjs';
import { startBot, startHost, until } from './lib/process.mjs';

const SMALL = { viewport: { width: 640, height: 480 }, remembered: { low: 'true' } };

/** Pictures and sound come in on so many connections, and go on. */
async function assertFlows(page, count) {
  let last;
  const good = (list, frames) => list.length === count && list.every((each) => each.state === 'connected' && each.frames > frames && each.packets > 0);
  await until(async () => good(last = await page.received(), 0), 60000, () => JSON.stringify(last));
  const frames = Math.max(...last.map((each) => each.frames));
  await until(async () => good(last = await page.received(), frames), 30000, () => `more frames: ${JSON.stringify(last)}`);
}

test('two by two, whoever comes first, with chat, mute and a camera that is turned off and on', { timeout: 200000 }, async (t) => {
  const host = await startHost(t);
  const firefox = await openFirefox(t);
  const browser = await openBrowser(t);
  for (const firefoxFirst of [true, false]) {
    const room = firefoxFirst ? 'fox-first' : 'fox-second';
    let fox = firefoxFirst ? await firefox.openRoom(host.url, room, 'Fox') : null;
    const ada = await openRoom(browser, host.url, room, { name: 'Ada', ...SMALL });
    fox ??= await firefox.openRoom(host.url, room, 'Fox');
    await ada.waitPlaying(1, 60000);
    await assertFlows(fox, 1);
    await fox.click('#camera');
    await ada.waitTile('Fox', { picture: false });
    await fox.click('#camera');
    await fox.click('#microphone');
    await ada.waitTile('Fox', { picture: true, silent: true });
    await ada.page.click('#chat-toggle');
    await ada.page.fill('#chat-text', 'Hello Fox');
    await ada.page.press('#chat-text', 'Enter');
    await until(() => fox.evaluate("document.querySelector('#chat-lines').textContent.includes('Hello Fox')"), 5000, 'the line');
    await ada.page.click('#screen');
    await until(() => fox.evaluate("document.querySelector('.tile.screen video')?.videoWidth > 0"), 20000, 'the screen in Firefox');
    assert.deepEqual([ada.errors, await fox.evaluate('faults')], [[], []]);
    await ada.page.context().close();
    await until(() => fox.evaluate("document.querySelectorAll('.tile[data-peer]').length === 0"), 10000, 'Ada gone');
    await firefox.send('browsingContext.close', { context: fox.context });
  }
});

test('three: Firefox, Chromium and a bot that is marked as one', { timeout: 150000 }, async (t) => {
  const host = await startHost(t);
  startBot(t, host.url, 'three', ['--source', 'videotestsrc', '--size', '320x180', '--fps', '15', '--name', 'testcard']);
  const firefox = await openFirefox(t);
  const browser = await openBrowser(t);
  const fox = await firefox.openRoom(host.url, 'three', 'Fox');
  const ada = await openRoom(browser, host.url, 'three', { name: 'Ada', ...SMALL });
  await ada.waitPlaying(2, 60000);
  await assertFlows(fox, 2);
  assert.deepEqual(await fox.evaluate("[...document.querySelectorAll('.tile .mark')].map((each) => each.textContent)"), ['bot']);
  assert.deepEqual([ada.errors, await fox.evaluate('faults')], [[], []]);
});
