// 22-stock-clients.mjs: npm's and Debian's Socket.IO clients, and who meets whom in one room

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { io } from 'socket.io-client';
import { connect, connectPlain } from './lib/member.mjs';
import { startBot, startHost, until } from './lib/process.mjs';

const PYTHON = process.env.PYTHON ?? '/usr/bin/python3';
const BYTES = Buffer.from([0, 1, 2, 0xff]);

const TRANSPORTS = {
  'its default transports': {},
  'polling alone': { transports: ['polling'] },
  'WebSocket alone': { transports: ['websocket'] },
};

/** @param {string} url @param {string} room @param {string} name */
async function join(t, url, room, name, options = {}) {
  const member = await connect(t, url, options);
  const answer = await member.socket.emitWithAck('join-room', { roomId: room, displayName: name });
  assert.deepEqual(answer, { ok: true, id: member.socket.id, roomId: room });
  return member;
}

for (const [how, options] of Object.entries(TRANSPORTS)) {
  test(`with ${how}, attachments pass wherever they stand in data`, { timeout: 30000 }, async (t) => {
    const host = await startHost(t);
    const alice = await join(t, host.url, 'bytes', 'Alice', options);
    const bob = await join(t, host.url, 'bytes', 'Bob', options);
    const data = { first: BYTES, deep: [{ list: [1, [Buffer.alloc(70000, 7)]] }], empty: Buffer.alloc(0), text: 'x' };
    alice.socket.emit('signal', { to: bob.socket.id, data });
    assert.deepEqual(await bob.take('signal'), { from: alice.socket.id, data });
    bob.socket.emit('signal', { to: alice.socket.id, data: BYTES });
    assert.deepEqual(await alice.take('signal'), { from: bob.socket.id, data: BYTES });
  });

  test(`with ${how}, what is refused is told, by acknowledgement or by room-error`, { timeout: 30000 }, async (t) => {
    const host = await startHost(t);
    await fetch(`${host.url}/api/rooms`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"id":"small","name":"Small","maxMembers":1}' });
    const alice = await join(t, host.url, 'small', 'Alice', options);
    const bob = await connect(t, host.url, options);
    for (const [event, payload, code] of [
      ['join-room', { roomId: 'small', displayName: 'Bob' }, 'room-full'],
      ['join-room', { roomId: 'no room' }, 'bad-request'],
      ['join-room', { roomId: 'x', displayName: ' ' }, 'bad-request'],
      ['join-room', 'x', 'bad-request'],
      ['signal', { to: alice.socket.id, data: 1 }, 'not-in-room'],
      ['signal', { to: alice.socket.id }, 'bad-request'],
    ]) {
      const answer = await bob.socket.emitWithAck(event, payload);
      assert.deepEqual([answer.ok, answer.code, typeof answer.error], [false, code, 'string']);
      bob.socket.emit(event, payload);
      const error = await bob.take('room-error');
      assert.deepEqual([error.code, error.event, typeof error.message], [code, event, 'string']);
    }
    bob.socket.emit('dance', {});
    assert.deepEqual((({ code, event }) => [code, event])(await bob.take('room-error')), ['bad-request', null]);
    alice.socket.emit('signal', { to: bob.socket.id, data: 1 });
    assert.equal((await alice.take('room-error')).code, 'not-found');
    assert.equal(bob.socket.connected, true);
  });

  test(`with ${how}, a client comes back by itself, as another member, after its connection or its host was lost`, { timeout: 60000 }, async (t) => {
    const host = await startHost(t);
    const watcher = await connectPlain(t, host.url);
    watcher.send('join-room', { roomId: 'back', displayName: 'Watcher' });
    const socket = io(host.url, { forceNew: true, reconnectionDelay: 100, reconnectionDelayMax: 300, ...options });
    t.after(() => socket.disconnect());
    /** @type {string[]} */
    const ids = [];
    /** @type {string[]} */
    const reasons = [];
    socket.on('connect', () => {
      ids.push(String(socket.id));
      socket.emit('join-room', { roomId: 'back', displayName: 'Alice' });
    });
    socket.on('disconnect', (reason) => reasons.push(reason));
    assert.equal((await watcher.take('peer-joined')).displayName, 'Alice');

    socket.io.engine.close();
    assert.deepEqual(await watcher.take('peer-left'), { type: 'peer-left', peerId: ids[0], reason: 'disconnected' });
    const again = await watcher.take('peer-joined');
    assert.deepEqual([again.peerId, ids.length], [ids[1], 2]);
    assert.notEqual(ids[1], ids[0]);

    await host.end();
    await until(() => reasons.length === 2, 5000, 'the end of the connection');
    assert.notEqual(reasons[1], 'io server disconnect');
    await startHost(t, [], { port: host.port });
    await until(() => ids.length === 3, 10000, () => `the third connect; ${reasons}`);
  });
}

