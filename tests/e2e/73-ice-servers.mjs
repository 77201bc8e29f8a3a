// 73-ice-servers.mjs: members are told of STUN and TURN servers, with credentials that end

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder, start, startHost, until } from './lib/process.mjs';
import { bearer, makeToken } from './lib/token.mjs';

const SECRET = 'north-and-south';
const PORT = 34780;

test('credentials are those that the secret makes, for whom the token is', { timeout: 30000 }, async (t) => {
  const dir = await folder(t);
  const config = join(dir, 'meshbot.conf');
  const key = 'k'.repeat(32);
  await writeFile(join(dir, 'turn'), `${SECRET}\n`, { mode: 0o600 });
  await writeFile(join(dir, 'key'), key, { mode: 0o600 });
  await writeFile(config, `[ice]\nstun=stun:s.example\nturn=turn:t.example:3478?transport=udp;turns:t.example\nturn-secret-file=${join(dir, 'turn')}\nttl=10m\n`
    + `[auth]\nmode=jwt\nsecret-file=${join(dir, 'key')}\n`);
  const { url, end } = await startHost(t, ['--config', config, '--log-level', 'debug']).then((host) => ({ url: host.url, end: () => host.end().then(() => host.log) }));

  const answer = await fetch(`${url}/api/ice-servers`, { headers: bearer(makeToken({ sub: 'ann' }, { key })) });
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  const { iceServers, ttl } = await answer.json();
  assert.equal(ttl, 600);
  assert.deepEqual(iceServers[0], { urls: ['stun:s.example'] });
  assert.deepEqual(iceServers[1].urls, ['turn:t.example:3478?transport=udp', 'turns:t.example']);
  const [end_s, who] = iceServers[1].username.split(':');
  assert.equal(who, 'ann');
  assert.ok(Math.abs(Number(end_s) - Date.now() / 1000 - 600) < 5);
  assert.equal(iceServers[1].credential, createHmac('sha1', SECRET).update(iceServers[1].username).digest('base64'));

  const unnamed = async () => (await (await fetch(`${url}/api/ice-servers`, { headers: bearer(makeToken({}, { key })) })).json()).iceServers[1].username.split(':')[1];
  assert.notEqual(await unnamed(), await unnamed());
  assert.equal((await fetch(`${url}/api/ice-servers`)).status, 401);
  const log = await end();
  assert.ok(!log.includes(SECRET) && !log.includes(iceServers[1].credential));
});

/** One allocation by coturn's own client, with a peer behind the same server. @returns whether it relayed */
function relays(port, username, credential) {
  const client = spawnSync('turnutils_uclient', ['-y', '-n', '2', '-m', '1', '-c', '-p', String(port), '-u', username, '-w', credential, '127.0.0.1'],
    { encoding: 'utf8', timeout: 20000 });
  assert.ifError(client.error);
  return client.status === 0 && /Total lost packets 0 \(0\.000000%\)/.test(client.stdout);
}

test('coturn takes them, and none that has ended or was changed', { timeout: 90000 }, async (t) => {
  const dir = await folder(t);
  await writeFile(join(dir, 'turn'), SECRET, { mode: 0o600 });
  await writeFile(join(dir, 'turnserver.conf'), [
    'listening-ip=127.0.0.1', 'relay-ip=127.0.0.1', `listening-port=${PORT}`, 'realm=test', 'use-auth-secret', `static-auth-secret=${SECRET}`,
    'no-tls', 'no-dtls', 'no-cli', 'allow-loopback-peers', `userdb=${join(dir, 'db')}`, `pidfile=${join(dir, 'pid')}`, 'log-file=stdout', 'simple-log', '',
  ].join('\n'));
  const turn = start(t, ['-c', join(dir, 'turnserver.conf')], { program: 'turnserver' });
  const { url } = await startHost(t, ['--ice-turn', `turn:127.0.0.1:${PORT}`, '--ice-turn-secret-file', join(dir, 'turn')]);
  const { username, credential } = (await (await fetch(`${url}/api/ice-servers`)).json()).iceServers[0];
  await until(() => relays(PORT, username, credential) || !turn.running, 30000, () => `a relayed packet\n${turn.out}${turn.log}`);
  assert.ok(turn.running, turn.out + turn.log);
  assert.ok(!relays(PORT, username, `${credential.slice(1)}A`));
  const ended = `${Math.floor(Date.now() / 1000) - 60}:ann`;
  assert.ok(!relays(PORT, ended, createHmac('sha1', SECRET).update(ended).digest('base64')));
});
