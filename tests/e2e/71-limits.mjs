// 71-limits.mjs: who asks too often or holds too much is told to wait, and nobody else is

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { test } from 'node:test';
import WebSocket from 'ws';
import { connectPlain } from './lib/member.mjs';
import { delay, startHost, until } from './lib/process.mjs';

/**
 * One request on a connection of its own, from an address of this machine.
 * @param {string} url
 * @param {{from?: string, headers?: Record<string, string>}} [options]
 * @returns {Promise<{status: number, headers: import('node:http').IncomingHttpHeaders}>}
 */
function ask(url, { from = '127.0.0.1', headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    const call = request(url, { localAddress: from, headers, agent: false }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers }));
    });
    call.on('error', reject);
    call.end();
  });
}

/** Asks one after the other until it is refused. @returns how often it was answered, and the refusal */
async function askUntilRefused(url, limit, options) {
  for (let n = 0; n < limit; n++) {
    const answer = await ask(url, typeof options === 'function' ? options(n) : options);
    if (answer.status === 429)
      return { n, answer };
  }
  return { n: limit, answer: null };
}

test('calls and handshakes of one address are limited, and come back', { timeout: 60000 }, async (t) => {
  const { url } = await startHost(t, [], { rateLimit: true });
  for (const path of ['/api/rooms', '/socket.io/?EIO=4&transport=polling']) {
    const { n, answer } = await askUntilRefused(url + path, 600, { from: '127.0.0.2' });
    assert.ok(n >= 200 && n < 500, `${n} of ${path} were answered`);
    assert.ok(answer);
    assert.ok(Number(answer.headers['retry-after']) >= 1);
    assert.equal((await ask(url + path, { from: '127.0.0.3' })).status, 200, 'another address');
    assert.equal((await ask(`${url}/healthz`, { from: '127.0.0.2' })).status, 200);
    assert.equal((await ask(`${url}/`, { from: '127.0.0.2' })).status, 200);
    await delay(1000 * Number(answer.headers['retry-after']));
    assert.equal((await ask(url + path, { from: '127.0.0.2' })).status, 200, 'after the wait');
  }
});

test('what a client says of its address counts where a proxy of ours says it', { timeout: 60000 }, async (t) => {
  const open = await startHost(t, [], { rateLimit: true });
  const lying = await askUntilRefused(`${open.url}/api/rooms`, 600, (n) => ({ headers: { 'X-Forwarded-For': `9.9.${n >> 8}.${n & 255}` } }));
  assert.ok(lying.answer, 'a client that is no proxy is not believed');

  const { url } = await startHost(t, ['--trusted-proxy', '127.0.0.0/24'], { rateLimit: true });
  const thousand = await askUntilRefused(`${url}/api/rooms`, 1000, (n) => ({ headers: { 'X-Forwarded-For': `8.8.8.8, 9.9.${n >> 8}.${n & 255}` } }));
  assert.equal(thousand.answer, null, 'a thousand addresses behind a proxy');
  const one = await askUntilRefused(`${url}/api/rooms`, 600, (n) => ({ headers: { 'X-Forwarded-For': `8.8.${n >> 8}.${n & 255}, 7.7.7.7` } }));
  assert.ok(one.answer, 'the last address is the client, whatever it wrote before');
  const site = await askUntilRefused(`${url}/api/rooms`, 600, (n) => ({ headers: { Forwarded: `for="[2001:db8::${n.toString(16)}]:80"` } }));
  assert.ok(site.answer, 'addresses of one /64 are one');
  assert.equal((await ask(`${url}/api/rooms`, { headers: { Forwarded: 'for="[2001:db8:0:1::1]"' } })).status, 200);
});

test('connections of one address and in all are capped', { timeout: 60000 }, async (t) => {
  const { url, port } = await startHost(t, ['--max-connections-per-address', '10', '--max-connections', '15']);
  /** @type {import('node:net').Socket[]} */
  const sockets = [];
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  const hold = (/** @type {string} */ from) => new Promise((resolve) => {
    const socket = connectTcp({ host: '127.0.0.1', port, localAddress: from });
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (data) => (text += data));
    socket.on('close', () => resolve(text));
    socket.on('connect', () => setTimeout(() => resolve(text), 200));
    sockets.push(socket);
  });
  const first = await Promise.all(Array.from({ length: 10 }, () => hold('127.0.0.2')));
  assert.deepEqual(first, Array.from({ length: 10 }, () => ''));
  assert.match(await hold('127.0.0.2'), /^HTTP\/1.1 429 .*\r\nRetry-After: 5\r\n/);
  assert.equal((await ask(`${url}/healthz`, { from: '127.0.0.3' })).status, 200);
  await until(async () => (await hold('127.0.0.3')) !== '' || sockets.length > 30, 20000, 'the end of places');
  assert.match(await hold('127.0.0.4'), /^HTTP\/1.1 (503|429) /);
  sockets.forEach((socket) => socket.destroy());
  await until(async () => (await ask(`${url}/healthz`, { from: '127.0.0.2' }).catch(() => ({ status: 0 }))).status === 200, 5000, 'places again');
});

test('behind a proxy WebSockets of one client are capped', { timeout: 60000 }, async (t) => {
  const { url } = await startHost(t, ['--max-connections-per-address', '5', '--trusted-proxy', '127.0.0.1']);
  const open = (/** @type {string} */ client) => new Promise((resolve) => {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`, { headers: { 'X-Forwarded-For': client } });
    t.after(() => socket.terminate());
    socket.on('open', () => resolve(101));
    socket.on('unexpected-response', (_, answer) => resolve(answer.statusCode));
    socket.on('error', () => {});
  });
  for (let i = 0; i < 5; i++)
    assert.equal(await open('9.9.9.9'), 101);
  assert.equal(await open('9.9.9.9'), 429);
  for (let i = 0; i < 5; i++)
    assert.equal(await open('8.8.8.8'), 101);
});

test('a member that signals too much is told so, then put out; its peers go on', { timeout: 60000 }, async (t) => {
  const { url } = await startHost(t, [], { rateLimit: true });
  const [loud, quiet, third] = [await connectPlain(t, url), await connectPlain(t, url), await connectPlain(t, url)];
  for (const member of [loud, quiet, third]) {
    member.send('join-room', { roomId: 'x', displayName: 'A' });
    await member.take('peers');
  }
  const data = 'x'.repeat(200 * 1024);
  for (let i = 0; i < 60; i++)
    loud.send('signal', { to: quiet.id, data });
  assert.equal((await loud.take('room-error')).code, 'rate-limited');
  assert.ok(quiet.messages.filter((message) => message.type === 'signal').length < 60);
  third.send('signal', { to: quiet.id, data: 'still here' });
  await until(() => quiet.messages.some((message) => message.data === 'still here'), 5000, 'the signal of another');
  for (let i = 0; i < 6000; i++)
    loud.send('signal', { to: quiet.id, data: i });
  await until(() => loud.closed !== null, 10000, 'the end of who does not stop');
  assert.equal(loud.closed, 1008);
  assert.equal(third.closed, null);
});
