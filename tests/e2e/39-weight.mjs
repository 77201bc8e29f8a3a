// 39-weight.mjs: what the page weighs, and how soon something is seen of it on a slow phone

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { get } from 'node:http';
import { test } from 'node:test';
import { openBrowser } from './lib/browser.mjs';
import { startHost } from './lib/process.mjs';

const MOST_BYTES = 120000;
const PAINT_MS = 1000;
/** What the first paint waits for: the page and its styles. */
const FIRST_BYTES = 14600;
/** A phone on a slow 4G network, as Lighthouse has it: 1.6 Mb/s, 150 ms, a processor at a quarter. */
const PHONE = { offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 750e3 / 8 };

/** @param {string} url @param {Record<string, string>} headers */
function weigh(url, headers) {
  return new Promise((resolve, reject) => get(url, { headers }, (answer) => {
    let bytes = 0;
    answer.on('data', (part) => (bytes += part.length));
    answer.on('end', () => resolve({ status: answer.statusCode, bytes }));
  }).on('error', reject));
}

test('all files together, as a browser gets them', { timeout: 60000 }, async (t) => {
  const host = await startHost(t);
  const list = await readFile(new URL('../../src/web/meshbot.gresource.xml', import.meta.url), 'utf8');
  let sent = 0;
  let plain = 0;
  for (const [, name] of list.matchAll(/<file[^>]*>([^<]+)<\/file>/g)) {
    const packed = await weigh(`${host.url}/${name}`, { 'accept-encoding': 'gzip, deflate, br, zstd' });
    assert.equal(packed.status, 200, name);
    sent += packed.bytes;
    plain += (await weigh(`${host.url}/${name}`, {})).bytes;
  }
  t.diagnostic(`${sent} bytes sent, ${plain} bytes of source`);
  assert.ok(sent < MOST_BYTES, `${sent} bytes`);
});

for (const path of ['/', '/room.html?id=x'])
  test(`first paint of ${path} on a throttled phone`, { timeout: 90000 }, async (t) => {
    const host = await startHost(t);
    const browser = await openBrowser(t);
    const times = [];
    for (let n = 0; n < 3; n += 1) {
      const context = await browser.newContext({ viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true });
      const page = await context.newPage();
      const session = await context.newCDPSession(page);
      await session.send('Network.enable');
      await session.send('Network.emulateNetworkConditions', PHONE);
      await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
      await page.goto(`${host.url}${path}`);
      const figures = await page.evaluate(async () => {
        const paint = await new Promise((resolve) => new PerformanceObserver((list, observer) => {
          const found = list.getEntriesByName('first-contentful-paint')[0];
          if (found) {
            observer.disconnect();
            resolve(found.startTime);
          }
        }).observe({ type: 'paint', buffered: true }));
        const shift = await new Promise((resolve) => new PerformanceObserver((list) =>
          resolve(list.getEntries().reduce((sum, each) => sum + /** @type {any} */ (each).value, 0))).observe({ type: 'layout-shift', buffered: true }) ?? setTimeout(() => resolve(0), 500));
        const all = performance.getEntriesByType('resource');
        return { paint: Math.round(paint), ready: Math.round(performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd),
          first: performance.getEntriesByType('navigation')[0].transferSize +
            all.filter(({ name }) => name.endsWith('.css')).reduce((sum, each) => sum + each.transferSize, 0),
          shift, requests: all.length + 1, foreign: all.filter(({ name }) => new URL(name).origin !== location.origin).length };
      });
      times.push(figures);
      await context.close();
    }
    t.diagnostic(JSON.stringify(times));
    const best = Math.min(...times.map(({ paint }) => paint));
    // A machine that compiles beside it is slower than any phone: the time is judged where it is measured alone.
    if (process.env.MESHBOT_LONG)
      assert.ok(best < PAINT_MS, `first paint after ${best} ms`);
    assert.ok(times.every(({ first }) => first < FIRST_BYTES), 'what is seen first fits into the first flights of packets');
    assert.ok(times.every(({ foreign }) => foreign === 0), 'nothing of elsewhere');
    assert.ok(times.every(({ shift }) => shift < 0.1), 'nothing jumps');
  });
