// 71-tokens-in-pages.mjs: the web client at a host that wants tokens: they come in a link, and stay out of the address bar

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openBrowser } from './lib/browser.mjs';
import { connect } from './lib/member.mjs';
import { folder, membersOf, start, startHost, until } from './lib/process.mjs';
import { bearer, makeToken } from './lib/token.mjs';

/** @param {import('node:test').TestContext} t */
async function startWithSecret(t) {
  const dir = await folder(t);
  const key = randomBytes(32).toString('hex');
  await writeFile(join(dir, 'secret'), key, { mode: 0o600 });
  const host = await startHost(t, ['--auth-mode', 'jwt', '--auth-secret-file', join(dir, 'secret'), '--log-level', 'debug']);
  return { host, key };
}

/** @param {string} url @param {string} room @param {string} token */
async function membersBy(url, room, token) {
  const answer = await fetch(`${url}/api/rooms/${room}`, { headers: bearer(token) });
  return answer.ok ? (await answer.json()).members : [];
}

const notices = (page) => page.evaluate(() => document.querySelector('#notices')?.textContent ?? '');

test('the lobby takes a token from the link, shows rooms by it, and makes one', { timeout: 60000 }, async (t) => {
  const { host, key } = await startWithSecret(t);
  const page = await (await openBrowser(t)).newPage();
  const token = makeToken({ room: '*', name: 'Ann', grants: ['join', 'create', 'admin'] }, { key });
  await page.goto(`${host.url}/#token=${token}`);
  await page.fill('#room-name', 'Blue');
  await page.press('#room-name', 'Enter');
  await until(async () => (await page.textContent('.lobby'))?.includes('Blue'), 10000, 'the room in the lobby');
  assert.doesNotMatch(page.url(), /token/);
  assert.equal(await page.evaluate(() => JSON.stringify({ ...localStorage }).includes('token')), false);
  await page.goBack().catch(() => null);
  assert.doesNotMatch(page.url(), /token/);
  assert.doesNotMatch(host.log, new RegExp(token.split('.')[2]));
});

test('two pages with tokens are in a call; one without is told what it lacks', { timeout: 90000 }, async (t) => {
  const { host, key } = await startWithSecret(t);
  const browser = await openBrowser(t);
  const link = (name) => `${host.url}/room.html?id=x#token=${makeToken({ room: 'x', name, grants: ['join', 'create', 'publish'] }, { key })}`;
  const pages = [];
  for (const name of ['Ann', 'Bob']) {
    const page = await (await browser.newContext()).newPage();
    await page.goto(link(name));
    await page.click('#join');
    pages.push(page);
  }
  for (const page of pages) {
    await until(() => page.evaluate(() => /** @type {any} */ (document.querySelector('.tile[data-peer] video'))?.videoWidth > 0), 20000, 'the other one');
    assert.doesNotMatch(page.url(), /token/);
  }
  const admin = makeToken({ room: '*', grants: ['admin', 'join'] }, { key });
  assert.deepEqual((await membersBy(host.url, 'x', admin)).map(({ displayName }) => displayName).sort(), ['Ann', 'Bob']);
  assert.deepEqual(await membersOf(host.url, 'x'), []);

  const stranger = await (await browser.newContext()).newPage();
  await stranger.goto(`${host.url}/room.html?id=x`);
  await stranger.locator('#refused').waitFor();
  assert.match(/** @type {string} */ (await stranger.textContent('#refused')), /wants a link with a valid token/);
  assert.equal(await stranger.locator('#join').isVisible(), false);
  assert.equal((await membersBy(host.url, 'x', admin)).length, 2);
});

test('who is put out when a token expires is told so, and does not knock on', { timeout: 90000 }, async (t) => {
  const { host, key } = await startWithSecret(t);
  const page = await (await openBrowser(t)).newPage();
  await page.addInitScript(() => {
    const Socket = WebSocket;
    Object.assign(globalThis, { sockets: 0 });
    globalThis.WebSocket = class extends Socket {
      /** @param {string} url */
      constructor(url) {
        super(url);
        /** @type {any} */ (globalThis).sockets += 1;
      }
    };
  });
  const exp = Math.floor(Date.now() / 1000) + 6;
  await page.goto(`${host.url}/room.html?id=x#token=${makeToken({ room: 'x', name: 'Ann', exp }, { key })}`);
  await page.click('#join');
  await until(() => page.evaluate(() => document.querySelector('.tile.local') !== null), 10000, 'the call');
  await until(async () => /wants a link with a valid token/.test(await notices(page)), 20000, 'the notice');
  const tries = () => page.evaluate(() => /** @type {any} */ (globalThis).sockets);
  const before = await tries();
  assert.equal(before, 1);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  assert.equal(await tries(), before);
});

test('who may not publish watches: a page and a bot without the grant see others, and what says otherwise is refused', { timeout: 120000 }, async (t) => {
  const { host, key } = await startWithSecret(t);
  const watching = makeToken({ room: 'x', name: 'Eve', grants: ['join'] }, { key });
  const sending = makeToken({ room: 'x', name: 'Ann', grants: ['join', 'create', 'publish'] }, { key });
  const dir = await folder(t);
  const sender = start(t, ['--server', host.url, '--room', 'x', '--source', 'videotestsrc', '--token', sending, '--log-level', 'info']);
  await until(async () => (await membersBy(host.url, 'x', sending)).length === 1, 10000, () => `the sender\n${sender.log}`);
  const watcher = start(t, ['--server', host.url, '--room', 'x', '--token', watching, '--duration', '8s', '--report', join(dir, 'r.json'),
    '--expect', 'peers.min >= 1', '--expect', 'rx.video.kbps > 50', '--log-level', 'info']);
  const page = await (await (await openBrowser(t)).newContext()).newPage();
  await page.goto(`${host.url}/room.html?id=x#token=${watching}`);
  await page.click('#join');
  await until(() => page.evaluate(() => [...document.querySelectorAll('.tile[data-peer] video')].some((video) => /** @type {any} */ (video).videoWidth > 0)),
    20000, async () => `the sender's picture; ${await notices(page)}`);
  assert.equal(await page.locator('#screen').isVisible(), false);
  assert.equal((await watcher.ended).code, 0, watcher.log);

  const member = await connect(t, host.url, { auth: { token: watching } });
  const other = await connect(t, host.url, { auth: { token: sending } });
  for (const each of [member, other])
    assert.equal((await each.socket.emitWithAck('join-room', { roomId: 'x', displayName: 'M' })).ok, true);
  const to = other.socket.id;
  const sdp = 'v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n';
  for (const data of [{ description: { type: 'offer', sdp } }, { sdp: { type: 'offer', sdp } }, { type: 'answer', sdp: `${sdp}a=sendonly\r\n` }, { x: [{ y: sdp }] }, [Buffer.from(sdp)]]) {
    member.socket.emit('signal', { to, data });
    const refusal = await member.take('room-error');
    assert.equal(refusal.code, 'unauthorized');
    assert.match(refusal.message, /does not grant publish/);
  }
  const watched = { description: { type: 'offer', sdp: `${sdp}a=recvonly\r\n` } };
  member.socket.emit('signal', { to, data: watched });
  // Others in the room, who may, negotiate with it, too.
  const came = () => other.events.filter(({ name, payload }) => name === 'signal' && payload.from === member.socket.id);
  await until(() => came().length > 0, 10000, 'the one that only receives');
  assert.deepEqual(came().map(({ payload }) => payload.data), [watched], 'nothing else came through');
});
