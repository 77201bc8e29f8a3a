// 80-intruders.mjs: who does not belong gets a refusal that is counted, and no word of what is secret; nobody else notices

import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import WebSocket from 'ws';
import { connect, connectPlain } from './lib/member.mjs';
import { childrenOf, delay, folder, startHost, until } from './lib/process.mjs';
import { bearer, makeToken } from './lib/token.mjs';

const encode = (/** @type {unknown} */ value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const inAMinute = () => Math.floor(Date.now() / 1000) + 60;

/** Bytes on a connection, and all that comes back. @param {number} port @param {string} text */
function raw(port, text) {
  return /** @type {Promise<string>} */ (new Promise((resolve) => {
    const socket = connectTcp(port, '127.0.0.1');
    let answer = '';
    socket.on('data', (data) => (answer += data));
    socket.on('close', () => resolve(answer));
    socket.on('error', () => resolve(answer));
    socket.end(text, 'latin1');
  }));
}

/** How a WebSocket handshake ends. @returns {Promise<number>} 101, another status, or 0 */
function shakeHands(t, url, options = {}) {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, options);
    t.after(() => socket.terminate());
    socket.on('open', () => resolve(101));
    socket.on('unexpected-response', (_, answer) => resolve(answer.statusCode ?? 0));
    socket.on('error', () => resolve(0));
  });
}

const count = async (/** @type {string} */ url, /** @type {string} */ reason) =>
  Number(new RegExp(`meshbot_http_refused_total\\{reason="${reason}"\\} (\\d+)`).exec(await (await fetch(`${url}/metrics`)).text())?.[1]);

test('forty forged and stale tokens are 401 on every way in, and are counted', { timeout: 60000 }, async (t) => {
  const dir = await folder(t);
  const key = randomBytes(32).toString('hex');
  writeFileSync(join(dir, 'secret'), key, { mode: 0o600 });
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = String(pair.publicKey.export({ type: 'spki', format: 'pem' }));
  writeFileSync(join(dir, 'pem'), pem);
  const about = { iss: 'https://id.example', aud: 'meet' };
  const mac = (/** @type {string} */ text, /** @type {string} */ by = key) => `${text}.${createHmac('sha256', by).update(text).digest('base64url')}`;
  const made = (/** @type {object} */ header, /** @type {unknown} */ claims, by = key) => mac(`${encode(header)}.${encode(claims)}`, by);
  const claims = { ...about, exp: inAMinute(), room: 'x' };
  const HS = { alg: 'HS256', typ: 'JWT' };
  const good = made(HS, claims);
  const [header, payload, signature] = good.split('.');
  const tokens = [
    ...['none', 'None', 'NONE', 'nOnE'].flatMap((alg) => [`${encode({ alg })}.${payload}.`, `${encode({ alg })}.${payload}.${signature}`]),
    `${header}.${payload}.`, `${header}.${payload}`, `${header}..${signature}`, `.${payload}.${signature}`, '..', 'x', 'a.b.c',
    `${header}.${encode({ ...claims, grants: ['admin'] })}.${signature}`,
    `${header}.${payload}.${signature.slice(1)}`, `${header}.${payload}.${signature}A`, `${header}.${payload}.${signature}=`,
    `${header}.${payload}.${signature}.${signature}`, `${header}.${payload}.${signature}.a.b`, good.replaceAll('-', '+').replaceAll('_', '/') + '+',
    made(HS, claims, `${key}0`), made(HS, claims, ''), made({ alg: 'HS512' }, claims), made({ alg: 'RS256' }, claims), made({ typ: 'JWT' }, claims),
    made({ ...HS, crit: ['exp'] }, claims), made({ ...HS, typ: 'dpop+jwt' }, claims), made({ ...HS, kid: 7 }, claims),
    made(HS, { ...claims, exp: undefined }), made(HS, { ...claims, exp: inAMinute() - 120 }), made(HS, { ...claims, exp: String(inAMinute()) }),
    made(HS, { ...claims, exp: -1 }), made(HS, { ...claims, exp: 1e300 }), made(HS, { ...claims, nbf: inAMinute() }), made(HS, { ...claims, nbf: 'now' }),
    made(HS, { ...claims, iss: 'https://evil.example' }), made(HS, { ...claims, iss: undefined }), made(HS, { ...claims, aud: 'other' }),
    made(HS, { ...claims, aud: [] }), made(HS, { ...claims, room: 7 }), made(HS, { ...claims, grants: 7 }), made(HS, [claims]), made(HS, '{"exp":'),
    made(HS, '['.repeat(5000)), made(HS, { ...claims, filler: 'x'.repeat(9000) }), `${good}\0`.slice(0, -1) + '%00', encode(good),
  ];
  assert.ok(tokens.length >= 40, `${tokens.length}`);
  const { url, port } = await startHost(t, ['--auth-mode', 'jwt', '--auth-secret-file', join(dir, 'secret'), '--auth-issuer', about.iss, '--auth-audience', about.aud]);
  const status = async (/** @type {string} */ at, /** @type {string} */ token) => (await fetch(`${at}/api/rooms`, { headers: bearer(token) })).status;
  assert.equal(await status(url, good), 200);
  const ws = `${url.replace('http', 'ws')}/ws`;
  for (const token of tokens) {
    const answer = await fetch(`${url}/api/rooms`, { headers: bearer(token) });
    assert.ok(answer.status === 401, `${token.slice(0, 200)}: ${answer.status}`);
    const text = await answer.text();
    assert.ok(!text.includes(token.split('.')[2] || '\0'), text);
    assert.ok(!text.includes(key));
    assert.equal(await shakeHands(t, `${ws}?access_token=${encodeURIComponent(token)}`), 401);
    await assert.rejects(connect(t, url, { transports: ['websocket'], auth: { token } }), /token/);
  }
  assert.equal(await count(url, 'unauthorized'), 2 * tokens.length);
  assert.match(await raw(port, `GET /api/rooms HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${good}\r\nX: \0\r\n\r\n`), /^HTTP\/1.1 400 /);

  const byKey = await startHost(t, ['--auth-mode', 'jwt', '--auth-public-key', join(dir, 'pem')]);
  assert.equal(await status(byKey.url, makeToken({}, { alg: 'ES256', key: pair.privateKey })), 200);
  const es = encode({ alg: 'ES256' });
  for (const token of [
    made(HS, claims, pem), made(HS, claims, pem.trim()), made({ alg: 'HS256' }, claims, pem.split('\n').slice(1, -2).join('')),
    `${es}.${payload}.${Buffer.alloc(64).toString('base64url')}`, `${es}.${payload}.${Buffer.alloc(64, 255).toString('base64url')}`, `${es}.${payload}.MAYCAQACAQA`,
    makeToken({}, { alg: 'ES256', key: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey }),
  ])
    assert.equal(await status(byKey.url, token), 401);
});

