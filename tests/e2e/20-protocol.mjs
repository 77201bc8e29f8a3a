// 20-protocol.mjs: what the published Engine.IO and Socket.IO suites ask of a server, of our library

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { openPolling, openWebSocket, send, start } from './lib/protocol.mjs';
import { delay, until } from './lib/process.mjs';

const INTERVAL = 300;
const TIMEOUT = 200;
const MAX_PAYLOAD = 1000000;
const REFUSED = {
  transport: '{"code":0,"message":"Transport unknown"}',
  sid: '{"code":1,"message":"Session ID unknown"}',
  method: '{"code":2,"message":"Bad handshake method"}',
  request: '{"code":3,"message":"Bad request"}',
  version: '{"code":5,"message":"Unsupported protocol version"}',
};

/** @type {import('node:child_process').ChildProcess} */
let fixture;
let eio = '';
let sio = '';

before(async () => {
  fixture = spawn(process.env.SIO_FIXTURE ?? '', ['0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  fixture.stdout?.on('data', (data) => (out += data));
  const port = await until(() => /^listening on (\d+)/m.exec(out)?.[1], 10000, 'the fixture');
  eio = `http://127.0.0.1:${port}/engine.io/`;
  sio = `http://127.0.0.1:${port}/socket.io/`;
});

after(() => fixture.kill());

const ws = (/** @type {string} */ base, query = 'EIO=4&transport=websocket') => `${base.replace(/^http/, 'ws')}?${query}`;

/** A Socket.IO client over WebSocket in the main namespace. */
async function connectSio(t, packet = '40') {
  const client = await openWebSocket(t, ws(sio));
  const open = JSON.parse((await client.take()).slice(1));
  client.send(packet);
  return { client, eioSid: open.sid, answer: await client.take(), auth: await client.take() };
}

describe('the handshake', () => {
  test('over polling says all five things, and no more', async () => {
    const { status, headers, body } = await send(`${eio}?EIO=4&transport=polling`);
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/plain; charset=UTF-8');
    assert.equal(headers['cache-control'], 'no-store');
    const { sid, ...rest } = JSON.parse(body.slice(1));
    assert.match(sid, /^[\w-]{20}$/);
    assert.deepEqual(rest, { upgrades: ['websocket'], pingInterval: INTERVAL, pingTimeout: TIMEOUT, maxPayload: MAX_PAYLOAD });
  });

  test('over WebSocket offers no upgrade', async (t) => {
    const client = await openWebSocket(t, ws(eio));
    const { sid, ...rest } = JSON.parse((await client.take()).slice(1));
    assert.match(sid, /^[\w-]{20}$/);
    assert.deepEqual(rest, { upgrades: [], pingInterval: INTERVAL, pingTimeout: TIMEOUT, maxPayload: MAX_PAYLOAD });
  });

  for (const [query, method, body] of [
    ['transport=polling', 'GET', REFUSED.version],
    ['EIO=abc&transport=polling', 'GET', REFUSED.version],
    ['EIO=3&transport=polling', 'GET', REFUSED.version],
    ['EIO=4', 'GET', REFUSED.transport],
    ['EIO=4&transport=abc', 'GET', REFUSED.transport],
    ['EIO=4&transport=polling', 'POST', REFUSED.method],
    ['EIO=4&transport=polling', 'PUT', REFUSED.method],
    ['EIO=4&transport=polling&sid=abc', 'GET', REFUSED.sid],
    ['EIO=4&transport=polling&sid=abc', 'POST', REFUSED.sid],
    ['EIO=4&transport=websocket', 'GET', REFUSED.request],
  ])
    test(`${method} ?${query} is refused with ${body}`, async () => {
      for (const base of [eio, sio]) {
        const answer = await send(`${base}?${query}`, { method });
        assert.deepEqual([answer.status, answer.headers['content-type'], answer.body], [400, 'application/json', body]);
      }
    });

  for (const query of ['transport=websocket', 'EIO=abc&transport=websocket', 'EIO=4', 'EIO=4&transport=abc', 'EIO=4&transport=websocket&sid=abc'])
    test(`a WebSocket with ?${query} is refused`, async (t) => {
      const client = await openWebSocket(t, ws(eio, query));
      await client.end();
      assert.equal(client.status, 400);
    });

  test('of a page with any origin is open to it', async () => {
    const { headers } = await send(`${eio}?EIO=4&transport=polling`, { headers: { origin: 'https://page.example' } });
    assert.equal(headers['access-control-allow-origin'], '*');
  });
});

describe('messages over polling', () => {
  for (const body of ['4hello', '4test1\x1e4test2\x1e4test3', '4hello\x1ebAQIDBA==', 'b', '4', '4\u20ac\ud83d\udc4b'])
    test(`${JSON.stringify(body)} comes back`, async () => {
      const client = await openPolling(eio);
      const posted = await client.post(body);
      assert.deepEqual([posted.status, posted.body], [200, 'ok']);
      const polled = await client.poll();
      assert.deepEqual([polled.status, polled.body], [200, body]);
      assert.equal(polled.headers['content-type'], 'text/plain; charset=UTF-8');
    });

  test('in one body as long as maxPayload are taken; one byte more is 413', async () => {
    const client = await openPolling(eio);
    assert.equal((await client.post(`4${'a'.repeat(MAX_PAYLOAD - 1)}`)).status, 200);
    assert.equal((await client.poll()).body.length, MAX_PAYLOAD);
    assert.equal((await client.post(`4${'a'.repeat(MAX_PAYLOAD)}`)).status, 413);
  });

  for (const body of ['abc', '4a\x1e', 'b!', '0', '5', '7', '\x1e'])
    test(`${JSON.stringify(body)} ends the session`, async () => {
      const client = await openPolling(eio);
      assert.equal((await client.post(body)).status, 400);
      assert.equal((await client.poll()).body, REFUSED.sid);
    });

  test('two polls at a time end the session: the first gets a close, the second 400', async () => {
    const client = await openPolling(eio);
    const first = await client.hang();
    const second = await client.poll();
    assert.deepEqual([(await first.answer).status, (await first.answer).body], [200, '1']);
    assert.deepEqual([second.status, second.body], [400, REFUSED.request]);
    assert.equal((await client.poll()).body, REFUSED.sid);
  });

  test('a poll that is cancelled ends the session, without another poll to find it out', async () => {
    const client = await openPolling(eio);
    (await client.hang()).abort();
    await until(async () => (await client.post('4x')).body === REFUSED.sid, INTERVAL, 'the end of the session');
  });

  test('a request of another transport than the session has is refused', async (t) => {
    const socket = await openWebSocket(t, ws(eio));
    const { sid } = JSON.parse((await socket.take()).slice(1));
    assert.equal((await send(`${eio}?EIO=4&transport=polling&sid=${sid}`)).body, REFUSED.request);
    socket.send('4still here');
    assert.equal(await socket.take(), '4still here');
  });
});

describe('messages over WebSocket', () => {
  test('come back, text and binary', async (t) => {
    const client = await openWebSocket(t, ws(eio));
    await client.take();
    client.send('4hello');
    assert.equal(await client.take(), '4hello');
    client.send(Buffer.from([1, 2, 3, 4]));
    assert.deepEqual(await client.take(), Buffer.from([1, 2, 3, 4]));
  });

  test('as long as maxPayload are taken; one byte more closes with 1009', async (t) => {
    const client = await openWebSocket(t, ws(eio));
    await client.take();
    client.send(Buffer.alloc(MAX_PAYLOAD));
    assert.equal((await client.take()).length, MAX_PAYLOAD);
    client.send(Buffer.alloc(MAX_PAYLOAD + 1));
    assert.equal(await client.end(), 1009);
  });

  for (const packet of ['abc', '', '0', '5'])
    test(`${JSON.stringify(packet)} ends the session`, async (t) => {
      const client = await openWebSocket(t, ws(eio));
      await client.take();
      client.send(packet);
      await client.end();
    });
});

describe('the heartbeat', () => {
  test('over polling goes on as long as it is answered', async () => {
    const client = await openPolling(eio);
    for (let n = 0; n < 3; n += 1) {
      assert.equal((await client.poll()).body, '2');
      assert.equal((await client.post('3')).status, 200);
    }
  });

  test('over polling counts from the pong, not from the ping', async () => {
    const client = await openPolling(eio);
    await client.poll();
    await delay(TIMEOUT / 2);
    const ponged = performance.now();
    await client.post('3');
    assert.equal((await client.poll()).body, '2');
    assert.ok(performance.now() - ponged >= INTERVAL - 1);
  });

  test('over polling ends a client that does not come, at the very moment', async () => {
    const client = await openPolling(eio);
    await delay(INTERVAL + TIMEOUT);
    assert.equal((await client.poll()).body, REFUSED.sid);
  });

  test('over WebSocket goes on as long as it is answered, and no longer', async (t) => {
    const client = await openWebSocket(t, ws(eio));
    const mute = await openWebSocket(t, ws(eio), { pongs: false });
    await until(() => client.pings >= 3, 5000, 'three pings');
    assert.equal(client.closed, null);
    await mute.end();
    assert.equal(mute.pings, 1);
  });
});

describe('a goodbye', () => {
  test('over polling lets the waiting poll go', async () => {
    const client = await openPolling(eio);
    const poll = await client.hang();
    assert.equal((await client.post('1')).body, 'ok');
    assert.equal((await poll.answer).body, '6');
    assert.equal((await client.poll()).body, REFUSED.sid);
  });

  test('over polling lets one poll go that was under way, and no second one', async () => {
    const client = await openPolling(eio);
    assert.equal((await client.post('1')).body, 'ok');
    assert.equal((await client.post('4x')).body, REFUSED.sid);
    const poll = await client.poll();
    assert.deepEqual([poll.status, poll.body], [200, '6']);
    assert.equal((await client.poll()).body, REFUSED.sid);
  });

  test('over WebSocket closes it', async (t) => {
    const client = await openWebSocket(t, ws(eio));
    await client.take();
    client.send('1');
    await client.end();
  });
});

describe('the upgrade', () => {
  test('lets the waiting poll go, leaves polling live until the 5, and takes over what waits', async (t) => {
    const client = await openPolling(eio);
    const poll = await client.hang();
    const socket = await openWebSocket(t, client.websocketUrl);
    socket.send('2probe');
    assert.equal(await socket.take(), '3probe');
    assert.equal((await poll.answer).body, '6');
    assert.equal((await client.poll()).body, '6');
    assert.equal((await client.post('4before')).body, 'ok');
    assert.equal((await client.poll()).body, '4before');
    assert.equal((await client.post('4waits')).body, 'ok');
    socket.send('5');
    socket.send('4after');
    assert.deepEqual([await socket.take(), await socket.take()], ['4waits', '4after']);
  });

  test('done, requests are refused and a second WebSocket is closed; the first one stays', async (t) => {
    const client = await openPolling(eio);
    const socket = await openWebSocket(t, client.websocketUrl);
    socket.send('2probe');
    await socket.take();
    socket.send('5');
    socket.send('4upgraded');
    assert.equal(await socket.take(), '4upgraded');
    assert.equal((await client.poll()).status, 400);
    assert.equal((await client.post('4x')).status, 400);
    await (await openWebSocket(t, client.websocketUrl)).end();
    socket.send('4hello');
    assert.equal(await socket.take(), '4hello');
  });

  test('that fails its probe changes nothing', async (t) => {
    const client = await openPolling(eio);
    for (const first of ['2prob', '4x', '5', 'abc']) {
      const socket = await openWebSocket(t, client.websocketUrl);
      socket.send(first);
      await socket.end();
      assert.equal((await client.post('4here')).body, 'ok');
      assert.equal((await client.poll()).body, '4here');
    }
  });
});

describe('Socket.IO', () => {
  test('answers a connect with a sid alone, which is not the secret one', async (t) => {
    const { eioSid, answer, auth } = await connectSio(t);
    const { sid, ...rest } = JSON.parse(answer.slice(2));
    assert.deepEqual(rest, {});
    assert.notEqual(sid, eioSid);
    assert.equal(auth, '42["auth",{}]');
  });

  test('hands on what a connect brings, byte for byte', async (t) => {
    const { auth } = await connectSio(t, '40{"token": "123", "n":1e400}');
    assert.equal(auth, '42["auth",{"token": "123", "n":1e400}]');
  });

  test('connects the same client to another namespace beside the main one', async (t) => {
    const { client } = await connectSio(t);
    client.send('40/custom,{"token":"abc"}');
    assert.match(await client.take(), /^40\/custom,\{"sid":"[\w-]{20}"\}$/);
    assert.equal(await client.take(), '42/custom,["auth",{"token":"abc"}]');
    client.send('41/custom,');
    client.send('42["message","still"]');
    assert.equal(await client.take(), '42["message-back","still"]');
  });

  test('refuses a namespace that is none, bytewise', async (t) => {
    const client = await openWebSocket(t, ws(sio));
    await client.take();
    client.send('40/random');
    assert.equal(await client.take(), '44/random,{"message":"Invalid namespace"}');
    client.send('40');
    assert.match(await client.take(), /^40\{"sid":"/);
  });

  test('closes who connects to nothing in time', async (t) => {
    const client = await openWebSocket(t, ws(sio));
    const refused = await openWebSocket(t, ws(sio));
    const { client: connected } = await connectSio(t);
    refused.send('40/random');
    await client.end(3000);
    await refused.end(3000);
    assert.equal(connected.closed, null);
  });

  test('closes who leaves its last namespace and connects to none again', async (t) => {
    const { client } = await connectSio(t);
    client.send('41');
    await client.end(3000);
  });

  for (const packet of ['4abc', '42["message"]', '42/custom,["message"]'])
    test(`closes who sends ${packet} before a connect`, async (t) => {
      const client = await openWebSocket(t, ws(sio));
      await client.take();
      client.send(packet);
      await client.end();
    });

  for (const packet of ['4abc', '42{}', '42[]', '42abc', '42["connect"]', '451-["message"', '4511-["message"]', '47', '4'])
    test(`closes who sends ${packet}`, async (t) => {
      const { client } = await connectSio(t);
      client.send(packet);
      await client.end();
    });

  test('passes events with several arguments, and acknowledges', async (t) => {
    const { client } = await connectSio(t);
    client.send('42["message",1,"2",{"3":[true]},null, 1e400]');
    assert.equal(await client.take(), '42["message-back",1,"2",{"3":[true]},null,1e400]');
    client.send('42456["message-with-ack",1,"2",{"3":[false]}]');
    assert.equal(await client.take(), '43456[1,"2",{"3":[false]}]');
    client.send('42457["message-with-ack"]');
    assert.equal(await client.take(), '43457[]');
  });

  test('passes binary attachments in events and acknowledgements over WebSocket', async (t) => {
    const { client } = await connectSio(t);
    const [one, two] = [Buffer.from([1, 2, 3]), Buffer.from([4, 5, 6])];
    const places = '{"_placeholder":true,"num":0},{"deep":[{"_placeholder":true,"num":1}]}';
    client.send(`452-["message",${places}]`);
    client.send(one);
    client.send(two);
    assert.deepEqual([await client.take(), await client.take(), await client.take()], [`452-["message-back",${places}]`, one, two]);
    client.send(`452-789["message-with-ack",${places}]`);
    client.send(one);
    client.send(two);
    assert.deepEqual([await client.take(), await client.take(), await client.take()], [`462-789[${places}]`, one, two]);
  });

  test('passes binary attachments over polling, in one body or in several', async () => {
    const client = await openPolling(sio);
    await client.post('40');
    await client.poll();
    const placeholder = '{"_placeholder":true,"num":0}';
    await client.post(`451-7["message-with-ack",${placeholder}]\x1ebAQID`);
    assert.equal((await client.poll()).body, `461-7[${placeholder}]\x1ebAQID`);
    await client.post(`451-["message",${placeholder}]`);
    await client.post('bAQIDBA==');
    assert.equal((await client.poll()).body, `451-["message-back",${placeholder}]\x1ebAQIDBA==`);
  });

  test('closes who breaks off a packet with attachments', async (t) => {
    for (const next of ['42["message"]', '41']) {
      const { client } = await connectSio(t);
      client.send('451-["message",{"_placeholder":true,"num":0}]');
      client.send(next);
      await client.end();
    }
    const { client } = await connectSio(t);
    client.send(Buffer.from([1]));
    await client.end();
  });

  test('connects over polling, upgrades, and goes on under the same id', async (t) => {
    const client = await openPolling(sio);
    await client.post('40{"a":1}');
    assert.match((await client.poll()).body, /^40\{"sid":"[\w-]{20}"\}\x1e42\["auth",\{"a":1\}\]$/);
    const poll = start(client.url);
    const socket = await openWebSocket(t, client.websocketUrl);
    socket.send('2probe');
    assert.equal(await socket.take(), '3probe');
    assert.match((await poll.answer).body, /^[26]$/);
    socket.send('5');
    socket.send('42["message","upgraded"]');
    assert.equal(await socket.take(), '42["message-back","upgraded"]');
  });
});
