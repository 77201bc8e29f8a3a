// 04-foreign-server.mjs: bots in rooms that are not their own host's

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordings, tracks } from './lib/media.mjs';
import { delay, folder, startBot, startHost, until } from './lib/process.mjs';
import { startNodeServer } from './node-server.mjs';

/**
 * Two bots that send, and one of them records, until each has the other's picture and tone.
 * @param {import('node:test').TestContext} t
 * @param {string} server
 */
async function twoBots(t, server) {
  const path = await folder(t);
  const first = startBot(t, server, 'x', ['--source', 'videotestsrc', '--name', 'first', '--record', path]);
  const second = startBot(t, server, 'x', ['--source', 'videotestsrc', '--name', 'second']);
  for (const bot of [first, second])
    await until(() => /first video/.test(bot.log) && /first audio/.test(bot.log), 15000,
      () => `media at the bot\n--- first\n${first.log}\n--- second\n${second.log}`);
  await delay(2000);
  assert.equal((await second.end()).code, 0);
  assert.equal((await first.end()).code, 0);
  const files = await recordings(path);
  assert.equal(files.length, 1, files.join(', '));
  const found = await tracks(files[0]);
  assert.deepEqual(found.map((each) => each.kind).sort(), ['audio', 'video']);
  assert.ok(found.every((each) => each.to - each.from > 1), JSON.stringify(found));
}

test('a Node app on express and the stock Socket.IO', { timeout: 60000 }, async (t) => {
  await twoBots(t, await startNodeServer(t));
});

test('another meshbot, over Socket.IO', { timeout: 60000 }, async (t) => {
  await twoBots(t, (await startHost(t)).url);
});

test('another meshbot, over the plain dialect', { timeout: 60000 }, async (t) => {
  await twoBots(t, `${(await startHost(t)).url.replace('http', 'ws')}/ws`);
});

test('a server that is not there is told within 10 s', { timeout: 30000 }, async (t) => {
  const from = performance.now();
  const bot = startBot(t, 'http://127.0.0.1:9', 'x', ['--source', 'videotestsrc']);
  const { code } = await bot.ended;
  assert.equal(code, 4, bot.log);
  assert.ok(performance.now() - from < 10000);
});
