// 70-tokens.mjs: a host that wants tokens: every way they come, every algorithm, and none in a log

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import WebSocket from 'ws';
import { connect } from './lib/member.mjs';
import { folder, start, startBot, startHost, until } from './lib/process.mjs';
import { bearer, makeToken } from './lib/token.mjs';

const run = promisify(execFile);
const MESHBOT = /** @type {string} */ (process.env.MESHBOT);

/** A host with a secret of its own, and a log of everything. @param {import('node:test').TestContext} t */
async function startWithSecret(t, args = []) {
  const dir = await folder(t);
  const secret = randomBytes(32).toString('hex');
  const file = join(dir, 'secret');
  await writeFile(file, `${secret}\n`, { mode: 0o600 });
  const host = await startHost(t, ['--auth-mode', 'jwt', '--auth-secret-file', file, '--log-level', 'debug', ...args]);
  return { ...host, host, dir, file, secret };
}

/** How a WebSocket handshake ends. @returns {Promise<number>} 101 or another status */
function shakeHands(t, url, options = {}) {
  const socket = new WebSocket(url, options);
  t.after(() => socket.terminate());
  return new Promise((resolve) => {
    socket.on('open', () => resolve(101));
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
    socket.on('error', () => {});
  });
}

/** @param {string} url @param {string} token */
async function statusOf(url, token) {
  return (await fetch(`${url}/api/rooms`, { headers: bearer(token) })).status;
}

test('a token comes in every way that the contract names, and stands in no log', { timeout: 60000 }, async (t) => {
  const { url, host, file, secret } = await startWithSecret(t);
  const good = makeToken({ room: 'x', name: 'Ann' }, { key: secret });
  const bad = makeToken({ room: 'x', name: 'Ann' }, { key: `${secret}0` });
  const ws = `${url.replace(/^http/, 'ws')}/ws`;

  assert.equal(await statusOf(url, good), 200);
  assert.equal(await statusOf(url, bad), 401);
  assert.equal(await shakeHands(t, ws), 401);
  assert.equal(await shakeHands(t, `${ws}?access_token=${bad}`), 401);
  assert.equal(await shakeHands(t, `${ws}?access_token=${good}`), 101);
  assert.equal(await shakeHands(t, ws, { headers: bearer(good) }), 101);

  for (const transports of [['polling'], ['websocket']]) {
    const byAuth = await connect(t, url, { transports, auth: { token: good } });
    assert.deepEqual((await byAuth.socket.emitWithAck('join-room', { roomId: 'x', displayName: 'Me' })).ok, true);
    const other = await byAuth.socket.emitWithAck('join-room', { roomId: 'y', displayName: 'Me' });
    assert.equal(other.ok, false);
    await connect(t, url, { transports, extraHeaders: bearer(good) });
    await assert.rejects(connect(t, url, { transports, extraHeaders: bearer(bad) }));
    await assert.rejects(connect(t, url, { transports }), /this host wants a token/);
    await assert.rejects(connect(t, url, { transports, auth: { token: 7 } }), /token/);
    await assert.rejects(connect(t, url, { transports, auth: { token: bad } }), (/** @type {any} */ error) => {
      assert.match(error.message, /signature is wrong/);
      assert.equal(error.data.code, 'unauthorized');
      return true;
    });
  }
  await host.end();
  for (const part of [...good.split('.').slice(1), ...bad.split('.').slice(1), secret])
    assert.ok(!host.log.includes(part), `a part of a token is in the log:\n${host.log}`);
  assert.ok(host.log.length > 0);
  assert.equal((await readFile(file, 'utf8')).trim(), secret);
});

test('meshbot token makes one, and a bot comes in with it', { timeout: 60000 }, async (t) => {
  const { url, host, dir, file, secret } = await startWithSecret(t);
  const made = await run(MESHBOT, ['token', '--secret-file', file, '--room', 'x', '--name', 'Ann', '--expires', '2h']);
  const token = made.stdout.trim();
  const claims = JSON.parse(String(Buffer.from(token.split('.')[1], 'base64url')));
  const text = token.slice(0, token.lastIndexOf('.'));
  assert.equal(token, `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`);
  assert.equal(claims.exp - claims.iat, 7200);
  assert.equal(claims.room, 'x');
  assert.equal(claims.name, 'Ann');
  const tokenFile = join(dir, 'token');
  await writeFile(tokenFile, made.stdout);

  for (const server of [url, `${url.replace(/^http/, 'ws')}/ws`]) {
    const bot = startBot(t, server, 'x', ['--token-file', tokenFile]);
    const members = await until(async () => {
      const answer = await fetch(`${url}/api/rooms/x`, { headers: bearer(token) });
      const room = answer.ok ? await answer.json() : { members: [] };
      return room.members.length === 1 && room.members;
    }, 10000, () => `the bot in the room\n${bot.log}`);
    assert.equal(members[0].displayName, 'Ann');
    assert.deepEqual(await bot.end(), { code: 0, signal: null });
    assert.ok(!bot.log.includes(token.split('.')[2]));
  }
  for (const [args, says] of /** @type {[string[], RegExp][]} */ ([
    [['--room', 'x'], /the server wants a token|this host wants a token/],
    [['--room', 'y', '--token-file', tokenFile], /not for room y/],
    [['--room', 'x', '--token-file', tokenFile, '--record', dir], /does not grant record/],
  ])) {
    const bot = start(t, ['--server', url, ...args]);
    const { code } = await bot.ended;
    assert.equal(code, 4, bot.log);
    assert.match(bot.log, says);
  }
  await host.end();
  assert.ok(!host.log.includes(token.split('.')[2]));
});

