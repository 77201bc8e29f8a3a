// 14-crowds.mjs: callers by the thousand leave a host as they found it

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { Caller, count, descriptorsOf, joined, Member, memoryOf } from './lib/raw.mjs';
import { delay, startHost, until } from './lib/process.mjs';

const CROWD = 5000;
const KEPT = 4000;
const CYCLES = 20000;
/** Members that are there at any one time while others come and go. */
const AT_ONCE = 50;
const GET = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n';

test(`${CROWD} that join at once are all let in`, { timeout: 60000 }, async (t) => {
  const host = await startHost(t);
  const before = await memoryOf(host.pid);
  let nIn = 0;
  const began = performance.now();
  const members = Array.from({ length: CROWD }, (_, n) => {
    const member = new Member(host.port, { keep: false });
    member.onMessage = ({ type }) => {
      if (type === 'welcome')
        member.join(`room-${n % (CROWD / 10)}`);
      else if (type === 'peers')
        nIn += 1;
    };
    return member;
  });
  await until(() => nIn === CROWD || members.some((each) => each.closedAfter !== null), 30000, () => `${nIn} are in`);
  const took = performance.now() - began;
  assert.equal(count(members, (each) => each.closedAfter !== null), 0, 'nobody is turned away');
  assert.equal(nIn, CROWD);
  const each = (await memoryOf(host.pid) - before) / CROWD;
  t.diagnostic(`${CROWD} were in after ${Math.round(took)} ms, ${each.toFixed(1)} KiB each`);
  assert.ok(took < 20000, `${took} ms`);
  members.forEach((member) => member.drop());
  await until(async () => (await (await fetch(`${host.url}/api/rooms`)).json()).length === 0, 10000, 'no room is left');
});

test(`${KEPT} kept connections that their clients drop leave no descriptor behind`, { timeout: 60000 }, async (t) => {
  const host = await startHost(t);
  const before = await descriptorsOf(host.pid);
  const callers = Array.from({ length: KEPT }, () => new Caller(host.port));
  callers.forEach((caller) => caller.write(GET));
  await until(() => callers.every((caller) => caller.received.length > 0), 20000, 'all answers');
  assert.ok(await descriptorsOf(host.pid) >= before + KEPT, 'they are kept');
  callers.forEach((caller) => caller.drop());
  const began = performance.now();
  await until(async () => await descriptorsOf(host.pid) <= before, 5000, () => 'no descriptor is left');
  t.diagnostic(`${KEPT} descriptors were closed ${Math.round(performance.now() - began)} ms after`);
});

test('a host out of descriptors lets in again as soon as it has some', { timeout: 60000 }, async (t) => {
  const host = await startHost(t);
  const member = await joined(host.port, 'x');
  const limit = await descriptorsOf(host.pid) + 20;
  execFileSync('prlimit', [`--pid=${host.pid}`, `--nofile=${limit}:${limit}`]);
  const callers = Array.from({ length: 100 }, () => new Caller(host.port));
  callers.forEach((caller) => caller.write(GET));
  await until(() => count(callers, (caller) => caller.received.length > 0) >= 15, 5000, 'some answers');
  await delay(1000);
  const nServed = count(callers, (caller) => caller.received.length > 0);
  assert.ok(nServed <= 21, `${nServed} served with 20 descriptors`);
  assert.match(host.log, /cannot accept/);
  assert.equal(host.log.match(/cannot accept/g)?.length, 1, 'told once');

  // Who is in already goes on, and those in the backlog come in as soon as others go.
  const other = await letGo(callers, host.port);
  t.diagnostic(`${nServed} of 100 were served; the rest ${Math.round(other)} ms after the first had gone`);
  member.send('signal', { to: member.id, data: 1 });
  await member.await('signal');
  assert.ok(other < 2000);
});

/** Drops those that were served until all have been, and joins once more; how long that took. @param {Caller[]} callers @param {number} port */
async function letGo(callers, port) {
  const began = performance.now();
  await until(() => {
    for (const caller of callers)
      if (caller.received.length > 0 && caller.closedAfter === null)
        caller.drop();
    return callers.every((caller) => caller.received.length > 0);
  }, 10000, () => `${count(callers, (caller) => caller.received.length > 0)} of 100 were served`);
  const last = await joined(port, 'x');
  last.drop();
  return performance.now() - began;
}

test(`${CYCLES} that come, join and go leave neither memory nor descriptors behind`, { timeout: 90000 }, async (t) => {
  const host = await startHost(t);
  let nStarted = 0;
  let nGone = 0;
  const run = (/** @type {number} */ n) => new Promise((resolve, reject) => {
    nStarted = nGone = 0;
    const next = () => {
      if (nStarted >= n)
        return;
      nStarted += 1;
      const member = new Member(host.port, { keep: false });
      const number = nStarted;
      member.onMessage = ({ type }) => {
        if (type === 'welcome') {
          member.join(`room-${number % 10}`);
        } else if (type === 'peers') {
          // Every other one says goodbye first; the rest is simply gone.
          if (number % 2 === 0)
            member.send('leave-room');
          member.socket.destroySoon();
        }
      };
      member.socket.on('close', () => {
        nGone += 1;
        if (!member.opened)
          reject(new Error('turned away'));
        if (nGone === n)
          resolve(undefined);
        else
          next();
      });
    };
    for (let i = 0; i < AT_ONCE; i += 1)
      next();
  });
  const settled = async () => {
    await until(async () => (await (await fetch(`${host.url}/api/rooms`)).json()).length === 0, 5000, 'no room is left');
    await delay(200);
    return { memory: await memoryOf(host.pid), descriptors: await descriptorsOf(host.pid) };
  };
  await run(CYCLES / 10);
  const early = await settled();
  const began = performance.now();
  await run(CYCLES - CYCLES / 10);
  const rate = CYCLES * 900 / (performance.now() - began);
  const late = await settled();
  t.diagnostic(`after ${CYCLES / 10}: ${early.memory} KiB, ${early.descriptors} descriptors; ` +
    `after ${CYCLES}: ${late.memory} KiB, ${late.descriptors}; ${Math.round(rate)} a second`);
  assert.ok(late.memory <= early.memory * 1.05, `${early.memory} KiB grew to ${late.memory}`);
  // One connection of this test's own requests may be kept.
  assert.ok(late.descriptors <= early.descriptors + 1, `${early.descriptors} descriptors grew to ${late.descriptors}`);
});
