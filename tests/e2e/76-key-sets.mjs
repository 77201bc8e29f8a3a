// 76-key-sets.mjs: keys for tokens from a URL: fetched, fetched again for a new key, and nothing that a bad one can break

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { describe, test } from 'node:test';
import WebSocket from 'ws';
import { makeAuthority } from './lib/certificates.mjs';
import { connect } from './lib/member.mjs';
import { delay, start, startHost, until } from './lib/process.mjs';
import { bearer, makeToken } from './lib/token.mjs';

/** @typedef {(answer: import('node:http').ServerResponse) => void} Answer */

function makeKey(kid) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' }, token: (claims = {}) => makeToken(claims, { alg: 'ES256', kid, key: privateKey }) };
}

/** A place that has a key set, or says something else. @param {import('node:test').TestContext} t */
async function startPlace(t, tls = null) {
  const place = { n: 0, url: '', answer: /** @type {Answer} */ ((answer) => answer.end('{}')), keys: (/** @type {any[]} */ ...keys) => {
    place.answer = (answer) => answer.end(JSON.stringify({ keys: keys.map((key) => key.jwk) }));
  } };
  const handle = (/** @type {any} */ _, /** @type {any} */ answer) => (place.n++, answer.on('error', () => {}), place.answer(answer));
  const server = tls ? createSecureServer(tls, handle) : createServer(handle);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  t.after(() => (server.closeAllConnections(), server.close()));
  place.url = `${tls ? 'https://localhost' : 'http://127.0.0.1'}:${/** @type {any} */ (server.address()).port}/keys`;
  return place;
}