for (const [how, options] of Object.entries(TRANSPORTS))
  test(`with ${how}, what is said in one go arrives whole and in order, however many bodies it takes`, { timeout: 30000 }, async (t) => {
    const host = await startHost(t);
    const alice = await join(t, host.url, 'much', 'Alice', options);
    const bob = await join(t, host.url, 'much', 'Bob', { transports: ['websocket'] });
    const large = 'x'.repeat(50000);
    for (let n = 0; n < 3000; n += 1)
      alice.socket.emit('signal', { to: bob.socket.id, data: n });
    for (let n = 3000; n < 3012; n += 1)
      alice.socket.emit('signal', { to: bob.socket.id, data: { n, large } });
    const signals = () => bob.events.filter(({ name }) => name === 'signal');
    await until(() => signals().length === 3012, 10000, () => `3012 signals; ${signals().length} came`);
    assert.deepEqual(signals().map(({ payload }) => payload.data.n ?? payload.data), Array.from({ length: 3012 }, (_, n) => n));
    assert.equal(alice.socket.connected, true);
  });

test('a client that talks too fast is told so, by room-error and by acknowledgement', { timeout: 30000 }, async (t) => {
  const host = await startHost(t, [], { rateLimit: true });
  const talker = await join(t, host.url, 'flood', 'Talker', { transports: ['websocket'] });
  for (let n = 0; n < 1500; n += 1)
    talker.socket.emit('signal', { to: 'nobody', data: n });
  const answers = await Promise.all(Array.from({ length: 20 }, () => talker.socket.emitWithAck('signal', { to: 'nobody', data: 1 })));
  assert.ok(answers.some(({ code }) => code === 'rate-limited'), JSON.stringify(answers));
  assert.ok(talker.events.some(({ name, payload }) => name === 'room-error' && payload.code === 'rate-limited' && payload.event === 'signal'));
  assert.equal(talker.socket.connected, true);
});

