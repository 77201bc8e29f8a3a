// 38-several-in-one.mjs: one connection carries several participants, as a relay's does: tiles are named by participant

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { startHost, until } from './lib/process.mjs';

/** Runs in a page of the host: joins with a role, and carries streams of others on one connection. */
async function carry({ room, role }) {
  const { Signaling, signalingUrl } = await import(/** @type {any} */ ('/signaling.js'));
  const { Peer } = await import(/** @type {any} */ ('/peer.js'));
  const picture = (/** @type {string} */ colour) => {
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d');
    setInterval(() => {
      if (context) {
        context.fillStyle = colour;
        context.fillRect(Math.random() * 200, 0, 100, 150);
      }
    }, 50);
    const stream = canvas.captureStream(10);
    return { stream, audio: null, video: stream.getVideoTracks()[0] };
  };
  const [bob, cleo] = [picture('teal'), picture('orange')];
  const media = { ...bob, screen: /** @type {any} */ (null) };
  const notes = (/** @type {any[]} */ list) => ({ type: 'state', audio: true, video: true, screen: false, streams:
    Object.fromEntries(list.map(([source, participant, name]) => [source.stream.id, { kind: 'camera', participant, name }])) });
  let said = notes([[bob, 'bob', 'Bob']]);
  const signaling = new Signaling(signalingUrl(location));
  /** @type {Map<string, any>} */
  const peers = new Map();
  let me = '';
  const add = (/** @type {string} */ id) => {
    const peer = new Peer({ id, displayName: id }, me > id, media, {});
    peers.set(id, peer);
    peer.addEventListener('signal', (/** @type {any} */ { detail }) => signaling.send('signal', { to: id, data: detail }));
    peer.addEventListener('open', () => peer.send(said));
    peer.start();
  };
  const on = (/** @type {string} */ type, /** @type {(detail: any) => void} */ handle) =>
    signaling.addEventListener(type, (/** @type {any} */ { detail }) => handle(detail));
  on('welcome', ({ id }) => {
    me = id;
    signaling.send('join-room', { roomId: room, displayName: 'Carrier', role });
  });
  on('peers', ({ peers: ids }) => ids.forEach(add));
  on('peer-joined', ({ peerId }) => add(peerId));
  on('signal', ({ from, data }) => peers.get(from)?.receive(data));
  signaling.connect();
  const tell = (/** @type {any} */ state) => {
    said = state;
    for (const peer of peers.values()) {
      peer.send(said);
      peer.refreshMedia();
    }
  };
  Object.assign(globalThis, {
    cleoComes: () => {
      media.screen = cleo;
      tell(notes([[bob, 'bob', 'Bob'], [cleo, 'cleo', '<b>Cleo</b>']]));
    },
    cleoGoes: () => {
      media.screen = null;
      tell(notes([[bob, 'bob', 'Bob']]));
    },
    bobIsCleo: () => tell(notes([[bob, 'cleo', '<b>Cleo</b>']])),
  });
}

/** @param {string} role */
async function open(t, role) {
  const host = await startHost(t);
  const browser = await openBrowser(t);
  const ada = await openRoom(browser, host.url, 'x', { name: 'Ada', viewport: { width: 800, height: 600 } });
  const carrier = await (await browser.newContext()).newPage();
  await carrier.goto(`${host.url}/healthz`);
  await carrier.evaluate(carry, { room: 'x', role });
  const names = async () => (await ada.people()).filter(({ local }) => !local).map(({ name }) => name).sort().join();
  return { ada, carrier, names };
}

test('a relay’s streams come and go as participants, by renegotiation on one connection', { timeout: 90000 }, async (t) => {
  const { ada, carrier, names } = await open(t, 'relay');
  await ada.waitTile('Bob', { picture: true }, 30000);
  assert.equal(await names(), 'Bob', 'the relay itself has no tile');
  for (let n = 0; n < 3; n += 1) {
    await carrier.evaluate('cleoComes()');
    await ada.waitTile('<b>Cleo</b>', { picture: true }, 15000);
    await ada.waitTile('Bob', { picture: true });
    const ids = async () => (await ada.tiles()).map(({ id }) => id).sort().join();
    await until(async () => await ids() === 'bob,cleo', 5000, 'the pictures of both');
    await carrier.evaluate('cleoGoes()');
    await until(async () => await names() === 'Bob', 10000, 'Cleo gone');
  }
  await carrier.evaluate('bobIsCleo()');
  await until(async () => await names() === '<b>Cleo</b>', 10000, 'the stream is somebody else’s');
  assert.equal(await ada.connections(), 1);
  await carrier.close();
  await until(async () => await names() === '', 10000, 'all gone with the relay');
});

test('a member that claims to carry others is not believed', { timeout: 60000 }, async (t) => {
  const { ada, names } = await open(t, 'member');
  await ada.waitTile('Carrier', { picture: true }, 30000);
  assert.equal(await names(), 'Carrier');
});
