// 35-lobby-and-join.mjs: the list of rooms, and what is before a call: devices, names, tokens

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBrowser } from './lib/browser.mjs';
import { connectPlain } from './lib/member.mjs';
import { membersOf, startHost, until } from './lib/process.mjs';

/** A page that counts what it asks for. */
async function openPage(browser, url, options = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(30000);
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.addInitScript(() => {
    const asked = /** @type {any} */ (globalThis).asked = [];
    const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = (constraints) => {
      asked.push(Object.keys(constraints ?? {}).sort().join());
      const refusal = /** @type {any} */ (globalThis).refusal;
      return refusal ? Promise.reject(new DOMException('no', refusal)) : get(constraints);
    };
  });
  await page.goto(url);
  return { context, page, errors, asked: () => page.evaluate(() => /** @type {any} */ (globalThis).asked) };
}

const shown = (page, text, limitMs = 10000) => page.getByText(text).first().waitFor({ timeout: limitMs });

test('rooms come, fill, empty and go; nothing is asked for', { timeout: 120000 }, async (t) => {
  const host = await startHost(t);
  const browser = await openBrowser(t);
  const { page, context, errors, asked } = await openPage(browser, host.url);
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: host.url });
  await shown(page, 'No room yet. Create the first one.');
  await page.fill('#room-name', '<b>Choir</b> & friends');
  await page.press('#room-name', 'Enter');
  await shown(page, '<b>Choir</b> & friends');
  await shown(page, 'empty');
  const [room] = await (await fetch(`${host.url}/api/rooms`)).json();
  const ann = await connectPlain(t, host.url);
  ann.send('join-room', { roomId: room.id, displayName: '<i>Ann</i>' });
  await shown(page, '1 inside');
  await shown(page, '<i>Ann</i>');
  assert.equal(await page.getAttribute('.room-link', 'href'), `room.html?id=${room.id}`);

  await page.getByLabel(/^Copy the link/).click();
  await shown(page, 'The link is copied.');
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${host.url}/room.html?id=${room.id}`);

  await page.getByRole('button', { name: /^Delete </ }).click();
  await shown(page, '“<b>Choir</b> & friends” has 1 person inside, who will be put out.');
  await page.getByText('Cancel').click();
  assert.equal((await membersOf(host.url, room.id)).length, 1);
  await page.getByRole('button', { name: /^Delete </ }).click();
  await page.getByText('Delete room').click();
  await shown(page, 'No room yet. Create the first one.');
  await ann.take('room-closed');
  assert.deepEqual([errors, await asked()], [[], []]);
});

test('a server that is away is told, and the list comes back with it', { timeout: 90000 }, async (t) => {
  const host = await startHost(t);
  const browser = await openBrowser(t);
  const { page } = await openPage(browser, host.url);
  await shown(page, 'No room yet.');
  await host.end();
  await shown(page, 'The list is not up to date: the server cannot be reached.', 15000);
  const again = await startHost(t, [], { port: host.port });
  await fetch(`${again.url}/api/rooms`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"name":"Back"}' });
  await shown(page, 'Back', 15000);
  await until(async () => await page.textContent('#notice') === '', 10000, 'the notice gone');
});

test('a token comes with the link’s fragment, goes with every request, and stands in no address', { timeout: 60000 }, async (t) => {
  const host = await startHost(t);
  const browser = await openBrowser(t);
  const { page, context } = await openPage(browser, `${host.url}/healthz`);
  const asked = [];
  context.on('request', (request) => asked.push([new URL(request.url()).pathname, request.headers().authorization, request.url()]));
  await page.goto(`${host.url}/#token=a.b.c`);
  await until(() => asked.some(([path, header]) => path === '/api/rooms' && header === 'Bearer a.b.c'), 10000, () => JSON.stringify(asked));
  assert.equal(page.url(), `${host.url}/`);
  const socket = page.waitForEvent('websocket');
  await page.goto(`${host.url}/room.html?id=x`);
  await page.click('#join');
  assert.equal((await socket).url(), `${host.url.replace('http', 'ws')}/ws?access_token=a.b.c`);
  assert.equal(page.url(), `${host.url}/room.html?id=x`);
  await page.goBack();
  await page.goBack();
  assert.ok(!page.url().includes('token'), page.url());
  assert.ok(asked.every(([, , url]) => !url.includes('a.b.c')), 'no request has it in its address');
});

