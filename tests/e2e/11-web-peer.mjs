// 11-web-peer.mjs: how two peers of the web client come to terms, in one page, with a wire of our own

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBrowser } from './lib/browser.mjs';
import { startHost } from './lib/process.mjs';

/**
 * Runs in the page: `lab` makes pairs of peers whose signals pass through a function.
 */
async function makeLab() {
  const { Peer } = await import(/** @type {any} */ ('/peer.js'));
  const media = () => {
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d');
    let n = 0;
    setInterval(() => {
      n += 1;
      context?.fillRect(n % 300, 0, 9, 99);
    }, 50);
    const stream = canvas.captureStream(10);
    return { stream, audio: null, video: stream.getVideoTracks()[0] };
  };
  const wait = async (/** @type {() => any} */ condition, /** @type {string} */ what, limit = 8000) => {
    const end = performance.now() + limit;
    while (!condition()) {
      if (performance.now() > end)
        throw new Error(`not in time: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const make = (/** @type {string} */ id, /** @type {boolean} */ polite) => {
    const peer = new Peer({ id, displayName: id }, polite, media(), {});
    const end = { peer, open: false, sent: /** @type {any[]} */ ([]), got: /** @type {any[]} */ ([]) };
    peer.addEventListener('open', () => (end.open = true));
    peer.addEventListener('message', (/** @type {any} */ event) => end.got.push(event.detail.text));
    return end;
  };
  /** Signals of one go to the other, each after what `pass` makes of it: a delay, or null for never. */
  const wire = (/** @type {any} */ from, /** @type {() => any} */ to, pass = (/** @type {any} */ data) => 0) =>
    from.peer.addEventListener('signal', (/** @type {any} */ event) => {
      const data = JSON.parse(JSON.stringify(event.detail));
      from.sent.push(data);
      const delay = pass(data);
      if (delay !== null)
        setTimeout(() => to().peer.receive(data), delay);
    });
  const talk = async (/** @type {any} */ a, /** @type {any} */ b) => {
    await wait(() => a.peer.state === 'connected' && b.peer.state === 'connected', `connected: ${a.peer.state}, ${b.peer.state}`);
    const text = String(Math.random());
    await wait(() => a.peer.send({ type: 'chat', text }), 'an open channel at a');
    await wait(() => b.got.includes(text), 'the text at b');
    await wait(() => b.peer.send({ type: 'chat', text }), 'an open channel at b');
    await wait(() => a.got.includes(text), 'the text at a');
    for (const { peer } of [a, b])
      await wait(() => peer.tracks.some((/** @type {any} */ { track }) => track.kind === 'video' && !track.muted), 'a picture');
  };
  const offers = (/** @type {any} */ end) => end.sent.filter((/** @type {any} */ data) => data.description?.type === 'offer').length;
  /** @type {any} */ (globalThis).lab = { make, wire, talk, wait, offers };
}

/**
 * @param {string} name
 * @param {(lab: any) => Promise<any>} scenario runs in the page
 * @param {(result: any) => void} [judge]
 */
function scenario(name, scenario, judge = () => {}) {
  test(name, { timeout: 40000 }, async (t) => {
    const host = await startHost(t);
    const browser = await openBrowser(t);
    const page = await (await browser.newContext()).newPage();
    await page.goto(host.url);
    await page.evaluate(makeLab);
    judge(await page.evaluate(`(${scenario})(globalThis.lab)`));
  });
}

scenario('the impolite one offers, once, and the polite one answers', async ({ make, wire, talk, offers }) => {
  const [a, b] = [make('b', false), make('a', true)];
  wire(a, () => b);
  wire(b, () => a);
  a.peer.start();
  b.peer.start();
  await talk(a, b);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  return [offers(a), offers(b)];
}, (result) => assert.deepEqual(result, [1, 0]));

scenario('the polite one offers in the end when nobody else does', async ({ make, wire, talk, offers }) => {
  const [a, b] = [make('b', false), make('a', true)];
  wire(a, () => b);
  wire(b, () => a);
  b.peer.start();
  await talk(a, b);
  return offers(a) + offers(b);
}, (result) => assert.equal(result, 1));

scenario('offers that cross: the impolite one is heard', async ({ make, wire, talk, offers }) => {
  const [a, b] = [make('b', false), make('a', true)];
  wire(a, () => b, () => 2500);
  wire(b, () => a, () => 100);
  a.peer.start();
  b.peer.start();
  await talk(a, b);
  return [offers(a), offers(b)];
}, (result) => assert.deepEqual(result, [1, 1]));

scenario('candidates that overtake their description are kept for it', async ({ make, wire, talk }) => {
  const [a, b] = [make('b', false), make('a', true)];
  const late = (/** @type {any} */ data) => (data.description ? 1000 : 0);
  wire(a, () => b, late);
  wire(b, () => a, late);
  a.peer.start();
  b.peer.start();
  await talk(a, b);
});

for (const polite of [true, false]) {
  scenario(`a peer that is rebuilt is met anew, ${polite ? 'the polite' : 'the impolite'} one`,
    polite
      ? async ({ make, wire, talk }) => {
        const [a, first] = [make('b', false), make('a', true)];
        let b = first;
        wire(a, () => b);
        wire(b, () => a);
        a.peer.start();
        b.peer.start();
        await talk(a, b);
        b.peer.close();
        b = make('a', true);
        wire(b, () => a);
        b.peer.start();
        await talk(a, b);
      }
      : async ({ make, wire, talk }) => {
        const [first, b] = [make('b', false), make('a', true)];
        let a = first;
        wire(a, () => b);
        wire(b, () => a);
        a.peer.start();
        b.peer.start();
        await talk(a, b);
        a.peer.close();
        a = make('b', false);
        wire(a, () => b);
        a.peer.start();
        await talk(a, b);
      });
}

scenario('nonsense in signals changes nothing', async ({ make, wire, talk }) => {
  const [a, b] = [make('b', false), make('a', true)];
  wire(a, () => b);
  wire(b, () => a);
  for (const data of [null, 1, 'x', [], {}, { description: null }, { description: { type: 'answer', sdp: 'x' } },
    { candidate: 7 }, { candidate: { candidate: 'x' } }, { description: { type: 'nonsense', sdp: '' } }]) {
    a.peer.receive(data);
    b.peer.receive(data);
  }
  a.peer.start();
  b.peer.start();
  await talk(a, b);
  for (const data of [{ description: { type: 'offer', sdp: 'garbage' } }, { description: { type: 'answer', sdp: 'x' } }, { candidate: { candidate: 'x' } }]) {
    a.peer.receive(data);
    b.peer.receive(data);
  }
  await talk(a, b);
});
