// 75-tls.mjs: https and wss by the host itself: who is let in, who is not, and a certificate that changes

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as requestPlain } from 'node:http';
import { request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { io } from 'socket.io-client';
import WebSocket from 'ws';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { makeAuthority } from './lib/certificates.mjs';
import { delay, folder, start, startHost, until } from './lib/process.mjs';

/**
 * @param {string} url
 * @param {{ca?: string, method?: string, body?: string | Buffer, headers?: Record<string, string>}} [options] without `ca`: no TLS
 * @returns {Promise<{status: number, headers: import('node:http').IncomingHttpHeaders, text: string}>}
 */
function ask(url, { ca, method = 'GET', body, headers } = {}) {
  return new Promise((resolve, reject) => {
    const call = (ca ? request : requestPlain)(url, { ca, method, headers, agent: false }, (answer) => {
      let text = '';
      answer.on('data', (data) => (text += data));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
    });
    call.on('error', reject);
    call.end(body);
  });
}

/** @param {import('node:test').TestContext} t @param {string[]} [args] @param {object} [options] */
async function secureHost(t, args = [], options = {}) {
  const authority = await makeAuthority(t);
  const own = authority.issue('first');
  const host = await startHost(t, ['--tls-certificate', own.certificate, '--tls-key', own.key, ...args], options);
  assert.match(host.url, /^https:/);
  return Object.assign(host, { authority, own, secure: `https://localhost:${host.port}` });
}

/** The subject of the certificate that a port shows. @param {number} port @param {string} ca */
function subjectOf(port, ca) {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca }, () => {
      resolve(socket.getPeerCertificate().subject.CN);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

/** @param {number} port @param {string[]} args @returns {string} what openssl's client says */
function sClient(port, ...args) {
  const run = spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, ...args], { input: '', encoding: 'utf8', timeout: 10000 });
  return run.stdout + run.stderr;
}

