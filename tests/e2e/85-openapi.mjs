// 85-openapi.mjs: docs/openapi.json is a valid description, of what the running host does and of all of it

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import SwaggerParser from '@apidevtools/swagger-parser';
import Ajv from 'ajv/dist/2020.js';
import { joined } from './lib/raw.mjs';
import { folder, startHost, until } from './lib/process.mjs';
import { makeToken } from './lib/token.mjs';

const FILE = new URL('../../docs/openapi.json', import.meta.url).pathname;
const SECRET = 'a secret of thirty-two bytes, at least';
const JSON_BODY = { 'content-type': 'application/json' };

/** What has been seen: "METHOD path status". @type {Set<string>} */
const seen = new Set();

/** The description, and a call that holds every answer against it. */
async function describe() {
  await SwaggerParser.validate(FILE);
  const whole = await SwaggerParser.dereference(FILE);
  const ajv = new Ajv({ strict: false, validateFormats: false });
  /** @param {string} url @param {string} path as the description has it */
  const call = async (url, path, { method = 'GET', at = path, status, headers = {}, body, tries = 1 } = {}) => {
    let answer = await fetch(url + at, { method, headers, body });
    for (let n = 1; n < tries && answer.status !== status; n += 1)
      answer = await fetch(url + at, { method, headers, body });
    const text = await answer.text();
    assert.equal(answer.status, status, `${method} ${at}: ${text}`);
    const described = whole.paths[path]?.[method.toLowerCase()]?.responses[status];
    assert.ok(described, `${method} ${path} with ${status} is not described`);
    seen.add(`${method} ${path} ${status}`);
    for (const [name, header] of Object.entries(described.headers ?? {}))
      assert.ok(!header.required || answer.headers.has(name), `${method} ${path} ${status} has ${name}`);
    if (!described.content) {
      assert.equal(text, '', `${method} ${path} ${status}`);
      return answer;
    }
    const [[type, { schema }]] = Object.entries(described.content);
    assert.ok(answer.headers.get('content-type')?.startsWith(type), `${answer.headers.get('content-type')} is ${type}`);
    const value = type === 'text/plain' ? text : JSON.parse(text);
    const fits = ajv.compile(schema);
    assert.ok(fits(value), `${method} ${path} ${status}: ${ajv.errorsText(fits.errors)} in ${text}`);
    return answer;
  };
  return { whole, call };
}

const ROOMS = '/api/rooms';
const ROOM = '/api/rooms/{id}';
const at = `${ROOMS}/x`;

test('what a host answers is as described', { timeout: 60000 }, async (t) => {
  const { whole, call } = await describe();
  const secret = join(await folder(t), 'turn');
  await writeFile(secret, 'turn secret', { mode: 0o600 });
  const host = await startHost(t, ['--max-rooms', '3', '--ice-stun', 'stun:stun.example:3478', '--ice-turn', 'turn:turn.example', '--ice-turn-secret-file', secret]);
  const { url } = host;

  await call(url, ROOMS, { method: 'POST', headers: JSON_BODY, body: '{"name":"X","id":"x","metadata":{"a":[1]}}', status: 201 });
  await call(url, ROOMS, { method: 'POST', headers: JSON_BODY, body: '{"name":"Y","maxMembers":2,"topology":"mesh"}', status: 201 });
  await call(url, ROOMS, { method: 'POST', headers: JSON_BODY, body: '{"name":" "}', status: 400 });
  await call(url, ROOMS, { method: 'POST', headers: JSON_BODY, body: '{"name":"X","id":"x"}', status: 409 });
  await call(url, ROOMS, { method: 'POST', headers: JSON_BODY, body: `{"name":"${'x'.repeat(70000)}"}`, status: 413 });
  await call(url, ROOMS, { method: 'POST', body: 'name=x', headers: { 'content-type': 'text/plain' }, status: 415 });
  await call(url, ROOMS, { method: 'POST', headers: { ...JSON_BODY, origin: 'https://evil.example' }, body: '{"name":"X"}', status: 403 });
  await joined(host.port, 'x');
  await joined(host.port, 'z');
  await call(url, ROOMS, { method: 'POST', headers: JSON_BODY, body: '{"name":"one too many"}', status: 409 });

  const list = await call(url, ROOMS, { status: 200 });
  await call(url, ROOMS, { headers: { 'if-none-match': list.headers.get('etag') }, status: 304 });
  assert.match((await call(url, ROOMS, { at: `${ROOMS}?limit=1`, status: 200 })).headers.get('link'), /rel="next"/);
  await call(url, ROOMS, { at: `${ROOMS}?limit=0`, status: 400 });
  const room = await call(url, ROOM, { at, status: 200 });
  await call(url, ROOM, { at, headers: { 'if-none-match': room.headers.get('etag') }, status: 304 });
  await call(url, ROOM, { at: `${ROOMS}/none`, status: 404 });
  await call(url, '/api/ice-servers', { status: 200 });
  for (const path of ['/healthz', '/readyz', '/metrics'])
    await call(url, path, { status: 200 });
  await call(url, ROOM, { method: 'DELETE', at, headers: { 'if-match': '"other"' }, status: 412 });
  await call(url, ROOM, { method: 'DELETE', at, status: 204 });
  await call(url, ROOM, { method: 'DELETE', at, status: 404 });

  // The methods of each path are those of the description, and HEAD beside each GET.
  for (const [path, operations] of Object.entries(whole.paths)) {
    const answer = await fetch(url + path.replace('{id}', 'x'), { method: 'OPTIONS' });
    const methods = Object.keys(operations).filter((key) => key !== 'parameters').map((key) => key.toUpperCase());
    assert.deepEqual(answer.headers.get('allow')?.split(', ').sort(), [...methods, 'OPTIONS', ...(methods.includes('GET') ? ['HEAD'] : [])].sort(), path);
  }
});