/** A member by python3-socketio. @param {string} url @param {string[]} transports */
async function connectPython(t, url, transports) {
  const child = spawn(PYTHON, [fileURLToPath(new URL('lib/member.py', import.meta.url)), url, ...transports], { stdio: ['pipe', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let errors = '';
  child.stderr.on('data', (data) => (errors += data));
  /** @type {[string, any][]} */
  const events = [];
  createInterface({ input: child.stdout }).on('line', (line) => events.push(JSON.parse(line)));
  const take = async (/** @type {string} */ name) => {
    const at = () => events.findIndex(([event]) => event === name);
    await until(() => at() >= 0, 10000, () => `event ${name}; there came ${JSON.stringify(events)} ${errors}`);
    return events.splice(at(), 1)[0][1];
  };
  const send = (/** @type {any[]} */ ...event) => child.stdin.write(`${JSON.stringify(event)}\n`);
  return { id: await take('connect'), take, send, end: () => child.stdin.end() };
}

for (const transports of [[], ['polling'], ['websocket']])
  test(`python3-socketio with ${transports[0] ?? 'its default transports'} is a member like others`, { timeout: 30000 }, async (t) => {
    const host = await startHost(t);
    const alice = await join(t, host.url, 'python', 'Alice');
    const paul = await connectPython(t, host.url, transports);
    paul.send('join-room', { roomId: 'python', displayName: 'Paul' }, true);
    assert.deepEqual(await paul.take('ack'), { ok: true, id: paul.id, roomId: 'python' });
    assert.deepEqual((await paul.take('peers')).peers, [alice.socket.id]);
    assert.equal((await alice.take('peer-joined')).peerId, paul.id);
    const data = { text: 'Grüße 👋', list: [1, null, [2.5]], bytes: BYTES };
    alice.socket.emit('signal', { to: paul.id, data });
    const heard = await paul.take('signal');
    assert.deepEqual(heard, { from: alice.socket.id, data: { ...data, bytes: { bytes: BYTES.toString('hex') } } });
    paul.send('signal', { to: alice.socket.id, data: heard.data });
    assert.deepEqual(await alice.take('signal'), { from: paul.id, data });
    paul.send('signal', { to: 'nobody', data: 1 });
    assert.equal((await paul.take('room-error')).code, 'not-found');
    paul.send('leave-room', {});
    assert.deepEqual(await alice.take('peer-left'), { peerId: paul.id, reason: 'left' });
    paul.send('join-room', { roomId: 'python', displayName: 'Paul' });
    await alice.take('peer-joined');
    paul.end();
    assert.match((await alice.take('peer-left')).reason, /^(left|disconnected)$/);
  });

test('a Socket.IO member, a plain one and a bot see each other come, signal and go', { timeout: 60000 }, async (t) => {
  const host = await startHost(t);
  const alice = await join(t, host.url, 'mixed', 'Alice');
  const paula = await connectPlain(t, host.url);
  paula.send('join-room', { roomId: 'mixed', displayName: 'Paula' });
  await paula.take('peers');
  assert.deepEqual(await alice.take('peer-joined'), { peerId: paula.id, displayName: 'Paula', role: 'member' });

  const bot = startBot(t, host.url, 'mixed', ['--name', 'Robot']);
  const seen = await alice.take('peer-joined', 15000);
  assert.deepEqual([seen.displayName, seen.role], ['Robot', 'bot']);
  assert.deepEqual(await paula.take('peer-joined'), { type: 'peer-joined', ...seen });
  const late = await join(t, host.url, 'mixed', 'Late');
  const { peers, members } = await late.take('peers');
  assert.deepEqual(peers, [alice.socket.id, paula.id, seen.peerId]);
  assert.deepEqual(members.map(({ displayName, role }) => [displayName, role]), [['Alice', 'member'], ['Paula', 'member'], ['Robot', 'bot']]);

  // The bot has something to say to each of them, and is heard under its id in either dialect.
  for (const member of [alice, paula, late]) {
    const { from, data } = await member.take('signal', 10000);
    assert.equal(from, seen.peerId);
    assert.ok(data.description ?? data.candidate !== undefined);
  }
  paula.send('signal', { to: alice.socket.id, data: [1] });
  const heard = async () => {
    for (;;) {
      const signal = await alice.take('signal');
      if (signal.from === paula.id)
        return signal.data;
    }
  };
  assert.deepEqual(await heard(), [1]);

  await bot.end();
  for (const member of [alice, paula, late])
    assert.deepEqual((({ peerId, reason }) => [peerId, reason])(await member.take('peer-left')), [seen.peerId, 'left']);
  late.socket.disconnect();
  for (const member of [alice, paula])
    assert.match((await member.take('peer-left')).reason, /^(left|disconnected)$/);

  assert.equal((await fetch(`${host.url}/api/rooms/mixed`, { method: 'DELETE' })).status, 204);
  assert.deepEqual(await alice.take('room-closed'), { roomId: 'mixed', reason: 'deleted' });
  assert.deepEqual(await paula.take('room-closed'), { type: 'room-closed', roomId: 'mixed', reason: 'deleted' });
  alice.socket.emit('signal', { to: paula.id, data: 1 });
  assert.equal((await alice.take('room-error')).code, 'not-in-room');
  await alice.socket.emitWithAck('join-room', { roomId: 'again', displayName: 'Alice' });
  paula.send('join-room', { roomId: 'again', displayName: 'Paula' });
  await alice.take('peer-joined');
  host.child.kill('SIGTERM');
  for (const member of [alice, paula])
    assert.equal((await member.take('room-closed')).reason, 'server-going-away');
});
