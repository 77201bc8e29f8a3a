// 84-proxies.mjs: the proxies' configurations in docs/examples work as they stand, with nginx and with Caddy

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { io } from 'socket.io-client';
import WebSocket from 'ws';
import { folder, startHost, until } from './lib/process.mjs';

const EXAMPLES = new URL('../../docs/examples/', import.meta.url);
const NAME = 'meet.example.org';
const PORT = 8443;
const HOST = 3300;

/** Only what belongs to the machine it runs on is another. @param {string} text @param {string} path */
const moved = (text, path) => text.replaceAll(/\b127\.0\.0\.1:3000\b/g, `127.0.0.1:${HOST}`)
  .replaceAll(/\/etc\/letsencrypt\/live\/[^/]+\//g, `${path}/`)
  .replaceAll(/listen \[::\].*;/g, '').replaceAll(/listen 80;/g, 'listen 8081;').replaceAll(/listen 443/g, `listen ${PORT}`);

const PROXIES = {
  async nginx(path) {
    await writeFile(join(path, 'site.conf'), moved(await readFile(new URL('nginx.conf', EXAMPLES), 'utf8'), path));
    await writeFile(join(path, 'main.conf'), `daemon off; user root; pid ${path}/pid; error_log stderr; events {}\n` +
      `http { access_log off; client_body_temp_path ${path}/body; proxy_temp_path ${path}/proxy; fastcgi_temp_path ${path}/f;\n` +
      `uwsgi_temp_path ${path}/u; scgi_temp_path ${path}/s; include ${path}/site.conf; }\n`);
    return ['nginx', '-e', 'stderr', '-c', join(path, 'main.conf')];
  },
  async caddy(path) {
    const site = moved(await readFile(new URL('Caddyfile', EXAMPLES), 'utf8'), path)
      .replace(`${NAME} {`, `${NAME}:${PORT} {\n\ttls ${path}/fullchain.pem ${path}/privkey.pem`);
    await writeFile(join(path, 'Caddyfile'), `{\n\tadmin off\n\tauto_https off\n}\n${site}`);
    return ['caddy', 'run', '--adapter', 'caddyfile', '--config', join(path, 'Caddyfile')];
  },
};

/** @param {string} name of the proxy */
async function startProxy(t, name) {
  const path = await folder(t);
  await mkdir(join(path, 'home'));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1',
    '-subj', `/CN=${NAME}`, '-addext', `subjectAltName=DNS:${NAME}`,
    '-keyout', join(path, 'privkey.pem'), '-out', join(path, 'fullchain.pem')], { stdio: 'ignore' });
  const [program, ...args] = await PROXIES[name](path);
  const child = spawn(program, args, { env: { ...process.env, HOME: join(path, 'home'), XDG_DATA_HOME: join(path, 'home') } });
  let log = '';
  child.stderr.on('data', (data) => (log += data));
  const ended = new Promise((resolve) => child.on('close', resolve));
  t.after(async () => {
    child.kill();
    await ended;
  });
  const ca = await readFile(join(path, 'fullchain.pem'), 'utf8');
  const base = { host: '127.0.0.1', port: PORT, ca, servername: NAME };
  /** @returns {Promise<{status: number, headers: any, body: string}>} */
  const ask = (at, { from = '127.0.0.1', headers = {}, method = 'GET', body = '' } = {}) => new Promise((resolve, reject) => {
    const call = request({ ...base, path: at, method, localAddress: from, agent: false, headers: { host: `${NAME}:${PORT}`, ...headers } }, (answer) => {
      let text = '';
      answer.on('data', (data) => (text += data));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }));
    });
    call.on('error', reject);
    call.end(body);
  });
  await until(() => ask('/healthz').then(({ status }) => status === 200, () => false), 15000, () => log);
  return { ask, ca, agent: new Agent({ ca, lookup: (host, options, found) => (options.all ? found(null, [{ address: '127.0.0.1', family: 4 }]) : found(null, '127.0.0.1', 4)) }) };
}

for (const name of Object.keys(PROXIES)) {
  test(`behind ${name} each transport, REST and limits are as they are without`, { timeout: 90000 }, async (t) => {
    await startHost(t, ['--trusted-proxy', '127.0.0.1'], { port: HOST, rateLimit: true });
    const { ask, ca, agent } = await startProxy(t, name);
    const url = `https://${NAME}:${PORT}`;

    const made = await ask('/api/rooms', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"id":"x","name":"X"}' });
    assert.equal(made.status, 201);
    assert.match((await ask('/room.html?id=x')).body, /<html/);
    assert.match((await ask('/')).headers['strict-transport-security'], /max-age/);
    assert.equal((await ask('/metrics')).status, 404, 'figures are not for everybody');

    // Everybody in one room, by each way there is.
    const sockets = [['polling'], ['websocket'], ['polling', 'websocket']].map((transports) =>
      io(url, { transports, forceNew: true, agent, ca }));
    t.after(() => sockets.forEach((socket) => socket.close()));
    for (const socket of sockets) {
      const answer = await new Promise((resolve, reject) => {
        socket.on('connect_error', reject);
        socket.emit('join-room', { roomId: 'x', displayName: 'm' }, resolve);
      });
      assert.equal(answer.ok, true);
    }
    await until(() => sockets[2].io.engine.transport.name === 'websocket', 5000, 'the upgrade');
    assert.equal(sockets[0].io.engine.transport.name, 'polling');
    const plain = new WebSocket(`wss://127.0.0.1:${PORT}/ws`, { ca, servername: NAME, headers: { host: `${NAME}:${PORT}`, origin: `https://${NAME}:${PORT}` } });
    t.after(() => plain.terminate());
    const said = [];
    plain.on('message', (data) => said.push(JSON.parse(String(data))));
    await until(() => said[0]?.type === 'welcome', 5000, 'welcome');
    plain.send('{"type":"join-room","roomId":"x","displayName":"p"}');
    await until(() => said.find(({ type }) => type === 'peers')?.peers.length === 3, 5000, 'all of them');
    const text = 'x'.repeat(100000);
    for (const socket of sockets) {
      const heard = new Promise((resolve) => socket.once('signal', resolve));
      plain.send(JSON.stringify({ type: 'signal', to: socket.id, data: { text } }));
      assert.deepEqual(await heard, { from: said[0].id, data: { text } });
      socket.emit('signal', { to: said[0].id, data: socket.id });
      await until(() => said.some(({ type, data }) => type === 'signal' && data === socket.id), 5000, 'a signal back');
    }

    // Our own page is our own behind the proxy, another is not.
    const handshake = '/socket.io/?EIO=4&transport=polling';
    assert.equal((await ask(handshake, { headers: { origin: `https://${NAME}:${PORT}` } })).status, 200);
    assert.equal((await ask(handshake, { headers: { origin: 'https://evil.example' } })).status, 403);

    // Who asks too often is the caller and not the proxy, whatever the caller says.
    let refused = 0;
    for (let n = 0; n < 400 && refused === 0; n += 1)
      refused = (await ask('/api/rooms', { from: '127.0.0.2', headers: { 'x-forwarded-for': `9.9.9.${n % 250}` } })).status === 429 ? n : 0;
    assert.ok(refused >= 150, `refused after ${refused}`);
    assert.equal((await ask('/api/rooms', { from: '127.0.0.3' })).status, 200);
  });
}