test('what a host with tokens answers is as described', { timeout: 60000 }, async (t) => {
  const { call } = await describe();
  const secret = join(await folder(t), 'secret');
  await writeFile(secret, SECRET, { mode: 0o600 });
  const { url } = await startHost(t, ['--auth-mode', 'jwt', '--auth-secret-file', secret]);
  const bearer = (claims) => ({ ...JSON_BODY, authorization: `Bearer ${makeToken(claims, { key: SECRET })}` });
  const other = bearer({ room: 'other', grants: ['publish'] });
  for (const [path, options] of [[ROOMS, {}], [ROOMS, { method: 'POST', body: '{"name":"X","id":"x"}' }], [ROOM, { at }], [ROOM, { at, method: 'DELETE' }],
    ['/api/ice-servers', {}]]) {
    await call(url, path, { ...options, headers: JSON_BODY, status: 401 });
    // The list has what a token is for, be it nothing; a page of another origin gets none.
    await call(url, path, { ...options, headers: path === ROOMS && !options.method ? { origin: 'https://evil.example' } : other, status: 403 });
  }
  await call(url, ROOMS, { method: 'POST', headers: bearer({ room: '*' }), body: '{"name":"X","id":"x"}', status: 201 });
});

test('what a host answers that is asked too often, or goes away, or has no disk, is as described', { timeout: 60000 }, async (t) => {
  const { whole, call } = await describe();
  const limited = await startHost(t, [], { rateLimit: true });
  await Promise.all(Array.from({ length: 230 }, () => fetch(`${limited.url}${ROOMS}`)));
  for (const [path, options] of [[ROOMS, {}], [ROOMS, { method: 'POST', headers: JSON_BODY, body: '{}' }], [ROOM, { at }], [ROOM, { at, method: 'DELETE' }],
    ['/api/ice-servers', {}]]) {
    // One in 50 ms is let through.
    await call(limited.url, path, { ...options, status: 429, tries: 50 });
  }

  const going = await startHost(t, ['--drain', '20s']);
  const member = await joined(going.port, 'x');
  going.child.kill('SIGTERM');
  await until(async () => (await fetch(`${going.url}/readyz`)).status === 503, 5000, '503');
  await call(going.url, '/readyz', { status: 503 });
  member.drop();

  const path = await mkdtemp(join(tmpdir(), 'meshbot-e2e-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', path]);
  t.after(async () => {
    execFileSync('umount', ['-l', path]);
    await rmdir(path);
  });
  const full = await startHost(t, ['--store', join(path, 'rooms.db')]);
  const body = JSON.stringify({ name: 'n', metadata: { text: 'x'.repeat(8000) } });
  for (let n = 0; n < 100 && (await fetch(`${full.url}${ROOMS}`, { method: 'POST', headers: JSON_BODY, body })).status !== 503; n += 1);
  await call(full.url, ROOMS, { method: 'POST', headers: JSON_BODY, body, status: 503 });

  // All that is described has been seen.
  for (const [each, operations] of Object.entries(whole.paths))
    for (const [method, { responses }] of Object.entries(operations).filter(([key]) => key !== 'parameters'))
      for (const status of Object.keys(responses))
        assert.ok(seen.has(`${method.toUpperCase()} ${each} ${status}`), `${method} ${each} ${status} is described, and was not seen`);
  assert.equal(whole.info.version, /version: '(.*?)'/.exec(await readFile(new URL('../../meson.build', import.meta.url), 'utf8'))?.[1]);
});
