// 16-goodbye.mjs: a host that is told to stop tells everybody, and is gone in time

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Caller, count, frame, Member, TEXT } from './lib/raw.mjs';
import { childrenOf, delay, startHost, until } from './lib/process.mjs';

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
    assert.ok(member.plain ? member.closeCode === 1001 : [1000, 1001].includes(Number(member.closeCode)), `closed with ${member.closeCode}`);
  }
  assert.doesNotMatch(host.log, /CRITICAL|WARNING/i);
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
