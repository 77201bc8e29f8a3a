// 09-worker-crash.mjs: the bot beside a host dies, and only the bot

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { decode, recordings, tracks } from './lib/media.mjs';
import { childrenOf, delay, folder, membersOf, startHost, until } from './lib/process.mjs';

test('kill -SEGV: the pages do not notice, its files play, it comes back', { timeout: 90000 }, async (t) => {
  const path = await folder(t);
  const host = await startHost(t, ['--room', 'x', '--source', 'videotestsrc', '--record', path, '--log-level', 'info']);
  const browser = await openBrowser(t);
  const ada = await openRoom(browser, host.url, 'x', { name: 'Ada' });
  const bert = await openRoom(browser, host.url, 'x', { name: 'Bert' });
  await ada.waitPlaying(2, 15000);
  await bert.waitPlaying(2, 15000);
  await until(async () => (await recordings(path)).length === 2, 5000, 'two files');

  const bertId = await bert.id();
  const before = (await membersOf(host.url, 'x')).find((/** @type {any} */ each) => each.role !== 'member').id;
  const [worker] = await childrenOf(host.pid);
  assert.ok(worker, 'the bot is a process of its own');
  const stop = await ada.watchGaps(bertId);
  process.kill(worker, 'SIGSEGV');
  await until(async () => (await ada.tiles()).length === 1, 2000, 'the bot gone from the page');
  const orphans = (await recordings(path)).filter((file) => file.endsWith('.part'));
  await until(async () => {
    const members = await membersOf(host.url, 'x');
    return members.length === 3 && !members.some((/** @type {any} */ each) => each.id === before);
  }, 10000, () => `the bot is back\n${host.log}`);
  await ada.waitPlaying(2, 10000);
  await bert.waitPlaying(2, 10000);
  const { gap, bearable } = await stop();
  assert.ok(gap <= bearable, `a gap of ${Math.round(gap)} ms between the pages`);
  assert.ok(host.running);
  assert.equal(await bert.id(), bertId, 'the page had to join again');
  assert.equal(orphans.length, 2, orphans.join(', '));
  // The new worker finishes what the old one left behind.
  for (const file of orphans.map((part) => part.replace(/\.part$/, ''))) {
    await until(async () => (await recordings(path)).includes(file), 10000, () => `${file} is finished\n${host.log}`);
    await decode(file);
    assert.deepEqual((await tracks(file)).map((each) => each.kind).sort(), ['audio', 'video']);
  }
});
