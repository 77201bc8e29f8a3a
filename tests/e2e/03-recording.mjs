// 03-recording.mjs: what a bot records plays to its end, whether it was stopped or killed

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { decode, recordings, tracks } from './lib/media.mjs';
import { delay, folder, startBot, startHost, until } from './lib/process.mjs';

const SECONDS = 8;

/**
 * @param {string} file
 * @param {number} seconds that were recorded
 */
async function assertPlays(file, seconds) {
  await decode(file);
  const found = await tracks(file);
  assert.deepEqual(found.map((each) => each.kind).sort(), ['audio', 'video'], file);
  const length = Math.max(...found.map((each) => each.to)) - Math.min(...found.map((each) => each.from));
  assert.ok(Math.abs(length - seconds) <= 1, `${file}: ${length.toFixed(2)} s of ${seconds.toFixed(2)} s recorded`);
  for (const each of found) {
    assert.ok(each.to - each.from > seconds - 1.5, `${file}: ${each.kind} is ${(each.to - each.from).toFixed(2)} s long`);
    assert.ok(each.packets > seconds * 8, `${file}: ${each.packets} packets of ${each.kind}`);
  }
}

/**
 * A recorder that has begun to receive.
 * @param {import('node:test').TestContext} t
 * @param {string} url
 * @param {string} path
 */
async function record(t, url, path) {
  const bot = startBot(t, url, 'studio', ['--record', path]);
  await until(() => /first video/.test(bot.log) && /first audio/.test(bot.log), 10000, () => `media\n${bot.log}`);
  return { bot, from: performance.now() };
}

/** @param {string} path */
async function theFile(path) {
  const files = await recordings(path);
  assert.equal(files.length, 1, `the files are ${files.join(', ')}`);
  return files[0];
}

test('both tracks, whole, after SIGTERM and after kill -9', { timeout: 90000 }, async (t) => {
  const host = await startHost(t);
  const browser = await openBrowser(t);
  const page = await openRoom(browser, host.url, 'studio', { name: 'Alice B. / ../c' });
  const stoppedPath = join(await folder(t), 'stopped');
  const killedPath = join(await folder(t), 'killed');
  const stopped = await record(t, host.url, stoppedPath);
  const killed = await record(t, host.url, killedPath);
  assert.equal(await page.page.locator('.tile .recording').count(), 2, 'the page says who records');
  await delay(SECONDS * 1000);

  const killedSeconds = (performance.now() - killed.from) / 1000;
  assert.equal((await killed.bot.end('SIGKILL')).signal, 'SIGKILL');
  const stoppedSeconds = (performance.now() - stopped.from) / 1000;
  assert.deepEqual(await stopped.bot.end('SIGTERM', 5000), { code: 0, signal: null });

  const whole = await theFile(stoppedPath);
  assert.match(whole, /\.webm$/);
  assert.deepEqual(await readdir(stoppedPath), ['studio']);
  assert.match((await readdir(join(stoppedPath, 'studio')))[0], /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ$/);
  await assertPlays(whole, stoppedSeconds);
  const open = await theFile(killedPath);
  assert.match(open, /\.webm\.part$/);
  await assertPlays(open, killedSeconds);
});

test('a peer that leaves has its file closed while the others go on', { timeout: 90000 }, async (t) => {
  const host = await startHost(t);
  const path = await folder(t);
  const bot = startBot(t, host.url, 'studio', ['--record', path]);
  const browser = await openBrowser(t);
  const ada = await openRoom(browser, host.url, 'studio', { name: 'Ada' });
  await openRoom(browser, host.url, 'studio', { name: 'Bert' });
  await until(() => (bot.log.match(/first video/g) ?? []).length === 2, 15000, () => `two cameras\n${bot.log}`);
  await delay(2000);
  await ada.page.context().close();
  await until(async () => {
    const files = await recordings(path);
    return files.length === 2 && files.filter((file) => file.endsWith('.part')).length === 1;
  }, 5000, 'one file closed and one open');
  await decode((await recordings(path)).find((file) => file.endsWith('.webm')) ?? '');
  await delay(1000);
  assert.equal((await bot.end()).code, 0);
  const files = await recordings(path);
  assert.ok(files.length === 2 && files.every((file) => file.endsWith('.webm')), files.join(', '));
  for (const file of files)
    await decode(file);
});
