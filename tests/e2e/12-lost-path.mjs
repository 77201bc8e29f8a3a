// 12-lost-path.mjs: when the path between a page and a bot is lost, they make a new connection

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { startHost, until } from './lib/process.mjs';

const REBUILT_MS = 2000;

/** @param {string} rule */
function nft(rule) {
  execFileSync('nft', rule.split(' '));
}

test('a lost path is found out, and a new connection plays', { timeout: 90000 }, async (t) => {
  const host = await startHost(t, ['--room', 'x', '--source', 'videotestsrc', '--log-level', 'info']);
  const browser = await openBrowser(t);
  const page = await openRoom(browser, host.url, 'x');
  await page.waitPlaying(1, 10000);

  // Only in this test's own network: all media is lost, signaling is not.
  nft('add table inet lost');
  nft('add chain inet lost out { type filter hook output priority 0 ; }');
  nft('add rule inet lost out meta l4proto udp drop');
  const made = () => page.page.evaluate(() => /** @type {any} */ (globalThis).made.connections.length);
  const before = await made();
  await until(async () => await made() > before, 60000, 'the page notices');
  nft('delete table inet lost');

  const began = performance.now();
  await until(async () => (await page.received()).some((each) => each.state === 'connected'), 10000,
    () => `a new connection\n${host.log}`);
  const took = performance.now() - began;
  t.diagnostic(`connected again after ${Math.round(took)} ms`);
  await page.waitPlaying(1, 5000);
  const [first] = await page.received();
  await until(async () => (await page.received())[0].framesDecoded >= first.framesDecoded + 30, 5000, 'the picture goes on');
  assert.ok(took <= REBUILT_MS, `connected again after ${Math.round(took)} ms`);
  assert.equal((await page.tiles()).length, 1);
});
