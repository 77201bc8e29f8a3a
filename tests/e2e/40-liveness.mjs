// 40-liveness.mjs: who vanishes without a word is missed after 5 s, and let go after 15

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { startBot, startHost, until } from './lib/process.mjs';

/** @param {string} rule */
function nft(rule) {
  execFileSync('nft', rule.split(' '));
}

/** How often a line was logged. @param {string} log @param {RegExp} line */
function times(log, line) {
  return [...log.matchAll(new RegExp(line, 'g'))].length;
}

/**
 * Silence is told after 5 s, the end comes after 15: not before, and not long after on a busy machine.
 * @param {{log: string}} bot
 */
async function assertMissed(bot) {
  const from = performance.now();
  await until(() => /no media for 5 s/.test(bot.log), 12000, () => `the silence\n${bot.log}`);
  const silentMs = performance.now() - from;
  // The server may find out before: its heartbeat takes 8 to 18 s.
  await until(() => /nothing for 15 s: the connection is ended|is gone \(timeout\)/.test(bot.log), 25000, () => `the end\n${bot.log}`);
  const endMs = performance.now() - from;
  assert.ok(silentMs > 3000, `told after ${silentMs} ms`);
  assert.ok((endMs > 12000 || !/nothing for 15 s/.test(bot.log)) && endMs < 24000, `ended after ${endMs} ms`);
}

test('a process that stands still is let go, long before its transport notices', { timeout: 60000 }, async (t) => {
  const host = await startHost(t);
  const bot = startBot(t, host.url, 'x', ['--source', 'videotestsrc', '--name', 'first']);
  const other = startBot(t, host.url, 'x', ['--source', 'videotestsrc', '--name', 'second']);
  await until(() => /first video/.test(bot.log) && /first video/.test(other.log), 15000, () => `media\n${bot.log}${other.log}`);

  other.child.kill('SIGSTOP');
  try {
    await assertMissed(bot);
  } finally {
    other.child.kill('SIGCONT');
  }
});

test('a lost path is given up after 15 s, and a new connection plays when it is back', { timeout: 90000 }, async (t) => {
  const host = await startHost(t);
  const bot = startBot(t, host.url, 'x', ['--source', 'videotestsrc']);
  const page = await openRoom(await openBrowser(t), host.url, 'x');
  await page.waitPlaying(1, 15000);
  await until(() => /first video/.test(bot.log), 10000, () => bot.log);
  const connected = times(bot.log, /\): connected/);

  // Only in this test's own network: all media is lost, signaling is not.
  nft('add table inet lost');
  nft('add chain inet lost out { type filter hook output priority 0 ; }');
  nft('add rule inet lost out meta l4proto udp drop');
  await until(() => /no media for 5 s/.test(bot.log), 12000, () => `the silence\n${bot.log}`);
  const made = () => page.page.evaluate(() => /** @type {any} */ (globalThis).made.connections.length);
  await until(async () => /the connection is ended/.test(bot.log) || await made() > 1, 30000,
    () => `one of them gives it up\n${bot.log}`);
  nft('delete table inet lost');

  await until(() => times(bot.log, /\): connected/) > connected, 30000, () => `a new connection\n${bot.log}`);
  await page.waitPlaying(1, 15000);
});