test('a member is put out when its token expires, and a bot ends', { timeout: 60000 }, async (t) => {
  const { url, secret } = await startWithSecret(t);
  const exp = Date.now() / 1000 + 2.5;
  const member = await connect(t, url, { auth: { token: makeToken({ exp }, { key: secret }) } });
  const gone = new Promise((resolve) => member.socket.on('disconnect', resolve));
  const bots = [url, `${url.replace(/^http/, 'ws')}/ws`].map((server) =>
    start(t, ['--server', server, '--room', 'x', '--token', makeToken({ exp }, { key: secret })]));
  await member.socket.emitWithAck('join-room', { roomId: 'x', displayName: 'Me' });
  const error = await member.take('room-error');
  assert.equal(error.code, 'unauthorized');
  assert.match(error.message, /expired/);
  assert.equal(await gone, 'io server disconnect');
  const late = Date.now() / 1000 - exp;
  assert.ok(late > -0.1 && late < 3, `put out ${late} s after the token's end`);
  await until(() => bots.every((bot) => !bot.running), 10000, () => `the bots' end\n${bots.map((bot) => bot.log)}`);
  for (const bot of bots) {
    assert.equal((await bot.ended).code, 4, bot.log);
    assert.match(bot.log, /the token has expired/);
  }
});

test('the bot beside a host that wants tokens comes in by itself', { timeout: 60000 }, async (t) => {
  const { url, secret } = await startWithSecret(t, ['--room', 'own']);
  await until(async () => {
    const answer = await fetch(`${url}/api/rooms/own`, { headers: bearer(makeToken({}, { key: secret })) });
    return answer.ok && (await answer.json()).members.length === 1;
  }, 15000, 'the bot in the room');
});

test('RS256 and ES256 by PEM file and key set, from the configuration file', { timeout: 60000 }, async (t) => {
  const dir = await folder(t);
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const rsaPem = String(rsa.publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(join(dir, 'rsa.pem'), rsaPem);
  await writeFile(join(dir, 'ec.pem'), ec.publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(join(dir, 'jwks.json'), JSON.stringify({
    keys: [{ ...rsa.publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig' }, { ...ec.publicKey.export({ format: 'jwk' }), kid: 'two' }],
  }));
  const about = { iss: 'https://id.example', aud: ['meet', 'mail'] };
  const byRsa = makeToken(about, { alg: 'RS256', kid: 'one', key: rsa.privateKey });
  const byEc = makeToken(about, { alg: 'ES256', kid: 'two', key: ec.privateKey });
  const confused = makeToken(about, { key: rsaPem });
  for (const [key, value, good, bad] of [
    ['public-key', 'rsa.pem', [byRsa], [byEc, confused]],
    ['public-key', 'ec.pem', [byEc], [byRsa, confused]],
    ['jwks', 'jwks.json', [byRsa, byEc], [
      confused,
      makeToken(about, { alg: 'ES256', kid: 'one', key: ec.privateKey }),
      makeToken(about, { alg: 'RS256', kid: 'three', key: rsa.privateKey }),
      makeToken({ ...about, iss: 'https://evil.example' }, { alg: 'RS256', kid: 'one', key: rsa.privateKey }),
      makeToken({ ...about, aud: 'mail' }, { alg: 'RS256', kid: 'one', key: rsa.privateKey }),
      makeToken({ iss: about.iss }, { alg: 'RS256', kid: 'one', key: rsa.privateKey }),
    ]],
  ]) {
    const config = join(dir, 'meshbot.conf');
    await writeFile(config, `[auth]\nmode=jwt\n${key}=${join(dir, String(value))}\nissuer=${about.iss}\naudience=meet\n`);
    const { url, end } = await startHost(t, ['--config', config]).then((host) => ({ url: host.url, end: () => host.end() }));
    for (const token of good)
      assert.equal(await statusOf(url, token), 200, `${value}`);
    for (const token of bad)
      assert.equal(await statusOf(url, token), 401, `${value}`);
    await end();
  }
});

test('what is wrong with keys is said at the start, with status 2', { timeout: 60000 }, async (t) => {
  const dir = await folder(t);
  await writeFile(join(dir, 'short'), 'secret\n', { mode: 0o600 });
  await writeFile(join(dir, 'conf'), '[auth]\nmode=jwt\nsecret=x\n');
  for (const [args, says] of /** @type {[string[], RegExp][]} */ ([
    [['--auth-mode', 'jwt'], /needs one of/],
    [['--auth-mode', 'jwt', '--auth-secret-file', join(dir, 'none')], /none.*No such file/],
    [['--auth-mode', 'jwt', '--auth-secret-file', join(dir, 'short')], /32 to 4096 bytes/],
    [['--auth-mode', 'jwt', '--auth-public-key', join(dir, 'short')], /no public key/],
    [['--auth-mode', 'jwt', '--auth-jwks', join(dir, 'short')], /no key set/],
    [['--auth-jwks', join(dir, 'short')], /without --auth-mode jwt/],
    [['--config', join(dir, 'conf')], /conf:3: \[auth\] secret: no such key/],
  ])) {
    const program = start(t, ['--listen', '127.0.0.1:0', '--store', ':memory:', ...args]);
    assert.equal((await program.ended).code, 2, program.log);
    assert.match(program.log, says);
    assert.equal(program.log.trim().split('\n').length, 1, program.log);
  }
});
