// 02-three-in-a-room.mjs: a full mesh of two browsers and a bot, and one of them gone without a word

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { delay, membersOf, startBot, startHost, until } from './lib/process.mjs';

test('two pages alone: pictures, voices, chat, and a reload is one tile', { timeout: 60000 }, async (t) => {
  const host = await startHost(t);
  const browser = await openBrowser(t);
  const ada = await openRoom(browser, host.url, 'two', { name: 'Ada' });
  const bert = await openRoom(browser, host.url, 'two', { name: '<i>Bert</i>', devices: false });
  await bert.waitPlaying(1);
  await until(async () => (await ada.tiles())[0]?.status === '', 5000, 'Ada connected to Bert');
  assert.equal((await ada.tiles())[0].name, '<i>Bert</i>');
  await bert.page.click('#chat-toggle');
  await bert.page.fill('#chat-text', 'Can you <b>see</b> me?');
  await bert.page.press('#chat-text', 'Enter');
  await until(() => ada.page.evaluate(() => document.querySelector('#chat-lines')?.textContent?.includes('Can you <b>see</b> me?')),
    3000, 'the line of chat');
  await bert.page.reload();
  await until(async () => (await ada.tiles()).length === 1 && (await bert.tiles()).length === 1, 5000, 'one tile each');
  await bert.waitPlaying(1);
});

test('the pages come back to a server that restarts', { timeout: 60000 }, async (t) => {
  const first = await startHost(t);
  const browser = await openBrowser(t);
  const ada = await openRoom(browser, first.url, 'two', { name: 'Ada' });
  const bert = await openRoom(browser, first.url, 'two', { name: 'Bert' });
  await ada.waitPlaying(1);
  const id = await ada.id();
  await first.end();
  assert.equal(await ada.playing(), 1, 'media needs no server');
  const second = await startHost(t, [], { port: first.port });
  await until(async () => await ada.id() !== id && (await membersOf(second.url, 'two')).length === 2, 15000, 'both again');
  await ada.waitPlaying(1);
  await bert.waitPlaying(1);
  assert.equal((await ada.tiles()).length, 1);
});

test('everyone has the two others, and keeps one when one vanishes', { timeout: 90000 }, async (t) => {
  const host = await startHost(t);
  const bot = startBot(t, host.url, 'three', ['--source', 'videotestsrc']);
  const browser = await openBrowser(t);
  const other = await openBrowser(t);
  const ada = await openRoom(browser, host.url, 'three', { name: 'Ada' });
  const bert = await openRoom(other, host.url, 'three', { name: 'Bert' });
  await ada.waitPlaying(2, 15000);
  await bert.waitPlaying(2, 15000);
  await until(() => (bot.log.match(/first video/g) ?? []).length >= 2, 5000, () => `both cameras at the bot\n${bot.log}`);

  const botId = (await membersOf(host.url, 'three')).find((/** @type {any} */ each) => each.role === 'bot').id;
  const stop = await ada.watchGaps(botId);
  await delay(1000);
  const gone = performance.now();
  await bert.vanish();
  await until(async () => (await ada.tiles()).length === 1, 2000, 'Bert gone from the page of Ada');
  await until(async () => (await membersOf(host.url, 'three')).length === 2, 2000, 'Bert gone from the room');
  t.diagnostic(`gone after ${Math.round(performance.now() - gone)} ms`);
  await delay(3000);
  const { gap, bearable, frames, expected } = await stop();
  assert.ok(frames > expected, `${frames} frames, ${Math.round(expected)} at least`);
  assert.ok(gap <= bearable, `a gap of ${Math.round(gap)} ms`);
  assert.ok(bot.running && host.running);
});