test('before a call: a picture, a level, a choice of devices, a name that is remembered', { timeout: 90000 }, async (t) => {
  const host = await startHost(t);
  const browser = await openBrowser(t, ['--use-fake-device-for-media-stream=device-count=2,fps=15']);
  const { page, asked, errors } = await openPage(browser, `${host.url}/room.html?id=x`);
  await until(() => page.evaluate(() => /** @type {any} */ (document.querySelector('#preview')).videoWidth > 0), 15000, 'the preview');
  assert.deepEqual(await asked(), ['audio,video'], 'both with one question');
  await until(() => page.evaluate(() => /** @type {any} */ (document.querySelector('#level')).value > 0.05), 15000, 'a level');
  assert.equal(await page.locator('#choose-camera option').count(), 2);
  await page.click('#preview-camera');
  await until(() => page.evaluate(() => /** @type {any} */ (document.querySelector('#preview')).srcObject === null), 5000, 'no picture');
  await page.fill('#join-name', '  Ada  ');
  await page.click('#join');
  await until(async () => (await membersOf(host.url, 'x')).map((each) => each.displayName).join() === 'Ada', 10000, 'Ada in the room');
  assert.equal(await page.getAttribute('#camera', 'aria-pressed'), 'false', 'the camera is as it was chosen');
  assert.deepEqual(errors, []);

  // The next time, the name is there, and the camera is not asked for.
  const again = await page.context().newPage();
  await again.goto(`${host.url}/room.html?id=y`);
  assert.equal(await again.inputValue('#join-name'), 'Ada');
  await until(() => again.evaluate(() => document.querySelector('#preview-microphone')?.getAttribute('aria-pressed') === 'true'), 10000, 'the microphone');
  assert.equal(await again.getAttribute('#preview-camera', 'aria-pressed'), 'false');
});

const REFUSALS = /** @type {const} */ ([
  ['NotAllowedError', /does not let this page use the camera.*does not let this page use the microphone/],
  ['NotFoundError', /No camera was found.*No microphone was found/],
  ['NotReadableError', /Another program uses the camera.*Another program uses the microphone/],
]);
test('devices that are refused, missing or in use are explained in a sentence each, and one joins without', { timeout: 120000 }, async (t) => {
  const host = await startHost(t);
  const browser = await openBrowser(t);
  for (const [name, sentences] of REFUSALS) {
    const { page, context } = await openPage(browser, `${host.url}/healthz`);
    await page.addInitScript((refusal) => (/** @type {any} */ (globalThis).refusal = refusal), name);
    await page.goto(`${host.url}/room.html?id=x`);
    await until(async () => sentences.test(await page.textContent('#trouble') ?? ''), 10000, `the sentences for ${name}`);
    assert.equal(await page.textContent('#join'), 'Join to watch and listen');
    await page.click('#join');
    await until(async () => (await membersOf(host.url, 'x')).length === 1, 10000, `in the room in spite of ${name}`);
    await context.close();
    await until(async () => (await membersOf(host.url, 'x')).length === 0, 10000, 'gone');
  }
});

test('a link that names no room says so', { timeout: 60000 }, async (t) => {
  const host = await startHost(t);
  const browser = await openBrowser(t);
  const { page } = await openPage(browser, `${host.url}/room.html?id=${encodeURIComponent('../x')}`);
  await shown(page, 'This link names no room.');
  assert.equal(await page.locator('#join').isHidden(), true);
});

test('a room that is full, and one that is deleted, say so', { timeout: 90000 }, async (t) => {
  const host = await startHost(t);
  const post = (body) => fetch(`${host.url}/api/rooms`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  await post({ name: 'Narrow', id: 'narrow', maxMembers: 1 });
  await post({ name: 'Wide', id: 'wide' });
  const ann = await connectPlain(t, host.url);
  ann.send('join-room', { roomId: 'narrow', displayName: 'Ann' });
  await ann.take('peers');
  const browser = await openBrowser(t);
  const { page } = await openPage(browser, `${host.url}/room.html?id=narrow`);
  await page.click('#join');
  await shown(page, 'The room is full.');
  await page.goto(`${host.url}/room.html?id=wide`);
  await shown(page, 'Wide');
  await page.click('#join');
  await until(async () => (await membersOf(host.url, 'wide')).length === 1, 10000, 'in the room');
  await fetch(`${host.url}/api/rooms/wide`, { method: 'DELETE' });
  await shown(page, 'The room has been closed.');
});
