// 74-relayed-call.mjs: a bot and Chromium that cannot reach each other are in a call by way of coturn

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { openFarSide } from './lib/network.mjs';
import { Program, folder, startHost, until } from './lib/process.mjs';
import { NEAR, PORT, separate, startTurn } from './lib/turn.mjs';

const MESHBOT = /** @type {string} */ (process.env.MESHBOT);

test('the bot is relayed, by credentials that the host made, and could not do without', { timeout: 120000 }, async (t) => {
  const dir = await folder(t);
  const far = await openFarSide(t);
  separate();
  await startTurn(t, dir);
  const host = await startHost(t, ['--ice-turn', `turn:${NEAR}:${PORT}?transport=udp`, '--ice-turn-secret-file', join(dir, 'turn')], { listen: '0.0.0.0' });
  const join_ = (/** @type {string} */ room, /** @type {string[]} */ args) => {
    const bot = new Program([...far.enter.slice(1), MESHBOT, '--server', `http://${NEAR}:${host.port}`, '--room', room, '--source', 'videotestsrc',
      '--size', '320x180', '--fps', '15', '--log-level', 'debug', ...args], { program: far.enter[0] });
    t.after(() => bot.end());
    return bot;
  };
  const browser = await openBrowser(t);
  const view = async (/** @type {string} */ room) => openRoom(browser, `http://127.0.0.1:${host.port}`, room, { name: 'Ada' });

  const bot = join_('x', ['--ice-policy', 'relay']);
  const ada = await view('x');
  await ada.waitPlaying(1, 30000);
  await until(() => /first video/.test(bot.log) && /first audio/.test(bot.log), 15000, () => bot.log);
  // The bot offers nothing but what is relayed; so what the page sends goes to the TURN server.
  const ways = await ada.page.evaluate(async () => {
    const found = [];
    for (const connection of /** @type {any} */ (globalThis).made.connections) {
      const stats = [...(await connection.getStats()).values()];
      for (const pair of stats.filter((each) => each.type === 'candidate-pair' && each.nominated && each.state === 'succeeded'))
        found.push(stats.find(({ id }) => id === pair.remoteCandidateId)?.address);
      found.push(...connection.remoteDescription.sdp.match(/ typ \w+/g) ?? []);
    }
    return found;
  });
  assert.ok(ways.includes(NEAR), JSON.stringify(ways));
  assert.ok(!ways.some((way) => / typ (host|srflx)/.test(way)), JSON.stringify(ways));
  assert.ok(ways.some((way) => / typ relay/.test(way)), JSON.stringify(ways));

  // The same without a TURN server: the wall between them stands.
  const lonely = join_('y', ['--ice-server', `stun:${NEAR}:${PORT}`]);
  const bert = await openRoom(await openBrowser(t), `http://127.0.0.1:${host.port}`, 'y', { name: 'Bert' });
  await until(async () => (await bert.tiles()).length === 1, 10000, 'the bot in the room');
  await new Promise((resolve) => setTimeout(resolve, 8000));
  assert.equal(await bert.playing(), 0);
  assert.doesNotMatch(lonely.log, /first video/);
});
