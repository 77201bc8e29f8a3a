// 33-outages.mjs: a path that is lost between pages, a server that restarts, a page that only lost the server

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { delay, membersOf, startHost, until } from './lib/process.mjs';

const SMALL = { viewport: { width: 640, height: 480 }, remembered: { low: 'true' } };

/** @param {string} rule */
function nft(rule) {
  execFileSync('nft', rule.split(' '));
}

/** Pages in one room that all play. */
async function room(t, names, args = []) {
  const host = await startHost(t, args);
  const browser = await openBrowser(t);
  const pages = [];
  for (const name of names)
    pages.push(await openRoom(browser, host.url, 'out', { name, ...SMALL }));
  for (const page of pages) {
    await page.waitPlaying(names.length - 1, 60000);
    await until(async () => (await page.tiles()).every(({ status }) => status === ''), 20000, 'all connected');
  }
  return { host, browser, pages };
}

/** What a page has decoded goes on on every connection. */
async function assertGoesOn(page, count) {
  const before = await page.received();
  await until(async () => {
    const now = await page.received();
    return now.length === count && now.every((each, at) => each.framesDecoded > (before[at]?.framesDecoded ?? 0) + 5);
  }, 30000, async () => JSON.stringify(await page.received()));
}

test('all UDP is dropped: ICE is restarted, on the same connection where that helps', { timeout: 180000 }, async (t) => {
  const { pages: [ada, bert] } = await room(t, ['Ada', 'Bert']);
  const before = [await ada.descriptions(), await bert.descriptions()];
  nft('add table inet lost');
  nft('add chain inet lost out { type filter hook output priority 0 ; }');
  nft('add rule inet lost out meta l4proto udp drop');
  await until(async () => (await ada.tiles())[0]?.status !== '' && (await bert.tiles())[0]?.status !== '', 60000, 'both notice');
  await until(async () => await ada.descriptions() > before[0] && await bert.descriptions() > before[1], 60000, 'an offer, and its answer');
  const made = [await ada.connections(), await bert.connections()];
  nft('delete table inet lost');
  await until(async () => (await ada.tiles())[0]?.status === '' && (await bert.tiles())[0]?.status === '', 60000, 'both connected again');
  await assertGoesOn(ada, 1);
  await assertGoesOn(bert, 1);
  t.diagnostic(`connections made: ${await ada.connections()} and ${await bert.connections()}`);
  assert.deepEqual(made, [1, 1], 'a restart comes first');
  assert.equal((await ada.tiles()).length, 1);
});

test('a server that restarts in mid-call: the media flows on, on the same connections', { timeout: 180000 }, async (t) => {
  const { host, pages } = await room(t, ['Ada', 'Bert', 'Cleo']);
  const [ada, bert, cleo] = pages;
  const ids = await Promise.all(pages.map((page) => page.id()));
  const watched = await ada.watchGaps((await ada.tiles())[0].id);
  await host.end();
  await until(async () => /trying again/.test(await ada.page.textContent('#state') ?? ''), 5000, 'Ada notices');
  // While there is no server, a screen can be shared all the same.
  await bert.page.click('#screen');
  await ada.waitTile('Bert’s screen', { picture: true }, 20000);
  const again = await startHost(t, [], { port: host.port });
  await until(async () => (await membersOf(again.url, 'out')).length === 3, 30000, 'all three again');
  await until(async () => (await Promise.all(pages.map((page) => page.id()))).every((id, n) => id !== ids[n]), 5000, 'new ids');
  await until(async () => {
    const now = await Promise.all(pages.map((page) => page.id()));
    const seen = await Promise.all(pages.map(async (page) => (await page.tiles()).map(({ id }) => id).sort().join()));
    return seen.every((list, n) => list === now.filter((_, at) => at !== n).sort().join());
  }, 10000, 'tiles with the new ids');
  const { frames, gap } = await watched();
  t.diagnostic(`${frames} frames, longest gap ${Math.round(gap)} ms`);
  assert.deepEqual(await Promise.all(pages.map((page) => page.connections())), [2, 2, 2], 'no new connection');
  for (const page of pages)
    await assertGoesOn(page, 2);

  // And what has to be negotiated from now on goes through the new server.
  await bert.page.click('#screen');
  await until(async () => !(await cleo.people()).some(({ screen }) => screen), 15000, 'the screen gone');
  await cleo.page.click('#screen');
  await bert.waitTile('Cleo’s screen', { picture: true }, 20000);
  await delay(2000);
  assert.deepEqual(await Promise.all(pages.map((page) => page.connections())), [2, 2, 2]);
});

test('one page loses the server, the others do not: it comes back without losing media', { timeout: 120000 }, async (t) => {
  const { pages: [ada, bert] } = await room(t, ['Ada', 'Bert']);
  const id = await ada.id();
  await ada.page.evaluate(() => /** @type {any} */ (globalThis).made.socket.close(4000));
  await until(async () => await ada.id() !== id, 15000, 'a new id');
  const now = await ada.id();
  await until(async () => (await bert.tiles()).map((tile) => tile.id).join() === now, 10000, 'Bert knows it');
  assert.deepEqual([await ada.connections(), await bert.connections()], [1, 1]);
  await assertGoesOn(ada, 1);
  await assertGoesOn(bert, 1);
  await ada.page.click('#hand');
  await bert.waitTile('Ada', { hand: true });
});

test('a network that changes: the server is sought anew, and nothing is lost', { timeout: 120000 }, async (t) => {
  const { pages: [ada, bert] } = await room(t, ['Ada', 'Bert']);
  const id = await ada.id();
  await ada.page.evaluate(() => dispatchEvent(new Event('online')));
  await until(async () => await ada.id() !== id, 15000, 'a new id');
  await assertGoesOn(ada, 1);
  await assertGoesOn(bert, 1);
  await until(async () => (await bert.tiles()).length === 1, 10000, 'one tile');
});
