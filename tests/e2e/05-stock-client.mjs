// 05-stock-client.mjs: npm's socket.io-client against our host

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect, connectPlain } from './lib/member.mjs';
import { startHost, until } from './lib/process.mjs';

const DATA = {
  description: { type: 'offer', sdp: 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\n' },
  text: 'Grüße, 你好, 👋, \u2028 and a lone surrogate \ud83d',
  numbers: [0, -0.5, 1e-7, 9007199254740991],
  deep: [[[[{ to: 'x', from: 'y', data: null }]]]],
};

/**
 * @param {import('node:test').TestContext} t
 * @param {object} options of the clients
 */
async function conversation(t, options) {
  const host = await startHost(t);
  const alice = await connect(t, host.url, options);
  const joined = await alice.socket.emitWithAck('join-room', { roomId: 'stock', displayName: 'Alice' });
  assert.equal(joined.ok, true);
  assert.equal(joined.id, alice.socket.id);
  assert.deepEqual(await alice.take('peers'), { peers: [], members: [] });

  const bob = await connect(t, host.url, options);
  bob.socket.emit('join-room', { roomId: 'stock', displayName: 'Bob', role: 'bot' });
  const peers = await bob.take('peers');
  assert.deepEqual(peers.peers, [alice.socket.id]);
  assert.equal(peers.members.length, 1);
  const { id: memberId, displayName, role } = peers.members[0];
  assert.deepEqual([memberId, displayName, role], [alice.socket.id, 'Alice', 'member']);
  const { peerId, ...bobs } = await alice.take('peer-joined');
  assert.deepEqual([peerId, bobs.displayName, bobs.role], [bob.socket.id, 'Bob', 'bot']);

  alice.socket.emit('signal', { to: bob.socket.id, data: DATA });
  assert.deepEqual(await bob.take('signal'), { from: alice.socket.id, data: DATA });
  bob.socket.emit('signal', { to: alice.socket.id, data: { candidate: null } });
  assert.deepEqual(await alice.take('signal'), { from: bob.socket.id, data: { candidate: null } });

  bob.socket.emit('leave-room', {});
  assert.deepEqual(await alice.take('peer-left'), { peerId: bob.socket.id, reason: 'left' });
  bob.socket.emit('join-room', { roomId: 'stock', displayName: 'Bob' });
  assert.equal((await alice.take('peer-joined')).peerId, bob.socket.id);
  const id = bob.socket.id;
  bob.socket.disconnect();
  const left = await alice.take('peer-left');
  assert.equal(left.peerId, id);
  return { host, alice };
}

test('with its default options: polling first, then the upgrade', { timeout: 30000 }, async (t) => {
  const { alice } = await conversation(t, {});
  await until(() => alice.socket.io.engine.transport.name === 'websocket', 5000, 'the upgrade');
});

test('with polling alone', { timeout: 30000 }, async (t) => {
  const { alice } = await conversation(t, { transports: ['polling'] });
  assert.equal(alice.socket.io.engine.transport.name, 'polling');
});

test('with WebSocket alone', { timeout: 30000 }, async (t) => {
  const { alice } = await conversation(t, { transports: ['websocket'] });
  assert.equal(alice.socket.io.engine.transport.name, 'websocket');
});

test('a signal during the upgrade is neither lost nor doubled nor out of order', { timeout: 30000 }, async (t) => {
  const host = await startHost(t);
  const bob = await connect(t, host.url, { transports: ['websocket'] });
  await bob.socket.emitWithAck('join-room', { roomId: 'upgrade', displayName: 'Bob' });
  const alice = await connect(t, host.url);
  await alice.socket.emitWithAck('join-room', { roomId: 'upgrade', displayName: 'Alice' });
  const count = 300;
  for (let n = 0; n < count; n += 1) {
    alice.socket.emit('signal', { to: bob.socket.id, data: { n } });
    bob.socket.emit('signal', { to: alice.socket.id, data: { n } });
    if (n % 10 === 0)
      await new Promise((resolve) => setTimeout(resolve, 2));
  }
  for (const { events } of [alice, bob]) {
    const numbers = () => events.filter(({ name }) => name === 'signal').map(({ payload }) => payload.data.n);
    await until(() => numbers().length >= count, 10000, () => `${count} signals; ${numbers().length} came`);
    assert.deepEqual(numbers(), Array.from({ length: count }, (_, n) => n));
  }
});

test('members of one room need not speak the same dialect', { timeout: 30000 }, async (t) => {
  const host = await startHost(t);
  const alice = await connect(t, host.url);
  await alice.socket.emitWithAck('join-room', { roomId: 'mixed', displayName: 'Alice' });
  const paula = await connectPlain(t, host.url);
  paula.send('join-room', { roomId: 'mixed', displayName: 'Paula' });
  assert.deepEqual((await paula.take('peers')).peers, [alice.socket.id]);
  assert.equal((await alice.take('peer-joined')).peerId, paula.id);
  alice.socket.emit('signal', { to: paula.id, data: DATA });
  assert.deepEqual(await paula.take('signal'), { type: 'signal', from: alice.socket.id, data: DATA });
  paula.send('signal', { to: alice.socket.id, data: DATA });
  assert.deepEqual(await alice.take('signal'), { from: paula.id, data: DATA });
  paula.socket.terminate();
  assert.deepEqual(await alice.take('peer-left'), { peerId: paula.id, reason: 'disconnected' });
});
