// tls.mjs: what TLS costs the host: the same work with it and without it, in turns, in one run
//
//   MESHBOT=build/src/app/meshbot node bench/signaling/tls.mjs [SECONDS] [ROUNDS]
//
// Prints the table of docs/benchmarks.md. Packages: npm ci --prefix tests/e2e

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';

const WebSocket = createRequire(new URL('../../tests/e2e/package.json', import.meta.url))('ws');
const SECONDS = Number(process.argv[2] ?? 4);
const ROUNDS = Number(process.argv[3] ?? 3);
const place = mkdtempSync(join(tmpdir(), 'meshbot-bench-'));
process.on('exit', () => rmSync(place, { recursive: true, force: true }));

function certificate(name, ...kind) {
  const [pem, key] = [join(place, `${name}.pem`), join(place, `${name}.key`)];
  writeFileSync(join(place, 'names'), 'subjectAltName=DNS:localhost');
  execFileSync('openssl', ['req', '-x509', '-newkey', ...kind, '-nodes', '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', pem], { stdio: 'ignore' });
  return { pem, key, ca: readFileSync(pem, 'utf8') };
}

const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function startHost(identity) {
  const args = ['--listen', '0', '--store', ':memory:', '--rate-limit', 'off'];
  if (identity)
    args.push('--tls-certificate', identity.pem, '--tls-key', identity.key);
  const child = spawn(process.env.MESHBOT, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise((resolve) => child.stdout.once('data', (data) => resolve(String(data))));
  const port = Number(/:(\d+)\s/.exec(line)[1]);
  const fields = () => readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return {
    port,
    ca: identity?.ca,
    url: `${identity ? 'wss' : 'ws'}://localhost:${port}/ws`,
    cpu: () => (Number(fields()[11]) + Number(fields()[12])) / 100,
    memory: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]),
    end: () => new Promise((resolve) => (child.once('close', resolve), child.kill())),
  };
}

/** Processor seconds of the host for a million signals of 1 KB between pairs, one of each member under way. */
async function relay(host) {
  const data = 'x'.repeat(1024);
  let [n, running] = [0, true];
  const members = [];
  for (let i = 0; i < 40; i++) {
    const socket = new WebSocket(host.url, { ca: host.ca });
    await new Promise((resolve, reject) => (socket.once('message', resolve), socket.once('error', reject)));
    socket.send(JSON.stringify({ type: 'join-room', roomId: `r${i >> 1}`, displayName: 'A' }));
    const send = (to) => running && socket.send(JSON.stringify({ type: 'signal', to, data }));
    socket.on('message', (text) => {
      const message = JSON.parse(text);
      if (message.type === 'peer-joined')
        send(message.peerId);
      if (message.type === 'peers' && message.peers.length)
        send(message.peers[0]);
      if (message.type === 'signal')
        (n++, send(message.from));
    });
    members.push(socket);
  }
  await delay(1000);
  const [cpu, count] = [host.cpu(), n];
  await delay(SECONDS * 1000);
  const each = (host.cpu() - cpu) / (n - count) * 1e6;
  running = false;
  members.forEach((socket) => socket.terminate());
  await delay(200);
  return each;
}

/** Processor milliseconds of the host for a connection with one request, without resumption. */
async function visit(host) {
  const once = () => new Promise((resolve, reject) => {
    const socket = host.ca ? connectTls({ port: host.port, host: 'localhost', ca: host.ca }) : connectTcp(host.port, '127.0.0.1');
    socket.on(host.ca ? 'secureConnect' : 'connect', () => socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'));
    socket.on('data', () => {});
    socket.on('end', () => (socket.destroy(), resolve(undefined)));
    socket.on('error', reject);
  });
  const n = 1500;
  const cpu = host.cpu();
  await Promise.all(Array.from({ length: 10 }, async () => {
    for (let i = 0; i < n / 10; i++)
      await once();
  }));
  return (host.cpu() - cpu) / n * 1000;
}

/** KiB of the host for an idle WebSocket. */
async function hold(host) {
  const n = 1000;
  const sockets = [];
  const before = host.memory();
  for (let i = 0; i < n; i += 50)
    sockets.push(...await Promise.all(Array.from({ length: 50 }, () => new Promise((resolve, reject) => {
      const socket = new WebSocket(host.url, { ca: host.ca });
      socket.once('message', () => resolve(socket));
      socket.once('error', reject);
    }))));
  await delay(500);
  const each = (host.memory() - before) / n;
  sockets.forEach((socket) => socket.terminate());
  return each;
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];
const identities = { plain: null, ecdsa: certificate('ec', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'), rsa: certificate('rsa', 'rsa:2048') };
const found = {};
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, identity] of Object.entries(identities)) {
    const host = await startHost(identity);
    for (const [what, measure] of Object.entries({ hold, visit, relay }))
      ((found[what] ??= {})[name] ??= []).push(await measure(host));
    await host.end();
  }
}
const row = (title, what, unit, digits) => {
  const [plain, ecdsa, rsa] = ['plain', 'ecdsa', 'rsa'].map((name) => `${median(found[what][name]).toFixed(digits)} ${unit}`);
  console.log(`| ${title} | ${plain} | ${ecdsa} | ${rsa} |`);
};
console.log('| figure | plain | TLS, ECDSA P-256 | TLS, RSA 2048 |\n| --- | ---: | ---: | ---: |');
row('CPU for a million relayed 1 KB signals, plain dialect, 40 members', 'relay', 's', 1);
row('CPU of a connection with one request (TLS: a full handshake)', 'visit', 'ms', 3);
row('memory of an idle WebSocket', 'hold', 'KiB', 1);
