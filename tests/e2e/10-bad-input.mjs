// 10-bad-input.mjs: nonsense is answered or cut off, and nobody else loses anything

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { connect, connectPlain } from './lib/member.mjs';
import { delay, membersOf, startBot, startHost, until } from './lib/process.mjs';

const DEEP = `${'['.repeat(10000)}${']'.repeat(10000)}`;
const CODES = ['bad-request', 'not-found', 'not-in-room', 'too-large', 'rate-limited'];

/**
 * A member and a friend, who can always still talk.
 * @param {import('node:test').TestContext} t
 * @param {string} url
 */
async function pair(t, url) {
  const alice = await connectPlain(t, url);
  const bob = await connectPlain(t, url);
  alice.send('join-room', { roomId: 'good', displayName: 'Alice' });
  await alice.take('peers');
  bob.send('join-room', { roomId: 'good', displayName: 'Bob' });
  await bob.take('peers');
  let n = 0;
  return {
    alice,
    bob,
    talk: async () => {
      n += 1;
      alice.send('signal', { to: bob.id, data: { n } });
      assert.deepEqual((await bob.take('signal')).data, { n });
    },
  };
}

/** @param {Awaited<ReturnType<typeof connectPlain>>} member */
async function errorOrClosed(member) {
  await until(() => member.closed !== null || member.messages.some(({ type }) => type === 'room-error'), 5000,
    () => `an error or the end; there came ${JSON.stringify(member.messages)}`);
  for (const { type, code, message } of member.messages) {
    if (type === 'room-error') {
      assert.ok(CODES.includes(code), code);
      assert.equal(typeof message, 'string');
    }
  }
}

test('the host, over the plain dialect', { timeout: 60000 }, async (t) => {
  const host = await startHost(t);
  const { alice, talk } = await pair(t, host.url);
  const elsewhere = await connectPlain(t, host.url);
  elsewhere.send('join-room', { roomId: 'elsewhere', displayName: 'E' });
  await elsewhere.take('peers');

  const joined = JSON.stringify({ type: 'join-room', roomId: 'good', displayName: 'x' });
  /** @type {[string, (string | Buffer)[]][]} */
  const cases = [
    ['a room id with a space', [JSON.stringify({ type: 'join-room', roomId: 'a b', displayName: 'x' })]],
    ['a room id that is too long', [JSON.stringify({ type: 'join-room', roomId: 'a'.repeat(65), displayName: 'x' })]],
    ['no room id', [JSON.stringify({ type: 'join-room', displayName: 'x' })]],
    ['a room id that is a number', [JSON.stringify({ type: 'join-room', roomId: 7 })]],
    ['a signal before joining', [JSON.stringify({ type: 'signal', to: alice.id, data: {} })]],
    ['a signal to a peer of another room', [joined, JSON.stringify({ type: 'signal', to: elsewhere.id, data: {} })]],
    ['a signal to nobody', [joined, JSON.stringify({ type: 'signal', to: 'nobody', data: {} })]],
    ['an unknown event', [JSON.stringify({ type: 'no-such-event' })]],
    ['no JSON', ['{"type": "join-room"']],
    ['an array', ['[]']],
    ['nothing', ['']],
    ['a binary frame', [Buffer.from([0, 1, 2, 3])]],
    ['10,000 levels', [joined, `{"type":"signal","to":"${alice.id}","data":${DEEP}}`]],
    ['over 1 MB', [joined, JSON.stringify({ type: 'signal', to: alice.id, data: 'x'.repeat(1 << 20) })]],
  ];
  for (const [name, frames] of cases) {
    const stranger = await connectPlain(t, host.url);
    for (const frame of frames)
      stranger.socket.send(frame);
    await errorOrClosed(stranger).catch((error) => assert.fail(`${name}: ${error.message}`));
    stranger.socket.terminate();
    await talk();
  }
  assert.deepEqual(elsewhere.messages.filter(({ type }) => type === 'signal'), []);
  assert.deepEqual(alice.messages.filter(({ type }) => type === 'signal'), []);
  assert.ok(host.running);
  assert.deepEqual(await host.end(), { code: 0, signal: null });
});