const status = async (/** @type {string} */ url, /** @type {string} */ token) => (await fetch(`${url}/api/rooms`, { headers: bearer(token) })).status;
const hostFor = (t, url, args = []) => startHost(t, ['--auth-mode', 'jwt', '--auth-jwks', url, '--log-level', 'info', ...args]);
const memory = (/** @type {number} */ pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

describe('key sets', { concurrency: true }, () => {
  test('a new key is fetched when its first token comes, which waits for it; unknown ones do not cause fetches', { timeout: 60000 }, async (t) => {
    const [one, two] = [makeKey('one'), makeKey('two')];
    const place = await startPlace(t);
    place.keys(one);
    const { url } = await hostFor(t, place.url);
    assert.equal(await status(url, one.token()), 200);
    assert.equal(place.n, 1);
    const evil = await Promise.all(Array.from({ length: 200 }, (_, n) => status(url, makeKey(`evil-${n}`).token())));
    assert.deepEqual(new Set(evil), new Set([401]));
    assert.equal(place.n, 1, 'the last fetch is younger than 10 s');

    place.keys(one, two);
    const answer = place.answer;
    place.answer = (to) => void setTimeout(() => answer(to), 500);
    await delay(10200);
    const came = [status(url, two.token()), status(url, makeKey('none').token()), status(url, one.token())];
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?access_token=${two.token()}`);
    t.after(() => socket.terminate());
    const opened = new Promise((resolve) => (socket.on('open', () => resolve('open')), socket.on('error', resolve)));
    const left = new WebSocket(`${url.replace('http', 'ws')}/ws?access_token=${two.token()}`);
    left.on('error', () => {});
    setTimeout(() => left.terminate(), 100);
    const members = await Promise.all([
      connect(t, url, { auth: { token: two.token() } }),
      connect(t, url, { transports: ['websocket'], auth: { token: two.token() } }),
      connect(t, url, { extraHeaders: bearer(two.token()) }),
    ]);
    assert.deepEqual(await Promise.all(came), [200, 401, 200]);
    assert.equal(await opened, 'open');
    for (const member of members)
      assert.equal((await member.socket.emitWithAck('join-room', { roomId: 'x', displayName: 'A' })).ok, true);
    await assert.rejects(connect(t, url, { auth: { token: makeKey('none').token() } }), /not known here/);
    assert.equal(place.n, 2, 'one fetch for all of them');
    const text = await (await fetch(`${url}/metrics`)).text();
    assert.match(text, /meshbot_auth_jwks_fetches_total\{result="ok"\} 2\n/);
  });

  test('by https, from whom the host was told to trust', { timeout: 30000 }, async (t) => {
    const authority = await makeAuthority(t);
    const { certificate, key } = authority.issue('keys');
    const place = await startPlace(t, { cert: readFileSync(certificate), key: readFileSync(key) });
    const one = makeKey('one');
    place.keys(one);
    const trusting = await hostFor(t, place.url, ['--ca-file', authority.ca]);
    assert.equal(await status(trusting.url, one.token()), 200);
    const doubting = await hostFor(t, place.url);
    assert.equal(await status(doubting.url, one.token()), 503);
    assert.match(doubting.log, /key set could not be fetched, nobody can come in/);
    assert.equal(place.n, 1);
    for (const url of ['http://keys.example/set', 'https://', 'http://127.0.0.1.evil.example/x']) {
      const program = start(t, ['--listen', '0', '--store', ':memory:', '--auth-mode', 'jwt', '--auth-jwks', url]);
      assert.equal((await program.ended).code, 2, program.log);
      assert.match(program.log, /^meshbot: --auth-jwks: /);
    }
  });

  /** What a place may answer in place of a key set. @type {[string, Answer][]} */
  const WRONG = [
    ['huge', (answer) => {
      const more = () => {
        while (!answer.destroyed && answer.write(' '.repeat(65536)));
      };
      answer.on('drain', more);
      more();
    }],
    ['slow', (answer) => {
      const timer = setInterval(() => answer.write(' '), 200);
      answer.on('close', () => clearInterval(timer));
    }],
    ['silent', () => {}],
    ['a page', (answer) => answer.end('<html></html>')],
    ['missing', (answer) => (answer.writeHead(404), answer.end('{"keys":[]}'))],
    ['elsewhere', (answer) => (answer.writeHead(302, { Location: '/keys/there' }), answer.end())],
    ['empty', (answer) => answer.end('{"keys":[]}')],
    ['cut off', (answer) => (answer.writeHead(200, { 'Content-Length': 1000 }), answer.write('{"keys":['), setTimeout(() => answer.destroy(), 50))],
    ['deep', (answer) => answer.end('['.repeat(100000))],
    ['a secret', (answer) => answer.end(JSON.stringify({ keys: [{ kty: 'oct', kid: 'one', k: Buffer.alloc(32).toString('base64url'), alg: 'HS256' }] }))],
  ];
  for (const [name, answer] of WRONG) {
    test(`a key set that is ${name} lets nobody in and breaks nothing; the right one does, later`, { timeout: 30000 }, async (t) => {
      const one = makeKey('one');
      const place = await startPlace(t);
      place.answer = answer;
      const host = await hostFor(t, place.url);
      const before = memory(host.pid);
      const [slowest, forged] = await Promise.all([status(host.url, one.token()), status(host.url, makeToken({}, { kid: 'one', key: Buffer.alloc(32) }))]);
      assert.equal(slowest, 503);
      assert.equal(forged, 503);
      assert.equal((await fetch(`${host.url}/readyz`)).status, 503);
      assert.equal((await fetch(`${host.url}/healthz`)).status, 200);
      assert.ok(memory(host.pid) - before < 20000, `${memory(host.pid) - before} KiB more`);
      place.keys(one);
      await until(async () => (await status(host.url, one.token())) === 200, 15000, () => host.log);
      assert.equal((await fetch(`${host.url}/readyz`)).status, 200);
      assert.equal(host.log.split('\n').filter((line) => line.includes('could not be fetched')).length, 1, host.log);
    });
  }

  test('a key set that becomes wrong changes nothing', { timeout: 40000 }, async (t) => {
    const one = makeKey('one');
    const place = await startPlace(t);
    place.keys(one);
    const host = await hostFor(t, place.url);
    assert.equal(await status(host.url, one.token()), 200);
    await delay(10200);
    place.answer = (answer) => answer.end('nothing');
    assert.equal(await status(host.url, makeKey('two').token()), 401);
    assert.equal(place.n, 2);
    assert.equal(await status(host.url, one.token()), 200);
    assert.match(host.log, /could not be fetched, the keys before it stay/);
  });
});
