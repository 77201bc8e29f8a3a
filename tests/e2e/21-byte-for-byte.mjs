// 21-byte-for-byte.mjs: a signal's data arrives as it was written, between all dialects and transports

import assert from 'node:assert/strict';
import { before, after, test } from 'node:test';
import { openPolling, openWebSocket } from './lib/protocol.mjs';
import { startHost } from './lib/process.mjs';

const DEEP = 100;
const DATA = {
  'large integers': '[12345678901234567890,-9223372036854775809,123456789012345678901234567890]',
  'numbers that no double holds': '[1e400,-1e400,1E-400,0.1000000000000000055511151231257827,-0,-0.0,1.0,1e2]',
  'escaped zeros': '"\\u0000x\\u0000"',
  'lone surrogates': '["\\ud83d","\\udc4b\\ud83d","\\uD83D x"]',
  'escapes that need not be': '"\\/\\u0041\\u00e9 \\b\\f\\n\\r\\t\\\\ \\""',
  'characters of all planes': '"Grüße, 你好, 👋, \u2028\u2029\u007f\u0085\ufeff\uffff"',
  'equal names': '{"a":1,"a":2,"":{},"__proto__":{"a":[]}}',
  'names of the wrapping': '{"to":"x","from":"y","data":{"type":"leave-room","data":null},"_placeholder":false}',
  'nesting of 100 levels': `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`,
  'nesting of objects': `${'{"a":'.repeat(DEEP)}0${'}'.repeat(DEEP)}`,
  'white space inside': '{ "a" : [ 1 ,\t2 ,\r\n 3 ] , "b" : { } }',
  'a string alone': '"42[\\"signal\\",{}]"',
  'null alone': 'null',
  'a description as browsers send it': '{"description":{"type":"offer","sdp":"v=0\\r\\no=- 4611731400430051336 2 IN IP4 127.0.0.1\\r\\n"}}',
  'a hundred kilobytes': `"${'é'.repeat(50000)}"`,
};

let host;
/** @type {{signal: (to: string, data: string) => any, take: (part: string) => Promise<string>, id: string, name: string}[]} */
const members = [];

/** A member by raw Socket.IO over WebSocket. */
async function joinBySocketIo(t, url) {
  const client = await openWebSocket(t, `${url.replace(/^http/, 'ws')}/socket.io/?EIO=4&transport=websocket`);
  await client.take();
  client.send('40');
  const id = JSON.parse((await client.take()).slice(2)).sid;
  client.send('42["join-room",{"roomId":"bytes","displayName":"S"}]');
  const take = takeOf(() => client.take());
  await take('["peers",');
  return { name: 'Socket.IO', id, take, signal: (to, data) => client.send(`42["signal",{"to":"${to}","data":${data}}]`) };
}

/** A member by raw Socket.IO over polling alone. */
async function joinByPolling(t, url) {
  const client = await openPolling(`${url}/socket.io/`);
  /** @type {string[]} */
  const packets = [];
  const next = async () => {
    while (packets.length === 0)
      for (const packet of (await client.poll()).body.split('\x1e'))
        if (packet === '2')
          await client.post('3');
        else
          packets.push(packet);
    return packets.shift();
  };
  await client.post('40');
  const id = JSON.parse(String(await next()).slice(2)).sid;
  await client.post('42["join-room",{"roomId":"bytes","displayName":"L"}]');
  const take = takeOf(next);
  await take('["peers",');
  return { name: 'polling', id, take, signal: (to, data) => client.post(`42["signal",{"to":"${to}","data":${data}}]`) };
}

/** A member by the plain dialect, raw. */
async function joinByPlain(t, url) {
  const client = await openWebSocket(t, `${url.replace(/^http/, 'ws')}/ws`);
  const { id } = JSON.parse(await client.take());
  client.send('{"type":"join-room","roomId":"bytes","displayName":"P"}');
  const take = takeOf(() => client.take());
  await take('"peers"');
  return { name: 'plain', id, take, signal: (to, data) => client.send(`{"type":"signal","to":"${to}","data":${data}}`) };
}

/** Takes packets until one has this in it. */
function takeOf(next) {
  return async (part) => {
    for (;;) {
      const packet = String(await next());
      assert.ok(!packet.includes('room-error'), packet.slice(0, 200));
      if (packet.includes(part))
        return packet;
    }
  };
}

// A test's after() runs with the file's end here: its members are those of every test.
const whole = { ends: /** @type {(() => any)[]} */ ([]), after: (end) => whole.ends.unshift(end) };

before(async () => {
  host = await startHost(/** @type {any} */ (whole));
  for (const join of [joinBySocketIo, joinByPolling, joinByPlain, joinBySocketIo, joinByPlain])
    members.push(await join(whole, host.url));
});

after(async () => {
  for (const end of whole.ends)
    await end();
});

for (const [what, data] of Object.entries(DATA))
  test(`${what} pass untouched from each to each`, { timeout: 30000 }, async () => {
    for (const from of members)
      for (const to of members) {
        if (from === to)
          continue;
        from.signal(to.id, data);
        const text = await to.take('"signal"');
        const expected = to.name === 'plain' ? `{"type":"signal","from":"${from.id}","data":${data}}` : `42["signal",{"from":"${from.id}","data":${data}}]`;
        assert.ok(text === expected, `${from.name} to ${to.name}: ${text.slice(0, 300)}`);
      }
  });
