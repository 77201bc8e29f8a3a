// 16-goodbye.mjs: a host that is told to stop tells everybody, and is gone in time

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Caller, count, frame, joined, Member, TEXT } from './lib/raw.mjs';
import { childrenOf, delay, membersOf, startBot, startHost, until } from './lib/process.mjs';

const MEMBERS = 1000;
const SOCKET_IO = '/socket.io/?EIO=4&transport=websocket';

test(`${MEMBERS} members are told, then it ends with status 0`, { timeout: 60000 }, async (t) => {
  const host = await startHost(t);
  const members = Array.from({ length: MEMBERS }, (_, n) => {
    const member = new Member(host.port, n % 2 === 0 ? {} : { path: SOCKET_IO });
    const room = `room-${n % 50}`;
    member.onMessage = (message) => {
      if (message.type === 'welcome')
        member.join(room);
      else if (typeof message === 'string' && message[0] === '0')
        member.write(frame(TEXT, '40'));
      else if (typeof message === 'string' && message.startsWith('40'))
        member.write(frame(TEXT, `42["join-room",{"roomId":"${room}","displayName":"s"}]`));
    };
    return member;
  });
  const has = (/** @type {Member} */ member, /** @type {string} */ event) =>
    member.messages.some((message) => message.type === event || String(message).startsWith(`42["${event}"`));
  await until(() => members.every((member) => has(member, 'peers')), 20000, () => `${count(members, (each) => has(each, 'peers'))} are in`);
  // Some do not read any more, and one has sent half a request.
  const deaf = members.slice(0, 20);
  deaf.forEach((member) => member.socket.pause());
  const half = new Caller(host.port);
  half.write('GET /');

  const began = performance.now();
  const { code, signal } = await host.end('SIGTERM', 8000);
  const took = performance.now() - began;
  deaf.forEach((member) => member.socket.resume());
  await until(() => members.every((member) => member.closedAfter !== null), 5000, 'the end of all');
  const told = count(members, (member) => has(member, 'room-closed'));
  const codes = [...new Set(members.map((member) => member.closeCode))];
  t.diagnostic(`${told} of ${MEMBERS} were told, closed with ${codes}; it had ended after ${Math.round(took)} ms`);
  assert.deepEqual({ code, signal }, { code: 0, signal: null });
  assert.ok(took < 5000, `${took} ms`);
  assert.equal(told, MEMBERS);
  for (const member of members) {
    const last = member.messages.map((message) => JSON.stringify(message)).find((text) => text.includes('room-closed'));
    assert.match(String(last), /server-going-away/);
    const after = Number(/retryAfterMs[\\"]*:(\d+)/.exec(String(last))?.[1]);
    assert.ok(after >= 500 && after <= 8000, `to come back after ${after} ms`);
    assert.ok(member.plain ? member.closeCode === 1001 : [1000, 1001].includes(Number(member.closeCode)), `closed with ${member.closeCode}`);
  }
  assert.doesNotMatch(host.log, /CRITICAL|WARNING/i);
});

test('whoever is in is served on for the configured time, and nobody else comes in', { timeout: 30000 }, async (t) => {
  const host = await startHost(t, ['--drain', '60s', '--room', 'x', '--source', 'none']);
  await until(async () => (await membersOf(host.url, 'x')).length === 1, 10000, 'the bot');
  const ann = await joined(host.port, 'x');
  const bo = await joined(host.port, 'x');
  const polling = () => fetch(`${host.url}${SOCKET_IO.replace('websocket', 'polling')}`);
  host.child.kill('SIGTERM');
  await until(async () => (await fetch(`${host.url}/readyz`)).status === 503, 5000, 'readyz');
  assert.equal((await fetch(`${host.url}/healthz`)).status, 200, 'it lives');
  assert.equal((await polling()).status, 503);
  assert.ok(Number((await polling()).headers.get('retry-after')) > 0);
  const late = new Caller(host.port);
  late.write('GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n');
  await until(() => late.closedAfter !== null || late.received.length > 0, 5000, 'an answer');
  assert.match(late.received.toString(), /^HTTP\/1.1 503 /);
  bo.join('another');
  assert.match((await bo.await('room-error')).message, /going away/);

  // Those who are in hear each other, and the bot stays with them.
  ann.send('signal', { to: bo.id, data: 7 });
  assert.equal((await bo.await('signal')).data, 7);
  assert.equal((await membersOf(host.url, 'x')).length, 3);
  bo.drop();
  await ann.await('peer-left');
  assert.ok(host.running, 'somebody is in');
  const began = performance.now();
  ann.drop();
  assert.deepEqual(await host.ended, { code: 0, signal: null });
  assert.ok(performance.now() - began < 5000, 'nobody but the bot is in: no reason to wait');
});

test('when the configured time is over the rest is told, and it ends', { timeout: 30000 }, async (t) => {
  const host = await startHost(t, ['--drain', '1s']);
  const member = await joined(host.port, 'x');
  const began = performance.now();
  host.child.kill('SIGTERM');
  const { reason, retryAfterMs } = await member.await('room-closed');
  const told = performance.now() - began;
  assert.equal(reason, 'server-going-away');
  assert.ok(retryAfterMs >= 500 && retryAfterMs <= 8000, `${retryAfterMs} ms`);
  assert.ok(told >= 1000, `after ${told} ms`);
  assert.deepEqual(await host.ended, { code: 0, signal: null });
  assert.ok(performance.now() - began < 6000, 'no more than 5 s after that');
});

test('a bot comes back when it was asked to, not before', { timeout: 60000 }, async (t) => {
  const host = await startHost(t);
  const member = await joined(host.port, 'x');
  const bot = startBot(t, host.url, 'x', ['--source', 'none']);
  await member.await('peer-joined');
  host.child.kill('SIGTERM');
  const { retryAfterMs } = await member.await('room-closed');
  await host.ended;
  assert.match(bot.log, new RegExp(`the server is going away; again in ${retryAfterMs} ms`));
  const again = await startHost(t, [], { port: host.port });
  await until(async () => (await membersOf(again.url, 'x')).length === 1, 20000, () => bot.log);
});

test('a second signal is not waited with', { timeout: 30000 }, async (t) => {
  const host = await startHost(t, ['--room', 'x', '--source', 'none']);
  await until(async () => (await (await fetch(`${host.url}/api/rooms`)).json())[0]?.memberCount === 1, 10000, 'the bot');
  // A bot that hangs keeps the program from ending.
  const [bot] = await childrenOf(host.pid);
  process.kill(bot, 'SIGSTOP');
  t.after(() => host.running && process.kill(bot, 'SIGCONT'));
  host.child.kill('SIGTERM');
  await delay(700);
  assert.ok(host.running, 'it waits for its bot');
  /** @type {Promise<number | null>} */
  const exited = new Promise((resolve) => host.child.once('exit', resolve));
  const began = performance.now();
  host.child.kill('SIGTERM');
  const code = await exited;
  const took = performance.now() - began;
  // One that is stopped hears of its host's end only now; and it holds the host's output open.
  process.kill(bot, 'SIGCONT');
  await host.ended;
  t.diagnostic(`gone ${Math.round(took)} ms after the second`);
  assert.equal(code, 143);
  assert.ok(took < 1000, `${took} ms`);
});
