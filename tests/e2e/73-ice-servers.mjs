// 73-ice-servers.mjs: members are told of STUN and TURN servers, with credentials that end

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder, startHost } from './lib/process.mjs';
import { bearer, makeToken } from './lib/token.mjs';

const SECRET = 'north and south';

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
