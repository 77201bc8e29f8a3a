// 48-changed-address.mjs: a bot whose address changes in mid-call is seen again, and sees

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { openFarSide } from './lib/network.mjs';
import { Program, membersOf, startHost, until } from './lib/process.mjs';

const MESHBOT = /** @type {string} */ (process.env.MESHBOT);

test('the network is another one from one moment to the next', { timeout: 120000 }, async (t) => {
  const far = await openFarSide(t);
  const host = await startHost(t, [], { listen: '0.0.0.0' });
  const bot = new Program([...far.enter.slice(1), MESHBOT, '--server', `http://10.99.0.1:${host.port}`, '--room', 'x', '--source', 'videotestsrc',
    '--size', '320x180', '--fps', '15', '--log-level', 'info'], { program: far.enter[0] });
  t.after(() => bot.end());
  const ada = await openRoom(await openBrowser(t), `http://127.0.0.1:${host.port}`, 'x', { name: 'Ada' });
  await ada.waitPlaying(1, 30000);
  await until(() => /first video/.test(bot.log), 15000, () => bot.log);

  for (const command of ['address flush dev mb1', 'address add 10.99.0.7/24 dev mb1', 'route add default via 10.99.0.1 dev mb1'])
    execFileSync(far.enter[0], [...far.enter.slice(1), 'ip', ...command.split(' ')]);
  const began = performance.now();
  await until(() => (bot.log.match(/first video/g) ?? []).length === 2, 15000, () => `the page, seen again\n${bot.log}`);
  const seen = async () => (await ada.received()).reduce((sum, { framesDecoded }) => Math.max(sum, framesDecoded ?? 0), 0);
  const before = await seen();
  await until(async () => await seen() > before + 15, 30000, () => `the bot, seen again\n${bot.log}`);
  t.diagnostic(`after ${Math.round((performance.now() - began) / 1000)} s`);
  await until(async () => (await membersOf(`http://127.0.0.1:${host.port}`, 'x')).length === 2, 30000, 'no ghost');
  assert.equal((await ada.tiles()).length, 1);
});
