// 13-slow-callers.mjs: who is slow, silent or gone is let go in time, and keeps nobody else waiting
//
// The cases wait for the program's real deadlines, so they run side by side.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { Caller, count, joined, Member, memoryOf, watchLatency } from './lib/raw.mjs';
import { delay, startHost, until } from './lib/process.mjs';

const LONG = Boolean(process.env.MESHBOT_LONG);
const GET = 'GET /healthz HTTP/1.1\r\nHost: a\r\n';

/** @param {Caller} caller @param {number} atMs @param {string} what */
async function assertClosedAt(caller, atMs, what) {
  await until(() => caller.closedAfter !== null, atMs + 4000, `the end of ${what}`);
  const after = /** @type {number} */ (caller.closedAfter);
  assert.ok(after > atMs - 500 && after < atMs + 2000, `${what} closed after ${Math.round(after)} ms, not ${atMs}`);
  return after;
}

describe('slow callers', { concurrency: true }, () => {
  test('500 that never finish their head are closed after 10 s, and others are served meanwhile', { timeout: 40000 }, async (t) => {
    const host = await startHost(t);
    const before = await memoryOf(host.pid);
    const result = await watchLatency(host.port);
    /** @type {Caller[]} */
    const half = [];
    /** @type {Caller[]} */
    const drips = [];
    /** @type {Caller[]} */
    const endless = [];
    for (let n = 0; n < 200; n += 1) {
      half.push(new Caller(host.port));
      half[n].write(GET);
      drips.push(new Caller(host.port));
      drips[n].write('G');
    }
    for (let n = 0; n < 100; n += 1) {
      endless.push(new Caller(host.port));
      endless[n].write(GET);
    }
    let at = 1;
    const dripping = setInterval(() => {
      drips.forEach((caller) => caller.write(GET[at % GET.length]));
      at += 1;
    }, 1000);
    const growing = setInterval(() => endless.forEach((caller) => caller.write(`X-${at}: 1\r\n`)), 500);
    t.after(() => (clearInterval(dripping), clearInterval(growing)));
    const all = [...half, ...drips, ...endless];
    await until(() => all.every((caller) => caller.connected), 5000, 'all connected');
    await delay(3000);
    const fetched = performance.now();
    assert.equal((await fetch(`${host.url}/healthz`)).status, 200);
    const served = performance.now() - fetched;
    const held = await memoryOf(host.pid) - before;
    await until(() => all.every((caller) => caller.closedAfter !== null), 14000,
      () => `${count(all, (caller) => caller.closedAfter === null)} of 500 are still open`);
    const { p99, n } = await result();
    for (const caller of all)
      assert.ok(/** @type {number} */ (caller.closedAfter) > 9000 && /** @type {number} */ (caller.closedAfter) < 12500,
        `closed after ${caller.closedAfter} ms`);
    t.diagnostic(`500 slow callers held ${held} KiB; ${n} signals beside them: p99 ${p99.toFixed(1)} ms; a request: ${served.toFixed(1)} ms`);
    assert.ok(p99 < 100, `p99 ${p99} ms`);
    assert.ok(held < 500 * 8, `${held} KiB`);
  });

  test('who upgrades and says nothing is closed after 15 s, who keeps an idle connection too', { timeout: 40000 }, async (t) => {
    const host = await startHost(t);
    const silent = new Member(host.port, { path: '/socket.io/?EIO=4&transport=websocket' });
    const idle = new Caller(host.port);
    idle.write(`${GET}\r\n`);
    const times = await Promise.all([assertClosedAt(silent, 15000, 'a Socket.IO client without CONNECT'),
      assertClosedAt(idle, 15000, 'an idle connection')]);
    assert.match(idle.received.toString(), /^HTTP\/1.1 200 /);
    t.diagnostic(`closed after ${times.map((each) => (each / 1000).toFixed(1)).join(' and ')} s`);
  });

  test('a body that does not come is waited for for 30 s', { timeout: 60000, skip: !LONG }, async (t) => {
    const host = await startHost(t);
    const slow = new Caller(host.port);
    slow.write('POST /api/rooms HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{');
    const drip = setInterval(() => slow.write(' '), 1000);
    t.after(() => clearInterval(drip));
    await assertClosedAt(slow, 30000, 'a slow body');
  });

  test('a member that vanishes without a goodbye is gone within the heartbeat, polling or not', { timeout: 60000 }, async (t) => {
    const host = await startHost(t);
    const watcher = await joined(host.port, 'x');
    const vanished = await joined(host.port, 'x');
    // Socket.IO by polling alone: joins, polls, and is never heard of again.
    const base = `${host.url}/socket.io/?EIO=4&transport=polling`;
    const sid = JSON.parse((await (await fetch(base)).text()).slice(1)).sid;
    const post = (/** @type {string} */ body) => fetch(`${base}&sid=${sid}`, { method: 'POST', body });
    await post('40');
    await post('42["join-room",{"roomId":"x","displayName":"poller"}]');
    await (await fetch(`${base}&sid=${sid}`)).text();
    const poll = new Caller(host.port);
    poll.write(`GET /socket.io/?EIO=4&transport=polling&sid=${sid} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await until(async () => (await (await fetch(`${host.url}/api/rooms/x`)).json()).memberCount === 3, 3000, 'three members');
    // Not a packet of either goes through any more, in this test's own network: no FIN, no RST.
    const nft = (/** @type {string} */ rule) => execFileSync('nft', rule.split(' '));
    nft('add table inet vanished');
    nft('add chain inet vanished out { type filter hook output priority 0 ; }');
    for (const { socket } of [poll, vanished]) {
      nft(`add rule inet vanished out tcp sport ${socket.localPort} drop`);
      nft(`add rule inet vanished out tcp dport ${socket.localPort} drop`);
    }
    const began = performance.now();
    /** @type {string[]} */
    const reasons = [];
    watcher.onMessage = ({ type, reason }) => type === 'peer-left' && reasons.push(reason);
    await until(() => reasons.length === 2, 22000, () => `peer-left of both; ${reasons}`);
    const took = performance.now() - began;
    nft('delete table inet vanished');
    t.diagnostic(`both were gone after ${(took / 1000).toFixed(1)} s`);
    assert.deepEqual(reasons, ['timeout', 'timeout']);
    assert.ok(took < 20000, `${took} ms`);
    [watcher, vanished, poll].forEach((each) => each.drop());
  });

  test('a member that takes nothing for 10 s is let go, also below 1 MiB', { timeout: 40000 }, async (t) => {
    const host = await startHost(t);
    const talker = await joined(host.port, 'x');
    const deaf = await joined(host.port, 'x');
    deaf.socket.pause();
    const began = performance.now();
    // More than the kernel's buffers take of who does not read, and less than the host would hold.
    for (let n = 0; n < 20; n += 1)
      talker.send('signal', { to: deaf.id, data: 'x'.repeat(60000) });
    await delay(8000);
    assert.deepEqual(talker.messages.filter(({ type }) => type === 'peer-left'), [], 'not before its time');
    await talker.await('peer-left', 12000);
    const took = performance.now() - began;
    t.diagnostic(`gone after ${(took / 1000).toFixed(1)} s`);
    // Its heartbeat, which it does not answer either, would end it after 18 s.
    assert.ok(took < 16000, `${took} ms`);
    deaf.drop();
  });

  test('a member that leaves half a message lying is let go', { timeout: 60000 }, async (t) => {
    const host = await startHost(t);
    const member = await joined(host.port, 'x');
    member.write(Buffer.from([0x81, 0xfe, 0x10]));
    const drip = setInterval(() => member.write(' '), 1000);
    t.after(() => clearInterval(drip));
    await until(() => member.closedAfter !== null, 22000, 'the end of a connection');
    t.diagnostic(`closed after ${(/** @type {number} */ (member.closedAfter) / 1000).toFixed(1)} s`);
  });
});
