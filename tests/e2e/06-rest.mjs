// 06-rest.mjs: the four room calls, kept in SQLite

import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { connectPlain } from './lib/member.mjs';
import { folder, startHost } from './lib/process.mjs';

/**
 * @param {string} url
 * @param {unknown} body
 */
function post(url, body) {
  return fetch(`${url}/api/rooms`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/**
 * @param {Response} answer
 * @param {number} status
 */
async function assertProblem(answer, status) {
  const text = await answer.text();
  assert.equal(answer.status, status, text);
  const problem = JSON.parse(text);
  assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
  assert.equal(problem.status, status);
  for (const field of ['type', 'title', 'detail'])
    assert.equal(typeof problem[field], 'string', `${field} in ${text}`);
}

test('a room is made, listed, read and deleted', { timeout: 30000 }, async (t) => {
  const { url } = await startHost(t);
  assert.deepEqual(await (await fetch(`${url}/api/rooms`)).json(), []);
  const made = await post(url, { name: 'Stand-up', metadata: { team: 'blue', size: 3 } });
  assert.equal(made.status, 201);
  const room = await made.json();
  assert.equal(made.headers.get('location'), `/api/rooms/${room.id}`);
  assert.match(room.id, /^[A-Za-z0-9_-]{1,64}$/);
  assert.match(room.createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  assert.equal(room.name, 'Stand-up');
  assert.equal(room.memberCount, 0);
  assert.deepEqual(room.metadata, { team: 'blue', size: 3 });
  assert.equal(typeof room.maxMembers, 'number');
  assert.equal(typeof room.topology, 'string');

  const second = await (await post(url, { name: 'Zweiter 🚪', id: 'second-1', maxMembers: 5, topology: 'mesh' })).json();
  assert.equal(second.id, 'second-1');
  assert.equal(second.maxMembers, 5);
  const list = await (await fetch(`${url}/api/rooms`)).json();
  assert.deepEqual(list.map((/** @type {any} */ each) => each.id), [room.id, 'second-1']);
  assert.deepEqual((await (await fetch(`${url}/api/rooms/second-1`)).json()).members, []);

  assert.equal((await fetch(`${url}/api/rooms/${room.id}`, { method: 'DELETE' })).status, 204);
  await assertProblem(await fetch(`${url}/api/rooms/${room.id}`), 404);
  await assertProblem(await fetch(`${url}/api/rooms/${room.id}`, { method: 'DELETE' }), 404);
});

test('what is wrong is answered as a problem', { timeout: 30000 }, async (t) => {
  const { url } = await startHost(t);
  assert.equal((await post(url, { name: 'One', id: 'one' })).status, 201);
  await assertProblem(await post(url, { name: 'Again', id: 'one' }), 409);
  for (const body of ['', 'no JSON', '[]', '{}', { name: '  ' }, { name: 7 }, { name: 'x', id: 'a b' },
    { name: 'x', id: 'x'.repeat(65) }, { name: 'x', maxMembers: -1 }, { name: 'x', topology: 'star' },
    { name: 'x', metadata: [] }, `${'['.repeat(10000)}${']'.repeat(10000)}`])
    await assertProblem(await post(url, body), 400);
  await assertProblem(await post(url, { name: 'x', metadata: { big: 'y'.repeat(2000000) } }), 413);
  await assertProblem(await fetch(`${url}/api/rooms/nowhere`), 404);
  assert.deepEqual((await (await fetch(`${url}/api/rooms`)).json()).length, 1);
});

test('a long list comes in pages', { timeout: 30000 }, async (t) => {
  const { url } = await startHost(t);
  for (let n = 0; n < 7; n += 1)
    await post(url, { name: `Room ${n}`, id: `r${n}` });
  const ids = [];
  let next = '/api/rooms?limit=3';
  for (let page = 0; next && page < 9; page += 1) {
    const answer = await fetch(new URL(next, url));
    ids.push(...(await answer.json()).map((/** @type {any} */ room) => room.id));
    next = /<([^>]+)>;\s*rel="next"/.exec(answer.headers.get('link') ?? '')?.[1] ?? '';
  }
  assert.deepEqual(ids, ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6']);
});

test('members are counted, and are put out of a deleted room', { timeout: 30000 }, async (t) => {
  const { url } = await startHost(t);
  await post(url, { name: 'Short', id: 'short' });
  const ida = await connectPlain(t, url);
  ida.send('join-room', { roomId: 'short', displayName: 'Ida', role: 'recorder' });
  await ida.take('peers');
  const room = await (await fetch(`${url}/api/rooms/short`)).json();
  assert.equal(room.memberCount, 1);
  assert.equal(room.members[0].id, ida.id);
  assert.equal(room.members[0].displayName, 'Ida');
  assert.equal(room.members[0].role, 'recorder');
  assert.ok(Math.abs(Date.parse(room.members[0].joinedAt) - Date.now()) < 10000);
  assert.equal((await fetch(`${url}/api/rooms/short`, { method: 'DELETE' })).status, 204);
  assert.equal((await ida.take('room-closed')).roomId, 'short');
});

test('rooms outlive a restart, and a crash', { timeout: 30000 }, async (t) => {
  const store = join(await folder(t), 'deep', 'rooms.db');
  const first = await startHost(t, ['--store', store]);
  const made = await (await post(first.url, { name: 'Kept', id: 'kept', metadata: { a: [1, null] } })).json();
  await post(first.url, { name: 'Gone', id: 'gone' });
  await fetch(`${first.url}/api/rooms/gone`, { method: 'DELETE' });
  assert.deepEqual(await first.end('SIGTERM'), { code: 0, signal: null });
  const second = await startHost(t, ['--store', store]);
  assert.deepEqual(await (await fetch(`${second.url}/api/rooms`)).json(), [made]);
  await post(second.url, { name: 'Also', id: 'also' });
  await second.end('SIGKILL');
  const third = await startHost(t, ['--store', store]);
  const ids = (await (await fetch(`${third.url}/api/rooms`)).json()).map((/** @type {any} */ room) => room.id);
  assert.deepEqual(ids, ['kept', 'also']);
});

test('the store is in the state folder unless told otherwise', { timeout: 30000 }, async (t) => {
  const state = await folder(t);
  const host = await startHost(t, [], { defaultStore: true, env: { XDG_STATE_HOME: state } });
  await post(host.url, { name: 'Somewhere' });
  await access(join(state, 'meshbot', 'rooms.db'));
});

test('health, and what a page needs before a call', { timeout: 30000 }, async (t) => {
  const { url } = await startHost(t);
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  const ice = await (await fetch(`${url}/api/ice-servers`)).json();
  assert.ok(Array.isArray(ice.iceServers));
  assert.equal(typeof ice.ttl, 'number');
  for (const [path, type] of [['/', 'text/html'], ['/room.html?id=x', 'text/html'], ['/call.js', 'text/javascript'],
    ['/style.css', 'text/css'], ['/icon.svg', 'image/svg+xml']]) {
    const answer = await fetch(`${url}${path}`);
    assert.equal(answer.status, 200, path);
    assert.ok(answer.headers.get('content-type')?.startsWith(type), `${path}: ${answer.headers.get('content-type')}`);
    assert.match(answer.headers.get('content-security-policy') ?? '', /script-src 'self'/);
  }
  assert.equal((await fetch(`${url}/nothing.js`)).status, 404);
});
