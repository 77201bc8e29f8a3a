// 71-tokens-in-pages.mjs: the web client at a host that wants tokens: they come in a link, and stay out of the address bar

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openBrowser } from './lib/browser.mjs';
import { folder, membersOf, startHost, until } from './lib/process.mjs';
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
