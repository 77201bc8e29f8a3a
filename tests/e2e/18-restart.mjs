// 18-restart.mjs: a host that restarts has its members back within seconds, and none of them notices more

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { io } from 'socket.io-client';
import { folder, startHost, until } from './lib/process.mjs';

const MEMBERS = 1000;
const IN_A_ROOM = 10;

test(`${MEMBERS} stock clients are back after a restart`, { timeout: 120000 }, async (t) => {
  const store = join(await folder(t), 'rooms.db');
  const host = await startHost(t, ['--store', store]);
  await fetch(`${host.url}/api/rooms`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"id":"room-0","name":"Kept"}' });
  /** @type {number[]} */
  let back = [];
  let began = performance.now();
  const sockets = Array.from({ length: MEMBERS }, (_, n) => {
    const socket = io(host.url, { transports: ['websocket'], forceNew: true });
    socket.on('connect', () => socket.emit('join-room', { roomId: `room-${n % (MEMBERS / IN_A_ROOM)}`, displayName: `m${n}` },
      (/** @type {{ok: boolean}} */ answer) => answer.ok && back.push(performance.now() - began)));
    return socket;
  });
  t.after(() => sockets.forEach((socket) => socket.close()));
  await until(() => back.length === MEMBERS, 30000, () => `${back.length} are in`);

  await host.end('SIGTERM');
  back = [];
  began = performance.now();
  const second = await startHost(t, ['--store', store], { port: host.port });
  await until(() => back.length === MEMBERS, 40000, () => `${back.length} are back`);
  back.sort((one, other) => one - other);
  const p95 = back[Math.floor(MEMBERS * 0.95)];
  t.diagnostic(`half were back after ${(back[MEMBERS / 2] / 1000).toFixed(1)} s, 95 % after ${(p95 / 1000).toFixed(1)} s, ` +
    `all after ${(back[MEMBERS - 1] / 1000).toFixed(1)} s`);
  assert.ok(p95 < 10000, `${p95} ms`);
  assert.ok(back[MEMBERS - 1] < 30000, `${back[MEMBERS - 1]} ms`);
  const rooms = await (await fetch(`${second.url}/api/rooms`)).json();
  assert.equal(rooms.length, MEMBERS / IN_A_ROOM);
  assert.ok(rooms.every((/** @type {any} */ room) => room.memberCount === IN_A_ROOM));
  assert.equal(rooms[0].name, 'Kept');
});