test('twenty origins that are not ours are 403 on every way in; ours, a named one and none are let in', { timeout: 60000 }, async (t) => {
  const { url, port } = await startHost(t, ['--allow-origin', 'https://app.example']);
  const own = `http://127.0.0.1:${port}`;
  const foreign = [
    'null', 'https://evil.example', 'http://app.example', 'https://app.example:8443', 'https://app.example.evil.example', 'https://evilapp.example',
    'https://app.example/', 'https://app.example/path', 'https://app.example@evil.example', 'https://evil.example#https://app.example', 'https://app.example, https://evil.example',
    'https://app.example https://evil.example', '*', 'app.example', 'file://', 'chrome-extension://abcdef', `http://localhost:${port}`, `http://127.0.0.1:${port + 1}`,
    `http://127.0.0.1:${port}.evil.example`, `http://127.0.0.1:${port}@evil.example`, 'http://127.0.0.1', `ftp://127.0.0.1:${port}`, 'https://аpp.example'.normalize(), 'https://sub.app.example',
  ];
  assert.ok(foreign.length >= 20);
  const ask = (/** @type {string} */ path, /** @type {Record<string, string>} */ headers, method = 'GET') => new Promise((resolve) => {
    const call = request(url + path, { method, headers, agent: false }, (answer) => (answer.resume(), resolve({ status: answer.statusCode, headers: answer.headers })));
    call.on('error', () => resolve({ status: 0, headers: {} }));
    call.end();
  });
  const ways = async (/** @type {Record<string, string>} */ headers) => [
    (await ask('/api/rooms', headers)).status,
    (await ask('/socket.io/?EIO=4&transport=polling', headers)).status,
    await shakeHands(t, `${url.replace('http', 'ws')}/ws`, { headers }),
    await shakeHands(t, `${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, { headers }),
  ];
  for (const origin of foreign) {
    const headers = { Origin: Buffer.from(origin, 'utf8').toString('latin1') };
    assert.deepEqual(await ways(headers), [403, 403, 403, 403], origin);
    const preflight = await ask('/api/rooms', { ...headers, 'Access-Control-Request-Method': 'POST' }, 'OPTIONS');
    assert.equal(preflight.status, 403);
    assert.equal(preflight.headers['access-control-allow-origin'], undefined);
  }
  assert.equal(await count(url, 'forbidden'), 5 * foreign.length);
  for (const headers of [{}, { Origin: own }, { Origin: 'https://app.example' }])
    assert.deepEqual(await ways(headers), [200, 200, 101, 101], JSON.stringify(headers));
  const preflight = await ask('/api/rooms', { Origin: 'https://app.example', 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'authorization' }, 'OPTIONS');
  assert.deepEqual([preflight.status, preflight.headers['access-control-allow-origin'], preflight.headers['access-control-allow-headers']], [204, 'https://app.example', 'authorization']);
});

test('no path leads out, and nothing that is sent comes back as a header', { timeout: 60000 }, async (t) => {
  const dir = await folder(t);
  writeFileSync(join(dir, 'secret.txt'), 'root:secret');
  mkdirSync(join(dir, 'state'));
  const { url, port, ...host } = await startHost(t, ['--store', join(dir, 'state', 'rooms.db')]);
  const ups = ['..', '%2e%2e', '.%2e', '%2e.', '..%2f', '%2e%2e%2f', '..%5c', '..\\', '....//', '%252e%252e', '%c0%ae%c0%ae', '..;', '..%00', '%u002e%u002e'];
  const targets = ups.flatMap((up) => ['/', '/socket.io/', '/api/rooms/', '/room.html/', '/api/'].flatMap((base) =>
    ['etc/passwd', 'secret.txt', 'proc/self/environ'].map((file) => `${base}${`${up}/`.repeat(6)}${file}`)));
  for (const target of [...targets, '//etc/passwd', '/%2fetc%2fpasswd', 'file:///etc/passwd', 'http://a/../../etc/passwd', '/etc/passwd', '/rooms.db', '/.git/config']) {
    const answer = await raw(port, `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 (400|404|405) /, target);
    assert.doesNotMatch(answer, /root:/);
  }
  for (const id of ['../../x', '..', '.', 'a/b', 'a\\b', 'a\0b', '%2e%2e', 'x'.repeat(65), '', ' ', 'a.b', 'é']) {
    const answer = await fetch(`${url}/api/rooms`, { method: 'POST', body: JSON.stringify({ name: 'A', id }), headers: { 'Content-Type': 'application/json' } });
    assert.equal(answer.status, 400, id);
  }
  assert.deepEqual(readdirSync(dir).sort(), ['secret.txt', 'state']);

  const INJECTION = 'X-Injected: yes';
  for (const bad of [
    `GET /%0d%0a${encodeURIComponent(INJECTION)} HTTP/1.1\r\nHost: a`, `GET /a\r\n${INJECTION} HTTP/1.1\r\nHost: a`, `GET / HTTP/1.1\r\nHost: a\n${INJECTION}`,
    `GET / HTTP/1.1\r\nHost: a\rX-Injected: yes`, `OPTIONS /api/rooms HTTP/1.1\r\nHost: a\r\nAccess-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: a\n${INJECTION}`,
    `OPTIONS /api/rooms HTTP/1.1\r\nHost: a\r\nAccess-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: a\r ${INJECTION}`,
    `GET /api/rooms HTTP/1.1\r\nHost: a\r\nOrigin: http://a\r${INJECTION}`, `GET /api/rooms?limit=1&after=%0d%0aX-Injected:%20yes HTTP/1.1\r\nHost: a`,
    `GET /api/rooms HTTP/1.1\r\nHost: a\r\nIf-None-Match: "\r\n ${INJECTION}"`, `GET /api/rooms HTTP/1.1\r\nHost: a\r\nHost: b`, `GET /api/rooms HTTP/1.1\r\nHost : a`,
    `POST /api/rooms HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked`,
  ]) {
    const answer = await raw(port, `${bad}\r\nConnection: close\r\n\r\n`);
    const head = answer.split('\r\n\r\n')[0];
    assert.match(answer, /^HTTP\/1\.1 \d\d\d /);
    assert.doesNotMatch(head, /^x-injected/im, bad);
    assert.equal(answer.match(/HTTP\/1\.1 \d\d\d /g)?.length, 1, 'one answer');
  }
  assert.ok(host.running !== false);
});

