// 08-tampered-fingerprint.mjs: a peer whose certificate is not the one it announced gets and gives nothing

import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { recordings } from './lib/media.mjs';
import { delay, folder, startBot, startHost, until } from './lib/process.mjs';

/** Runs in the page: what goes out names another certificate, as if somebody sat on the way. */
function tamper() {
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (/** @type {any} */ text) {
    send.call(this, text.replace(/(a=fingerprint:sha-256 )([0-9A-F]{2})/g,
      (/** @type {string} */ _, /** @type {string} */ name, /** @type {string} */ byte) => name + (byte === '00' ? '11' : '00')));
  };
}

/** Runs in the page: the time from the first contact on the network to its end. */
function watchContact() {
  const contact = /** @type {any} */ (globalThis).contact = { from: 0, to: 0, channelOpened: false };
  const Connection = RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Connection {
    /** @param {RTCConfiguration} configuration */
    constructor(configuration) {
      super(configuration);
      this.addEventListener('iceconnectionstatechange', () => {
        if (this.iceConnectionState === 'connected' || this.iceConnectionState === 'checking')
          contact.from ||= performance.now();
      });
      this.addEventListener('datachannel', ({ channel }) =>
        channel.addEventListener('open', () => (contact.channelOpened = true)));
    }
  };
}

test('it fails within 2 s and nothing is recorded or sent', { timeout: 60000 }, async (t) => {
  const host = await startHost(t);
  const path = await folder(t);
  const bot = startBot(t, host.url, 'x', ['--source', 'videotestsrc', '--record', path]);
  const browser = await openBrowser(t);
  const honest = await openRoom(browser, host.url, 'x', { name: 'honest' });
  await honest.waitPlaying(1, 10000);

  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(watchContact);
  await page.addInitScript(tamper);
  await page.goto(`${host.url}/room.html?id=x&name=tampered`);
  await page.click('#join');
  await until(() => page.evaluate(() => /** @type {any} */ (globalThis).contact.from), 10000, 'the first contact');
  const from = performance.now();
  await until(() => /certificate does not match/.test(bot.log), 5000, () => `the bot's refusal\n${bot.log}`);
  const took = performance.now() - from;
  t.diagnostic(`refused ${Math.round(took)} ms after the first contact`);
  assert.ok(took < 2000, `${took} ms`);
  await delay(3000);
  const tiles = await page.evaluate(() => [...document.querySelectorAll('.tile[data-peer]')].map((tile) =>
    ({ name: tile.querySelector('.name')?.textContent, width: tile.querySelector('video')?.videoWidth })));
  assert.equal(tiles.find((tile) => tile.name !== 'honest')?.width, 0, 'a picture came through');
  assert.equal(await page.evaluate(() => /** @type {any} */ (globalThis).contact.channelOpened), false);
  for (const file of (await recordings(path)).filter((name) => name.includes('tampered')))
    assert.equal((await stat(file)).size, 0, `${file} has been written`);
  const [{ state }] = await honest.received();
  assert.equal(state, 'connected');
  assert.ok(bot.running);
});