test('the host, over Socket.IO', { timeout: 60000 }, async (t) => {
  const host = await startHost(t);
  const { alice, talk } = await pair(t, host.url);
  const stranger = await connect(t, host.url);
  for (const payload of [{ roomId: 'a b' }, { roomId: '' }, {}, null, 'x', [], { roomId: { a: 1 } }]) {
    const { ok, error } = await stranger.socket.timeout(5000).emitWithAck('join-room', payload);
    assert.equal(ok, false, JSON.stringify(payload));
    assert.ok(error);
  }
  stranger.socket.emit('signal', { to: alice.id, data: 1 });
  const { code } = await stranger.take('room-error');
  assert.equal(code, 'not-in-room');
  await talk();

  const open = async () => {
    const answer = await (await fetch(`${host.url}/socket.io/?EIO=4&transport=polling`)).text();
    return `${host.url}/socket.io/?EIO=4&transport=polling&sid=${JSON.parse(answer.slice(1)).sid}`;
  };
  for (const body of ['', 'x', '9', '4', '42', '42["join-room"', `42["join-room",${DEEP}]`, '451-["a"]', '4999999999999999999999[]',
    '\x1e\x1e\x1e', 'b!!!', `4${'2'.repeat(900000)}`]) {
    const url = await open();
    await fetch(url, { method: 'POST', body: '40' });
    const answer = await fetch(url, { method: 'POST', body });
    assert.ok([200, 400, 413].includes(answer.status), `${body.slice(0, 20)}: ${answer.status}`);
    await answer.text();
  }
  const answer = await fetch(await open(), { method: 'POST', body: 'x'.repeat(3 << 20) }).catch(() => null);
  assert.ok(!answer || [400, 413].includes(answer.status), String(answer?.status));
  await talk();
  assert.ok(host.running);
});

test('a bot, while a page watches it', { timeout: 90000 }, async (t) => {
  const host = await startHost(t);
  const bot = startBot(t, host.url, 'x', ['--source', 'videotestsrc']);
  const browser = await openBrowser(t);
  const page = await openRoom(browser, host.url, 'x');
  await page.waitPlaying(1, 10000);
  const botId = (await membersOf(host.url, 'x')).find((/** @type {any} */ each) => each.role === 'bot').id;
  const stop = await page.watchGaps(botId);

  const stranger = await connectPlain(t, host.url);
  stranger.send('join-room', { roomId: 'x', displayName: 'stranger' });
  await stranger.take('peers');
  const tell = (/** @type {any} */ data) => stranger.send('signal', { to: botId, data });
  const lines = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0'];
  const sdps = ['', 'garbage', '\0\0\0', 'v=0', lines.join('\r\n'), [...lines, ...Array(500).fill('m=video 9 UDP/TLS/RTP/SAVPF 96')].join('\r\n'),
    [...lines, 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=mid:0', 'a=mid:0', 'a=fingerprint:sha-256 zz', 'a=ice-ufrag:x'].join('\r\n'),
    'a='.repeat(300000)];
  for (const sdp of sdps) {
    for (const type of ['offer', 'answer', 'rollback', 'nonsense'])
      tell({ description: { type, sdp } });
    tell({ type: 'offer', sdp });
    tell({ sdp: { type: 'offer', sdp } });
  }
  for (const data of [null, 1, 'x', [], {}, { description: null }, { description: 7 }, { candidate: 7 }, { candidate: {} },
    { candidate: { candidate: 'nonsense', sdpMid: [], sdpMLineIndex: -1 } }, { ice: null }])
    tell(data);
  for (let n = 0; n < 10000; n += 1) {
    tell({ candidate: { sdpMid: '0', sdpMLineIndex: 0,
      candidate: `candidate:${n} 1 udp ${n} ${['10.99.0.9', '127.0.0.1', '169.254.169.254', 'ff02::1', 'x'.repeat(50)][n % 5]} ${1024 + n} typ host` } });
    if (n % 500 === 0)
      await delay(1);
  }
  await delay(3000);
  const { gap, bearable, frames, expected } = await stop();
  assert.ok(frames > expected, `${frames} frames, ${Math.round(expected)} at least`);
  assert.ok(gap <= bearable, `a gap of ${Math.round(gap)} ms`);
  assert.ok(bot.running && host.running, bot.log.slice(-2000));
  const late = await openRoom(browser, host.url, 'x', { name: 'late' });
  await until(async () => (await late.received()).some((each) => each.state === 'connected' && each.framesDecoded > 10),
    10000, () => `media for one who comes after\n${bot.log.slice(-2000)}`);
  assert.deepEqual(await bot.end(), { code: 0, signal: null });
});
