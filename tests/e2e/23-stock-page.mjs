// 23-stock-page.mjs: a page written for a Node server works on our host: its own, and one of elsewhere

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { openBrowser } from './lib/browser.mjs';
import { connect } from './lib/member.mjs';
import { startHost, until } from './lib/process.mjs';

/**
 * What such a page looks like. It keeps what it is told where a test can read it.
 * @param {string} script where the client comes from
 * @param {string} call
 */
const page = (script, call) => `<!doctype html><title>An app</title>
<script src="${script}"></script>
<script>
  const seen = { events: [], errors: [], id: '' };
  const socket = ${call};
  socket.on('connect', () => {
    seen.id = socket.id;
    socket.emit('join-room', { roomId: 'app', displayName: 'Page' }, (answer) => seen.events.push(['joined', answer]));
  });
  socket.on('connect_error', (error) => seen.errors.push(String(error)));
  socket.onAny((name, payload) => seen.events.push([name, payload]));
  socket.on('signal', ({ from, data }) => socket.emit('signal', { to: from, data: { echo: data } }));
</script>`;

/** A server of another origin; what it serves is set once its address is known. */
async function serveElsewhere(t) {
  const self = { html: '', origin: '' };
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/' ? 200 : 404, { 'content-type': 'text/html' });
    response.end(request.url === '/' ? self.html : '');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  t.after(() => server.close());
  self.origin = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
  return self;
}

/** Meets the page in its room and hears its echo. */
async function meet(t, host, tab, transport) {
  const alice = await connect(t, host.url);
  await alice.socket.emitWithAck('join-room', { roomId: 'app', displayName: 'Alice' });
  const seen = () => tab.evaluate('seen');
  await until(async () => (await seen()).id, 10000, async () => JSON.stringify(await seen()));
  await until(async () => (await seen()).events.some(([name]) => name === 'joined'), 5000, 'the acknowledgement');
  const { id, events } = await seen();
  assert.deepEqual(events.find(([name]) => name === 'joined')[1], { ok: true, id, roomId: 'app' });
  const bytes = Buffer.from([1, 2, 3]);
  const data = { text: 'Grüße', bytes };
  alice.socket.emit('signal', { to: id, data });
  assert.deepEqual(await alice.take('signal'), { from: id, data: { echo: data } });
  await until(async () => (await tab.evaluate('socket.io.engine.transport.name')) === transport, 5000, `the transport ${transport}`);
  await tab.close();
  assert.equal((await alice.take('peer-left')).peerId, id);
  alice.socket.disconnect();
}

test('served by the host itself, with io() and nothing else', { timeout: 60000 }, async (t) => {
  const host = await startHost(t);
  const browser = await openBrowser(t);
  for (const name of ['socket.io.js', 'socket.io.min.js']) {
    // A document that really came from there: what a test makes up has no address, and Chromium lets
    // it reach none on loopback.
    const tab = await browser.newPage({ bypassCSP: true });
    await tab.goto(`${host.url}/healthz`);
    await tab.setContent(page(`/socket.io/${name}`, 'io()'));
    await meet(t, host, tab, 'websocket');
  }
});

test('of an origin that is allowed, with credentials, on every transport', { timeout: 60000 }, async (t) => {
  const calls = /** @type {[string, string][]} */ ([
    ['{ withCredentials: true }', 'websocket'],
    ["{ withCredentials: true, transports: ['polling'] }", 'polling'],
    ["{ transports: ['polling'] }", 'polling'],
    ["{ transports: ['websocket'] }", 'websocket'],
  ]);
  const browser = await openBrowser(t);
  for (const [options, transport] of calls) {
    const elsewhere = await serveElsewhere(t);
    const host = await startHost(t, ['--allow-origin', elsewhere.origin]);
    elsewhere.html = page(`${host.url}/socket.io/socket.io.js`, `io('${host.url}', ${options})`);
    const tab = await browser.newPage();
    await tab.goto(elsewhere.origin);
    await meet(t, host, tab, transport);
    await host.end();
  }
});

test('of any other origin is refused on every transport', { timeout: 60000 }, async (t) => {
  const host = await startHost(t, ['--allow-origin', 'https://app.example']);
  const browser = await openBrowser(t);
  for (const transports of [['polling'], ['websocket']]) {
    const elsewhere = await serveElsewhere(t);
    const options = JSON.stringify({ transports, reconnection: false });
    elsewhere.html = page(`${host.url}/socket.io/socket.io.js`, `io('${host.url}', ${options})`);
    const tab = await browser.newPage();
    await tab.goto(elsewhere.origin);
    const seen = () => tab.evaluate('seen');
    await until(async () => (await seen()).errors.length > 0, 10000, 'the refusal');
    assert.deepEqual([(await seen()).id, (await seen()).events], ['', []]);
    await tab.close();
  }
});
