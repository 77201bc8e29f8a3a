// 01-browser-and-bot.mjs: a person and a bot see and hear each other, whoever comes and offers first

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { delay, membersOf, startBot, startHost, until } from './lib/process.mjs';

const SECONDS = 10;
const TRIES = 12;

/**
 * @param {string} url
 * @param {string} room
 */
async function botId(url, room) {
  const bot = await until(async () => (await membersOf(url, room)).find((/** @type {any} */ each) => each.role === 'bot'),
    10000, 'the bot in the room');
  return bot.id;
}

/**
 * The ids are the server's to choose: the page joins again until they stand in the wanted order.
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @param {boolean} pageOffers whether the page's id is to be the smaller
 */
async function pageAfterBot(browser, url, pageOffers) {
  const bot = await botId(url, 'x');
  for (let n = 0; n < TRIES; n += 1) {
    const page = await openRoom(browser, url, 'x');
    if (await page.id() < bot === pageOffers)
      return page;
    await page.page.context().close();
  }
  throw new Error(`no id of the wanted order in ${TRIES} tries`);
}

/**
 * @param {import('node:test').TestContext} t
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @param {boolean} pageOffers
 */
async function botAfterPage(t, browser, url, pageOffers) {
  const page = await openRoom(browser, url, 'x');
  const id = await page.id();
  for (let n = 0; n < TRIES; n += 1) {
    const bot = startBot(t, url, 'x', ['--source', 'videotestsrc']);
    if (id < await botId(url, 'x') === pageOffers)
      return { page, bot };
    await bot.end();
    await until(async () => (await membersOf(url, 'x')).length === 1, 5000, 'the bot gone');
  }
  throw new Error(`no id of the wanted order in ${TRIES} tries`);
}

/**
 * What comes in over ten seconds.
 * @param {import('./lib/browser.mjs').RoomPage} page
 */
async function measure(page) {
  const [before] = await page.received();
  const pictures = new Set();
  for (let n = 0; n < 5; n += 1) {
    const { sum, light } = await page.picture();
    assert.ok(light > 60, 'the picture is black');
    pictures.add(sum);
    await delay(SECONDS * 200 - 50);
  }
  const [after] = await page.received();
  assert.equal(after.state, 'connected');
  const seconds = (after.at - before.at) / 1000;
  return {
    rate: (after.framesDecoded - before.framesDecoded) / seconds,
    energy: (after.audioEnergy - before.audioEnergy) / seconds,
    pictures: pictures.size,
  };
}

/**
 * The picture moves at its rate, and the tone is there, for ten seconds. A machine that is busy with
 * something else gets a second chance.
 * @param {import('./lib/browser.mjs').RoomPage} page
 */
async function assertPlays(page) {
  const good = (/** @type {number} */ rate) => rate >= 25 && rate <= 31;
  let found = await measure(page);
  if (!good(found.rate))
    found = await measure(page);
  assert.ok(good(found.rate), `${found.rate.toFixed(1)} frames a second`);
  assert.equal(found.pictures, 5, 'the picture stands still');
  assert.ok(found.energy > 1e-5, 'only silence is heard');
}

for (const pageOffers of [true, false]) {
  const offers = pageOffers ? 'the page offers' : 'the bot offers';

  test(`the bot is there first, ${offers}`, { timeout: 60000 }, async (t) => {
    const host = await startHost(t, ['--room', 'x', '--source', 'videotestsrc', '--log-level', process.env.LEVEL ?? 'info']);
    const browser = await openBrowser(t);
    const page = await pageAfterBot(browser, host.url, pageOffers);
    await page.waitPlaying(1, 5000);
    await assertPlays(page);
    await until(() => /first video/.test(host.log) && /first audio/.test(host.log), 2000,
      () => `camera and microphone at the bot:\n${host.log}`);
    assert.deepEqual(page.errors, []);
  });

  test(`the page is there first, ${offers}`, { timeout: 60000 }, async (t) => {
    const host = await startHost(t);
    const browser = await openBrowser(t);
    const { page, bot } = await botAfterPage(t, browser, host.url, pageOffers);
    await page.waitPlaying(1, 5000);
    await assertPlays(page);
    await until(() => /first video/.test(bot.log) && /first audio/.test(bot.log), 2000,
      () => `camera and microphone at the bot:\n${bot.log}`);
    assert.deepEqual(page.errors, []);
  });
}