test('a thousand addresses flood, and a call goes on', { timeout: 90000 }, async (t) => {
  const { url, port, pid } = await startHost(t, [], { rateLimit: true });
  const [one, two] = [await connectPlain(t, url), await connectPlain(t, url)];
  for (const member of [one, two]) {
    member.send('join-room', { roomId: 'call', displayName: 'A' });
    await member.take('peers');
  }
  const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  const before = memory();
  let [sent, running] = [0, true];
  /** @type {number[]} */
  const waits = [];
  const talk = (async () => {
    while (running) {
      const begun = performance.now();
      one.send('signal', { to: two.id, data: { n: sent++ } });
      await two.take('signal', 10000);
      waits.push(performance.now() - begun);
      await delay(5);
    }
  })();
  const statuses = new Map();
  const flood = (/** @type {string} */ from) => new Promise((resolve) => {
    const socket = connectTcp({ port, host: '127.0.0.1', localAddress: from });
    let text = '';
    socket.on('data', (data) => (text += data));
    socket.on('error', () => {});
    socket.on('close', () => {
      for (const [, status] of text.matchAll(/HTTP\/1\.1 (\d+)/g))
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      resolve(undefined);
    });
    const poll = 'GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: a\r\n';
    socket.write(`${`${poll}\r\n`.repeat(20)}${'GET /api/rooms/none HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(20)}GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  });
  const addresses = Array.from({ length: 1000 }, (_, n) => `127.1.${n >> 8}.${(n & 255) || 1}`);
  for (let at = 0; at < addresses.length; at += 50)
    await Promise.all(addresses.slice(at, at + 50).map(flood));
  running = false;
  await talk;
  assert.equal(two.messages.filter((message) => message.type === 'signal').length, 0, 'each came once');
  assert.ok(sent >= 10, `${sent}`);
  waits.sort((a, b) => a - b);
  assert.ok(waits[Math.floor(waits.length * 0.9)] < 500, `${waits.at(-1)}`);
  assert.ok([...statuses.values()].reduce((sum, n) => sum + n, 0) >= 40000, JSON.stringify([...statuses]));
  // 20,000 sessions were opened and never used: they are gone after their deadline, and what they took is bounded.
  assert.ok(memory() - before < 200000, `${memory() - before} KiB more`);
  const last = Array.from({ length: 260 }, () => fetch(`${url}/api/rooms`).then((answer) => answer.status));
  assert.ok((await Promise.all(last)).includes(200));
});

test('secrets are in no command line, log, answer or core', { timeout: 60000 }, async (t) => {
  const dir = await folder(t);
  const [key, turn, page] = [randomBytes(32).toString('hex'), randomBytes(24).toString('hex'), randomBytes(24).toString('hex')];
  for (const [name, value] of Object.entries({ key, turn, page }))
    writeFileSync(join(dir, name), `${value}\n`, { mode: 0o600 });
  const host = await startHost(t, ['--auth-mode', 'jwt', '--auth-secret-file', join(dir, 'key'), '--ice-turn', 'turn:turn.example', '--ice-turn-secret-file', join(dir, 'turn'),
    '--metrics-token-file', join(dir, 'page'), '--room', 'x', '--log-level', 'debug', '--audit', join(dir, 'audit')]);
  const token = makeToken({ room: '*', grants: ['admin'] }, { key });
  const answers = [];
  await until(async () => (await (await fetch(`${host.url}/api/rooms/x`, { headers: bearer(token) })).json()).members?.length === 1, 15000, () => host.log);
  const ice = await (await fetch(`${host.url}/api/ice-servers`, { headers: bearer(token) })).json();
  const password = ice.iceServers.find((/** @type {any} */ server) => server.credential).credential;
  for (const [path, options] of /** @type {[string, RequestInit][]} */ ([
    ['/api/rooms', { headers: bearer(`${token}x`) }], [`/api/rooms?access_token=${token}`, {}], ['/metrics', {}], ['/metrics', { headers: bearer(token) }],
    ['/api/rooms', { method: 'POST', headers: { ...bearer(token), 'Content-Type': 'application/json' }, body: `{"name":"${token}` }], [`/${token}`, {}], ['/readyz', {}],
    ['/metrics', { headers: bearer(page) }],
  ]))
    answers.push(await (await fetch(host.url + path, options)).text());
  const processes = [host.pid, ...await childrenOf(host.pid)];
  assert.equal(processes.length, 2);
  const lines = processes.map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  const cores = processes.map((pid) => /Max core file size +(\S+) +(\S+)/.exec(readFileSync(`/proc/${pid}/limits`, 'utf8'))?.slice(1));
  assert.deepEqual(cores, [['0', '0'], ['0', '0']]);
  await host.end();
  const audit = readFileSync(join(dir, 'audit'), 'utf8');
  for (const [what, secret] of Object.entries({ key, turn, page, token: token.split('.')[2], password }))
    for (const [where, text] of Object.entries({ lines: lines.join(), log: host.log, out: host.out, answers: answers.join(), audit }))
      assert.ok(!text.includes(secret), `${what} in ${where}`);
});
