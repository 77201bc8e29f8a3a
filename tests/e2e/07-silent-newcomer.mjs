// 07-silent-newcomer.mjs: members that never answer do not touch the media of the others

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { connect } from './lib/member.mjs';
import { delay, membersOf, startBot, startHost, until } from './lib/process.mjs';

test('no gap while five newcomers hold their tongue, and a sixth is served', { timeout: 90000 }, async (t) => {
  const host = await startHost(t);
  const bot = startBot(t, host.url, 'x', ['--source', 'videotestsrc']);
  const browser = await openBrowser(t);
  const page = await openRoom(browser, host.url, 'x');
  await page.waitPlaying(1, 10000);
  const botId = (await membersOf(host.url, 'x')).find((/** @type {any} */ each) => each.role === 'bot').id;
  const stop = await page.watchGaps(botId);
  const silent = [];
  for (let n = 0; n < 5; n += 1) {
    const member = await connect(t, host.url, { transports: ['websocket'] });
    member.socket.emit('join-room', { roomId: 'x', displayName: `silent ${n}` });
    silent.push(member);
    await delay(500);
  }
  await delay(3500);
  const { gap, bearable, frames, expected } = await stop();
  assert.ok(frames > expected, `${frames} frames, ${Math.round(expected)} at least`);
  assert.ok(gap <= bearable, `a gap of ${Math.round(gap)} ms`);
  const offered = silent.filter(({ socket, events }) => botId < (socket.id ?? '') &&
    events.some(({ name, payload }) => name === 'signal' && payload.from === botId && payload.data.description));
  const due = silent.filter(({ socket }) => botId < (socket.id ?? ''));
  assert.equal(offered.length, due.length, 'the bot has made its offers');

  const late = await openRoom(browser, host.url, 'x', { name: 'late' });
  await until(async () => (await late.received()).some((each) => each.state === 'connected' && each.framesDecoded > 10),
    10000, () => `media for one who comes after them\n${bot.log}`);
});
