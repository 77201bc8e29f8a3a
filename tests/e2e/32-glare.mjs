// 32-glare.mjs: offers that cross, fifty times, each way round: the connection stays, and both are heard in the end

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBrowser } from './lib/browser.mjs';
import { startHost } from './lib/process.mjs';

const ROUNDS = 50;

/**
 * Runs in the page. Two peers share and stop screens in the same instant, so that both offer; which offer
 * arrives first changes from round to round.
 * @param {number} rounds
 */
async function collide(rounds) {
  const { Peer } = await import(/** @type {any} */ ('/peer.js'));
  const picture = () => {
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d');
    setInterval(() => context?.fillRect(Math.random() * 300, 0, 9, 99), 50);
    return canvas.captureStream(10);
  };
  const make = (/** @type {string} */ id, /** @type {boolean} */ polite) => {
    const stream = picture();
    const screen = picture();
    /** @type {any} */
    const media = { stream, audio: null, video: stream.getVideoTracks()[0], screen: null };
    const peer = new Peer({ id, displayName: id }, polite, media, {});
    return { peer, media, screen: { stream: screen, audio: null, video: screen.getVideoTracks()[0] }, delay: 0, nOffers: 0 };
  };
  const wire = (/** @type {any} */ from, /** @type {any} */ to) => from.peer.addEventListener('signal', (/** @type {any} */ { detail }) => {
    const data = JSON.parse(JSON.stringify(detail));
    from.nOffers += data.description?.type === 'offer' ? 1 : 0;
    // In order, as a room server delivers them.
    from.line = (from.line ?? Promise.resolve()).then(() => new Promise((resolve) => setTimeout(resolve, from.delay)))
      .then(() => to.peer.receive(data));
  });
  const wait = async (/** @type {() => boolean} */ condition, /** @type {string} */ what) => {
    const end = performance.now() + 15000;
    while (!condition()) {
      if (performance.now() > end)
        throw new Error(`not in time: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const [a, b] = [make('b', false), make('a', true)];
  wire(a, b);
  wire(b, a);
  a.peer.start();
  b.peer.start();
  const pictures = (/** @type {any} */ end) => end.peer.tracks.filter((/** @type {any} */ { track }) => track.kind === 'video').length;
  await wait(() => a.peer.isOpen && b.peer.isOpen && pictures(a) === 1 && pictures(b) === 1, 'connected');
  let crossed = 0;
  for (let n = 0; n < rounds; n += 1) {
    const on = n % 2 === 0;
    [a.delay, b.delay] = n % 4 < 2 ? [80, 150] : [150, 80];
    const before = [a.nOffers, b.nOffers];
    for (const end of [a, b]) {
      end.media.screen = on ? end.screen : null;
      end.peer.refreshMedia();
    }
    const count = on ? 2 : 1;
    await wait(() => pictures(a) === count && pictures(b) === count, `round ${n}: ${pictures(a)} and ${pictures(b)} pictures of ${count}`);
    crossed += a.nOffers > before[0] && b.nOffers > before[1] ? 1 : 0;
  }
  // And what was said all along can still be said.
  const got = new Promise((resolve) => b.peer.addEventListener('message', (/** @type {any} */ { detail }) => resolve(detail.text)));
  a.peer.send({ type: 'chat', text: 'still here' });
  return { said: await got, builds: [a.peer.builds, b.peer.builds], crossed, states: [a.peer.state, b.peer.state] };
}

test(`${ROUNDS} times`, { timeout: 150000 }, async (t) => {
  const host = await startHost(t);
  const browser = await openBrowser(t);
  const page = await (await browser.newContext()).newPage();
  await page.goto(host.url);
  const result = await page.evaluate(collide, ROUNDS);
  t.diagnostic(`in ${result.crossed} of ${ROUNDS} rounds both offered`);
  assert.deepEqual([result.said, result.builds, result.states], ['still here', [1, 1], ['connected', 'connected']]);
  assert.ok(result.crossed >= ROUNDS * 0.9, `only ${result.crossed} rounds crossed`);
});
