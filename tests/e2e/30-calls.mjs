// 30-calls.mjs: pages among themselves: whoever comes first, four of them, eight of them, and one that is reloaded

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { delay, membersOf, startHost, until } from './lib/process.mjs';

/** Fifty-six pictures to encode and as many to decode: on two cores they have to be small and few. */
const FEW = ['--use-fake-device-for-media-stream=fps=5'];
const SMALL = { viewport: { width: 640, height: 480 }, remembered: { low: 'true' } };

/** Pictures and voices come in on so many connections, and go on. */
async function assertFlows(page, count) {
  await page.waitPlaying(count, 40000);
  const before = await page.received();
  await until(async () => {
    const now = await page.received();
    return now.length === count && now.every((each, at) => each.state === 'connected' &&
      each.framesDecoded > before[at].framesDecoded + 10 && each.audioPackets > before[at].audioPackets + 20);
  }, 40000, () => `${count} that go on; they were ${JSON.stringify(before)}`);
}

for (const firstIsSmaller of [true, false]) {
  test(`two pages, the ${firstIsSmaller ? 'first' : 'second'} offers`, { timeout: 120000 }, async (t) => {
    const host = await startHost(t);
    const browser = await openBrowser(t);
    let ada, bert;
    // The ids are the server's to choose, so they try until they stand in the wanted order.
    for (let n = 0; n < 12; n += 1) {
      ada = await openRoom(browser, host.url, 'two', { name: 'Ada', ...SMALL });
      bert = await openRoom(browser, host.url, 'two', { name: 'Bert', ...SMALL });
      if (await ada.id() < await bert.id() === firstIsSmaller)
        break;
      await ada.page.context().close();
      await bert.page.context().close();
      await until(async () => (await membersOf(host.url, 'two')).length === 0, 5000, 'both gone');
      ada = bert = undefined;
    }
    assert.ok(ada && bert, 'no ids of the wanted order in 12 tries');
    await assertFlows(ada, 1);
    await assertFlows(bert, 1);
    assert.deepEqual([await ada.connections(), await bert.connections()], [1, 1]);
    assert.deepEqual([ada.errors, bert.errors], [[], []]);
  });
}

test('four pages: each of the twelve directions decodes', { timeout: 240000 }, async (t) => {
  const host = await startHost(t);
  const browser = await openBrowser(t, FEW);
  const pages = [];
  for (const name of ['Ada', 'Bert', 'Cleo', 'Dora'])
    pages.push(await openRoom(browser, host.url, 'four', { name, ...SMALL }));
  for (const page of pages)
    await assertFlows(page, 3);
  for (const page of pages) {
    assert.equal((await page.tiles()).length, 3);
    assert.deepEqual(page.errors, []);
  }
});

test('a page that is reloaded is one tile; one that vanishes without a word and comes back is, too', { timeout: 150000 }, async (t) => {
  const host = await startHost(t);
  const browser = await openBrowser(t);
  const ada = await openRoom(browser, host.url, 'reload', { name: 'Ada', ...SMALL });
  const bert = await openRoom(browser, host.url, 'reload', { name: 'Bert', ...SMALL });
  await assertFlows(ada, 1);
  await bert.page.reload();
  await assertFlows(bert, 1);
  await assertFlows(ada, 1);
  assert.deepEqual((await ada.tiles()).map(({ name }) => name), ['Bert']);

  // It closes its sockets without a goodbye; only what it says of itself ties the new page to the old one.
  await bert.page.evaluate(() => {
    EventTarget.prototype.dispatchEvent.call(window, new Event('x'));
    WebSocket.prototype.send = () => {};
    WebSocket.prototype.close = () => {};
  });
  await bert.page.reload();
  await assertFlows(bert, 1);
  await until(async () => (await ada.tiles()).length === 1, 10000, 'one tile');
  assert.equal((await ada.tiles())[0].id, await bert.id());
});

test('eight pages stay together without a growing heap', { timeout: 480000 }, async (t) => {
  const host = await startHost(t);
  const browser = await openBrowser(t, FEW);
  const tiny = { ...SMALL, viewport: { width: 320, height: 240 } };
  const pages = [];
  for (let n = 0; n < 8; n += 1) {
    // Two speak, the others listen: fifty-six voices are too much for two cores, and are no other objects than two.
    const remembered = { ...tiny.remembered, ...(n > 1 && { microphoneOff: 'true' }) };
    const page = await openRoom(browser, host.url, 'eight', { name: `P${n}`, ...tiny, remembered });
    pages.push(page);
  }
  for (const page of pages)
    await page.waitPlaying(7, 180000);
  const sessions = await Promise.all(pages.map(({ page }) => page.context().newCDPSession(page)));
  const heap = async () => {
    const sizes = [];
    for (const session of sessions) {
      await session.send('HeapProfiler.collectGarbage');
      sizes.push((await session.send('Runtime.getHeapUsage')).usedSize);
    }
    return sizes;
  };
  // What is made once (stats of each connection, lists of devices) is there after a while.
  await delay(10000);
  const before = await heap();
  await delay(120000);
  const after = await heap();
  const growth = after.map((size, n) => (size - before[n]) / 1024);
  t.diagnostic(`heaps of ${before.map((size) => Math.round(size / 1024))} kB grew by ${growth.map(Math.round)} kB`);
  assert.ok(growth.every((kilobytes) => kilobytes < 500), `grew by ${growth.map(Math.round)} kB`);
  for (const page of pages)
    assert.equal((await page.tiles()).length, 7);
});