/** @param {string} url @param {string} ca @returns {Promise<WebSocket>} */
function openPlain(url, ca) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`, { ca });
    socket.on('error', reject);
    socket.once('message', () => resolve(socket));
  });
}

describe('TLS', { concurrency: true }, () => {
  test('REST, redirects, HSTS, versions and protocols are as they should be', { timeout: 60000 }, async (t) => {
    const { port, secure, authority, ...host } = await secureHost(t, ['--tls-redirect', '0', '--tls-hsts', '24h', '--log-level', 'notice']);
    const ca = authority.pem;
    const made = await ask(`${secure}/api/rooms`, { ca, method: 'POST', body: '{"name":"A","id":"a"}', headers: { 'Content-Type': 'application/json' } });
    assert.equal(made.status, 201);
    assert.equal(made.headers['strict-transport-security'], 'max-age=86400');
    assert.match(execFileSync('curl', ['-sS', '--cacert', authority.ca, `${secure}/api/rooms/a`], { encoding: 'utf8' }), /"id":"a"/);
    assert.match(spawnSync('curl', ['-sS', `${secure}/`], { encoding: 'utf8' }).stderr, /certificate/);

    const other = Number(/port (\d+) sends/.exec(await until(() => /port \d+ sends/.exec(host.log)?.[0], 5000, 'the second port'))?.[1]);
    const sent = await ask(`http://localhost:${other}/room.html?id=a%20b&x=1`, { method: 'POST', body: '' });
    assert.equal(sent.status, 308);
    assert.equal(sent.headers.location, `${secure}/room.html?id=a%20b&x=1`);
    assert.equal(sent.headers['strict-transport-security'], undefined);
    assert.equal((await ask(`http://[::ffff:127.0.0.1]:${other}/`, { headers: { Host: '[::1]:99' } })).headers.location, `https://[::1]:${port}/`);
    const split = await ask(`http://127.0.0.1:${other}/%0d%0aSet-Cookie:%20a=b`);
    assert.equal(split.status, 400);
    assert.equal(split.headers['set-cookie'], undefined);

    const plain = await ask(`http://127.0.0.1:${port}/`);
    assert.equal(plain.status, 400);
    assert.match(plain.text, /https:/);
    assert.match(sClient(port, '-tls1_3'), /Protocol\s*: TLSv1.3|New, TLSv1.3/);
    assert.match(sClient(port, '-tls1_2'), /Cipher\s*: ECDHE-/);
    for (const version of ['-tls1_1', '-tls1'])
      assert.match(sClient(port, version, '-cipher', 'ALL@SECLEVEL=0'), /alert protocol version/);
    assert.match(sClient(port, '-tls1_2', '-cipher', 'AES128-SHA:AES256-GCM-SHA384:ECDHE-ECDSA-AES128-SHA'), /alert handshake failure/);
    assert.match(sClient(port, '-alpn', 'h2,http/1.1'), /ALPN protocol: http\/1.1/);
    assert.match(sClient(port, '-alpn', 'h2'), /alert no application protocol/);

    const own = { Origin: `https://localhost:${port}` };
    assert.equal((await ask(`${secure}/api/rooms`, { ca, headers: own })).status, 200);
    assert.equal((await ask(`${secure}/api/rooms`, { ca, headers: { Origin: `http://localhost:${port}` } })).status, 403, 'a page that came without TLS');
    const { text } = await ask(`${secure}/metrics`, { ca });
    assert.ok(Number(/meshbot_tls_handshakes_total\{result="ok"\} (\d+)/.exec(text)?.[1]) >= 6);
    assert.ok(Number(/meshbot_tls_handshakes_total\{result="failed"\} (\d+)/.exec(text)?.[1]) >= 5);
    const end = Number(/meshbot_tls_certificate_not_after_seconds (\d+)/.exec(text)?.[1]);
    assert.ok(Math.abs(end - Date.now() / 1000 - 86400) < 600, `${end}`);
  });

  test('every byte of both dialects goes through, whatever the sizes', { timeout: 60000 }, async (t) => {
    const { secure, authority } = await secureHost(t);
    const ca = authority.pem;
    const plain = await openPlain(secure, ca);
    t.after(() => plain.terminate());
    const sio = io(secure, { ca, forceNew: true, reconnection: false });
    t.after(() => sio.disconnect());
    await new Promise((resolve, reject) => (sio.on('connect', () => resolve(undefined)), sio.on('connect_error', reject)));
    const hashes = { plain: createHash('sha256'), sio: createHash('sha256'), sentToPlain: createHash('sha256'), sentToSio: createHash('sha256') };
    let [toPlain, toSio, id] = [0, 0, ''];
    plain.on('message', (data) => {
      const message = JSON.parse(String(data));
      if (message.type === 'peer-joined')
        id = message.peerId;
      if (message.type === 'signal')
        (hashes.plain.update(message.data), toPlain++);
    });
    sio.on('signal', ({ data }) => (hashes.sio.update(data), toSio++));
    plain.send(JSON.stringify({ type: 'join-room', roomId: 'a', displayName: 'A' }));
    const { peers } = await new Promise((resolve) => {
      sio.once('peers', resolve);
      setTimeout(() => sio.emit('join-room', { roomId: 'a', displayName: 'B' }), 200);
    });
    await until(() => id, 5000, 'the other member');
    const sizes = [0, 1, 16383, 16384, 16385, 65535, 65536, 65537, 150000, 200000, ...Array.from({ length: 60 }, (_, n) => n * 577)];
    for (const size of sizes) {
      const data = randomBytes(size).toString('base64').slice(0, size);
      hashes.sentToSio.update(data);
      hashes.sentToPlain.update(data);
      plain.send(JSON.stringify({ type: 'signal', to: id, data }));
      sio.emit('signal', { to: peers[0], data });
    }
    await until(() => toPlain === sizes.length && toSio === sizes.length, 20000, () => `${toPlain} and ${toSio} of ${sizes.length}`);
    assert.equal(hashes.plain.digest('hex'), hashes.sentToPlain.digest('hex'));
    assert.equal(hashes.sio.digest('hex'), hashes.sentToSio.digest('hex'));
    const page = await ask(`${secure}/socket.io/socket.io.js`, { ca });
    const body = await ask(`${secure}/api/rooms`, { ca, method: 'POST', body: Buffer.alloc(3e6), headers: { 'Content-Type': 'application/json' } }).catch((error) => error);
    assert.equal(page.status, 200);
    assert.ok(body.status === 413 || body.code === 'ECONNRESET' || body.code === 'EPIPE', String(body));
  });

  test('a page and bots of both dialects call each other, and the bot beside the host does', { timeout: 120000 }, async (t) => {
    const { secure, authority, own } = await secureHost(t, ['--room', 'a', '--name', 'inside', '--source', 'videotestsrc', '--log-level', 'info']);
    const recordings = await folder(t);
    const outside = start(t, ['--server', secure, '--ca-file', authority.ca, '--room', 'a', '--name', 'sio', '--record', recordings]);
    start(t, ['--server', `${secure.replace(/^http/, 'ws')}/ws`, '--ca-file', authority.ca, '--room', 'a', '--name', 'plain']);
    const browser = await openBrowser(t, [`--ignore-certificate-errors-spki-list=${own.spki}`]);
    const page = await openRoom(browser, secure, 'a');
    const members = async () => JSON.parse((await ask(`${secure}/api/rooms/a`, { ca: authority.pem })).text).members ?? [];
    await until(async () => (await members()).length === 4, 20000, async () => JSON.stringify(await members()));
    await until(async () => (await page.tiles()).length === 3, 20000, 'three tiles');
    assert.equal(await page.page.evaluate(() => location.protocol), 'https:');
    await until(async () => (await page.page.evaluate(() => [...document.querySelectorAll('video')].filter((video) => video.videoWidth > 0).length)) >= 2, 30000, 'the picture of the bot');
    assert.equal((await outside.end()).code, 0);
  });

  test('a bot believes in nobody that it was not told to believe in', { timeout: 60000 }, async (t) => {
    const { secure, port, authority } = await secureHost(t);
    const stranger = start(t, ['--server', secure, '--room', 'a']);
    assert.equal((await stranger.ended).code, 4, stranger.log);
    assert.match(stranger.log, /certificate is not trusted: this machine does not know who signed it/);
    const wrongName = start(t, ['--server', `https://127.0.0.2:${port}`, '--ca-file', authority.ca, '--room', 'a']);
    assert.equal((await wrongName.ended).code, 4, wrongName.log);
    const noFile = start(t, ['--server', secure, '--ca-file', join(authority.path, 'none'), '--room', 'a']);
    assert.equal((await noFile.ended).code, 2);
    assert.match(noFile.log, /^meshbot: --ca-file: .*none/);
  });

  test('500 that are slow in the handshake are closed after 10 s, and others are served meanwhile', { timeout: 60000 }, async (t) => {
    const { port, secure, authority } = await secureHost(t);
    const record = Buffer.from('1603010200010001fc0303', 'hex');
    /** @type {{closed: number}[]} */
    const slow = [];
    const began = performance.now();
    const sockets = Array.from({ length: 500 }, (_, n) => {
      const state = { closed: 0 };
      slow.push(state);
      const socket = connectTcp({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + (n % 50)}` });
      socket.on('error', () => {});
      socket.on('close', () => (state.closed = performance.now() - began));
      if (n % 2 === 0)
        socket.write(record.subarray(0, 5 + (n % 6)));
      return socket;
    });
    t.after(() => sockets.forEach((socket) => socket.destroy()));
    const drip = setInterval(() => sockets.forEach((socket, n) => n % 4 === 0 && !socket.destroyed && socket.write('\0')), 1000);
    t.after(() => clearInterval(drip));
    const waits = [];
    while (slow.some((one) => one.closed === 0) && performance.now() - began < 20000) {
      const asked = performance.now();
      assert.equal((await ask(`${secure}/healthz`, { ca: authority.pem })).status, 200);
      waits.push(performance.now() - asked);
      await delay(50);
    }
    const ends = slow.map((one) => one.closed);
    assert.ok(ends.every((end) => end > 0 && end < 14000), `${Math.max(...ends)}`);
    assert.ok(ends.filter((end) => end > 9500).length > 400, 'they had their ten seconds');
    waits.sort((a, b) => a - b);
    assert.ok(waits[Math.floor(waits.length * 0.9)] < 500, `${waits.at(-1)}`);
  });

  test('limits hold: rates, connections of one address', { timeout: 60000 }, async (t) => {
    const { port, secure, authority } = await secureHost(t, ['--max-connections-per-address', '5'], { rateLimit: true });
    const open = () => new Promise((resolve) => {
      const socket = connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca: authority.pem, localAddress: '127.0.0.9' }, () => resolve(socket));
      socket.on('error', (error) => resolve(error));
      t.after(() => socket.destroy());
    });
    const held = [];
    for (let n = 0; n < 5; n++)
      held.push(await open());
    assert.ok(held.every((one) => !(one instanceof Error)), String(held));
    assert.match(String(await open()), /alert internal error/);
    let refused = 0;
    for (let n = 0; n < 400 && !refused; n++)
      refused = (await ask(`${secure}/api/rooms`, { ca: authority.pem })).status === 429 ? n : 0;
    assert.ok(refused >= 200, `${refused}`);
    const { text } = await ask(`${secure}/metrics`, { ca: authority.pem });
    assert.match(text, /meshbot_http_refused_total\{reason="connections"\} 1\n/);
  });

  test('a certificate that changes is used, a broken one is not, and nobody is disturbed', { timeout: 60000 }, async (t) => {
    const authority = await makeAuthority(t);
    const [first, second, third] = ['first', 'second', 'third'].map((name) => authority.issue(name, { rsa: name === 'second' }));
    const place = await folder(t);
    const [certificate, key] = [join(place, 'fullchain.pem'), join(place, 'privkey.pem')];
    /** As certbot does it: a symbolic link takes the place of another. @param {{certificate: string, key: string}} issued */
    const point = (issued) => {
      for (const [link, target] of [[certificate, issued.certificate], [key, issued.key]]) {
        symlinkSync(target, `${link}.new`);
        renameSync(`${link}.new`, link);
      }
    };
    point(first);
    const host = await startHost(t, ['--tls-certificate', certificate, '--tls-key', key, '--log-level', 'notice']);
    const ca = authority.pem;
    assert.equal(await subjectOf(host.port, ca), 'first');
    const member = await openPlain(`https://localhost:${host.port}`, ca);
    t.after(() => member.terminate());
    let closed = false;
    member.on('close', () => (closed = true));

    point(second);
    await until(async () => (await subjectOf(host.port, ca)) === 'second', 10000, 'the second certificate');
    point({ certificate: third.certificate, key: first.key });
    await until(() => /not used, the one before it stays: .*privkey.pem: .*/.test(host.log), 10000, () => host.log);
    assert.equal(await subjectOf(host.port, ca), 'second');
    writeFileSync(join(place, 'rubbish'), 'no certificate');
    point({ certificate: join(place, 'rubbish'), key: third.key });
    await until(() => /fullchain.pem: there is no certificate/.test(host.log), 10000, () => host.log);
    host.child.kill('SIGHUP');
    await until(() => /not reloaded, everything stays as it was: .*fullchain.pem/.test(host.log), 5000, () => host.log);
    assert.equal(await subjectOf(host.port, ca), 'second');
    copyFileSync(third.certificate, join(place, 'whole'));
    point({ certificate: join(place, 'whole'), key: third.key });
    host.child.kill('SIGHUP');
    await until(() => /read the files again/.test(host.log), 5000, () => host.log);
    assert.equal(await subjectOf(host.port, ca), 'third');
    const answered = new Promise((resolve) => member.once('message', resolve));
    member.send(JSON.stringify({ type: 'join-room', roomId: 'a', displayName: 'A' }));
    assert.match(String(await answered), /"peers"/);
    assert.equal(closed, false);
    assert.doesNotMatch(host.log, /BEGIN|PRIVATE/);
  });

  test('files that cannot be used are told at the start', { timeout: 30000 }, async (t) => {
    const authority = await makeAuthority(t);
    const [one, two] = [authority.issue('one'), authority.issue('two')];
    const locked = join(authority.path, 'locked.key');
    execFileSync('openssl', ['pkey', '-in', one.key, '-aes256', '-passout', 'pass:secret', '-out', locked]);
    chmodSync(locked, 0o600);
    for (const [certificate, key, what] of [
      [join(authority.path, 'none'), one.key, /none: .*No such file/],
      [one.key, one.key, /one.key: there is no certificate/],
      [one.certificate, one.certificate, /one.pem: there is no key/],
      [one.certificate, two.key, /two.key: /],
      [one.certificate, locked, /locked.key: there is no key/],
    ]) {
      const program = start(t, ['--listen', '0', '--store', ':memory:', '--tls-certificate', String(certificate), '--tls-key', String(key)]);
      assert.equal((await program.ended).code, 2, program.log);
      assert.match(program.log, /** @type {RegExp} */ (what));
      assert.equal(program.log.trim().split('\n').length, 1);
    }
    const both = join(authority.path, 'both.pem');
    writeFileSync(both, readFileSync(one.certificate, 'utf8') + readFileSync(one.key, 'utf8'), { mode: 0o600 });
    const host = await startHost(t, ['--tls-certificate', both]);
    assert.equal(await subjectOf(host.port, authority.pem), 'one');
  });
});
