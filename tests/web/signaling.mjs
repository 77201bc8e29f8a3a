// signaling.mjs: the plain dialect against a real WebSocket server that comes and goes

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signalingUrl } from '../../src/web/signaling.js';
import { fromTests } from './lib/page.mjs';

const { WebSocketServer, WebSocket } = fromTests('ws');
globalThis.WebSocket ??= WebSocket;
globalThis.CustomEvent ??= class extends Event {
  constructor(type, { detail } = {}) {
    super(type);
    this.detail = detail;
  }
};
const { Signaling } = await import('../../src/web/signaling.js');

const next = (target, type) => new Promise((resolve) => target.addEventListener(type, ({ detail }) => resolve(detail), { once: true }));

async function serve(t, port = 0) {
  const server = new WebSocketServer({ port, host: '127.0.0.1' });
  await new Promise((resolve) => server.on('listening', resolve));
  t.after(() => server.close());
  server.on('connection', (socket) => {
    socket.send('{"type":"welcome","id":"x"}');
    socket.on('message', (data) => server.emit('said', JSON.parse(String(data)), socket));
  });
  return server;
}

test('the address is the page’s own, with the token and nothing else of it', () => {
  assert.equal(signalingUrl({ href: 'https://meet.example/a/room.html?id=x#token=y' }), 'wss://meet.example/a/ws');
  assert.equal(signalingUrl({ href: 'http://127.0.0.1:3000/' }), 'ws://127.0.0.1:3000/ws');
  assert.equal(signalingUrl({ href: 'http://h/' }, 'a.b=&c'), 'ws://h/ws?access_token=a.b%3D%26c');
});

test('messages come as events, what is no message does not, and sent ones have their fields beside the type', async (t) => {
  const server = await serve(t);
  const signaling = new Signaling(`ws://127.0.0.1:${server.address().port}`);
  t.after(() => signaling.close());
  assert.equal(signaling.send('too-early'), false);
  const welcome = next(signaling, 'welcome');
  signaling.connect();
  assert.deepEqual(await welcome, { type: 'welcome', id: 'x' });
  const said = new Promise((resolve) => server.once('said', (message, socket) => resolve([message, socket])));
  assert.equal(signaling.send('join-room', { roomId: 'r' }), true);
  const [message, socket] = await said;
  assert.deepEqual(message, { type: 'join-room', roomId: 'r' });
  const peers = next(signaling, 'peers');
  socket.send('no JSON');
  socket.send('null');
  socket.send('{"type":7}');
  socket.send('{"type":"peers","peers":[]}');
  assert.deepEqual(await peers, { type: 'peers', peers: [] });
});

test('a connection that breaks is made again by itself, and one that is given up at once', async (t) => {
  const server = await serve(t);
  const { port } = server.address();
  const signaling = new Signaling(`ws://127.0.0.1:${port}`);
  t.after(() => signaling.close());
  signaling.connect();
  await next(signaling, 'welcome');
  const lost = next(signaling, 'lost');
  for (const socket of server.clients)
    socket.terminate();
  assert.ok((await lost).retryMs > 0);
  await next(signaling, 'welcome');
  const again = next(signaling, 'welcome');
  signaling.reconnect();
  await again;
  signaling.close();
  let welcomes = 0;
  signaling.addEventListener('welcome', () => (welcomes += 1));
  signaling.reconnect();
  assert.equal(welcomes, 0);
});

test('a server that says when it will be back is called then, once', async (t) => {
  const server = await serve(t);
  const signaling = new Signaling(`ws://127.0.0.1:${server.address().port}`);
  t.after(() => signaling.close());
  for (const [asked, least, most] of [[7, 7, 7], [1e9, 60000, 60000], [-1, 250, 500]]) {
    const connected = new Promise((resolve) => server.once('connection', resolve));
    const welcome = next(signaling, 'welcome');
    signaling.connect();
    await welcome;
    const lost = next(signaling, 'lost');
    const socket = await connected;
    socket.send(JSON.stringify({ type: 'room-closed', roomId: 'r', reason: 'server-going-away', retryAfterMs: asked }));
    socket.close();
    const { retryMs } = await lost;
    assert.ok(retryMs >= least && retryMs <= most, `asked for ${asked}, and comes after ${retryMs} ms`);
  }
});
