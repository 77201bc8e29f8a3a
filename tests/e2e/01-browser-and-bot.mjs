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
 * The ids are the server's to choose, so whoever comes second joins again until they stand in the
 * wanted order; and whoever comes first does so until that is likely.
 * @template T
 * @param {() => Promise<T | null>} attempt
 * @returns {Promise<T>}
 */
async function retry(attempt) {
  for (let n = 0; n < TRIES; n += 1) {
    const found = await attempt();
    if (found)
      return found;
  }
  throw new Error(`no ids of the wanted order in ${TRIES} tries`);
}

/**
 * @param {string} id
 * @param {boolean} smaller whether it is to be the smaller one
 */
function isLikely(id, smaller) {
  return smaller ? id < 'e' : id > 'N';
}

/**
 * @param {import('node:test').TestContext} t
 * @param {boolean} pageOffers whether the page's id is to be the smaller
 */
async function hostWithBot(t, pageOffers) {
  return retry(async () => {
    const host = await startHost(t, ['--room', 'x', '--source', 'videotestsrc', '--log-level', 'info']);
    if (isLikely(await botId(host.url, 'x'), !pageOffers))
      return host;
    await host.end();
    return null;
  });
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {string} url
 * @param {(id: string) => boolean} wanted
 */
async function pageWithId(browser, url, wanted) {
  return retry(async () => {
    const page = await openRoom(browser, url, 'x');
    if (wanted(await page.id()))
      return page;
    await page.page.context().close();
    return null;
  });
}

/**
 * @param {import('node:test').TestContext} t
 * @param {string} url
 * @param {(id: string) => boolean} wanted
 */
async function botWithId(t, url, wanted) {
  return retry(async () => {
    const bot = startBot(t, url, 'x', ['--source', 'videotestsrc']);
    if (wanted(await botId(url, 'x')))
      return bot;
    await bot.end();
    await until(async () => (await membersOf(url, 'x')).length === 1, 5000, 'the bot gone');
    return null;
  });
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

  test(`the bot is there first, ${offers}`, { timeout: 90000 }, async (t) => {
    const host = await hostWithBot(t, pageOffers);
    const bot = await botId(host.url, 'x');
    const browser = await openBrowser(t);
    const page = await pageWithId(browser, host.url, (id) => id < bot === pageOffers);
    await page.waitPlaying(1, 5000);
    await assertPlays(page);
    await until(() => /first video/.test(host.log) && /first audio/.test(host.log), 2000,
      () => `camera and microphone at the bot:\n${host.log}`);
    assert.deepEqual(page.errors, []);
  });

  test(`the page is there first, ${offers}`, { timeout: 90000 }, async (t) => {
    const host = await startHost(t);
    const browser = await openBrowser(t);
    const page = await pageWithId(browser, host.url, (id) => isLikely(id, pageOffers));
    const pageId = await page.id();
    const bot = await botWithId(t, host.url, (id) => pageId < id === pageOffers);
    await page.waitPlaying(1, 5000);
    await assertPlays(page);
    await until(() => /first video/.test(bot.log) && /first audio/.test(bot.log), 2000,
      () => `camera and microphone at the bot:\n${bot.log}`);
    assert.deepEqual(page.errors, []);
  });
}
