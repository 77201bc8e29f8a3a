// 72-metrics.mjs: /metrics counts what happened, Prometheus' own checker takes it, and no client makes it longer

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { connect, connectPlain } from './lib/member.mjs';
import { startHost, until } from './lib/process.mjs';

/** @param {string} url @returns {Promise<{text: string, values: Map<string, number>}>} */
async function scrape(url) {
  const answer = await fetch(`${url}/metrics`);
  assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  const text = await answer.text();
  const lines = text.split('\n').filter((line) => line && !line.startsWith('#'));
  return { text, values: new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))])) };
}

test('rooms, members, joins, signals, refusals and requests are counted', { timeout: 30000 }, async (t) => {
  const { url } = await startHost(t);
  const before = (await scrape(url)).values;
  const plain = await connectPlain(t, url);
  const sio = await connect(t, url);
  plain.send('join-room', { roomId: 'x', displayName: 'A', role: 'recorder' });
  await plain.take('peers');
  assert.equal((await sio.socket.emitWithAck('join-room', { roomId: 'x', displayName: 'B' })).ok, true);
  plain.send('signal', { to: sio.socket.id, data: '12345678' });
  await sio.take('signal');
  sio.socket.emit('signal', { to: plain.id, data: { a: 1 } });
  sio.socket.emit('signal', { to: plain.id, data: { a: 2 } });
  await plain.take('signal');
  await plain.take('signal');
  plain.send('signal', { to: 'nobody', data: 1 });
  plain.send('nonsense');
  await plain.take('room-error');
  await plain.take('room-error');
  assert.equal((await fetch(`${url}/api/rooms/none`)).status, 404);
  assert.equal((await fetch(`${url}/api/rooms`, { headers: { Origin: 'https://evil.example' } })).status, 403);

  const after = (await scrape(url)).values;
  /** @param {string} name */
  const grown = (name) => {
    assert.ok(after.has(name), `${name} is there`);
    return Number(after.get(name)) - (before.get(name) ?? 0);
  };
  assert.equal(after.get('meshbot_host_rooms'), 1);
  assert.equal(after.get('meshbot_host_members'), 2);
  assert.equal(after.get('meshbot_host_connections'), 2);
  assert.equal(grown('meshbot_host_joins_total{role="recorder"}'), 1);
  assert.equal(grown('meshbot_host_joins_total{role="member"}'), 1);
  assert.equal(grown('meshbot_host_signals_total{dialect="plain"}'), 2);
  assert.equal(grown('meshbot_host_signals_total{dialect="socketio"}'), 2);
  assert.equal(grown('meshbot_host_signal_bytes_total{dialect="plain"}'), 11);
  assert.equal(grown('meshbot_host_signal_bytes_total{dialect="socketio"}'), 14);
  assert.equal(grown('meshbot_host_refused_total{reason="not-found"}'), 1);
  assert.equal(grown('meshbot_host_refused_total{reason="bad-request"}'), 1);
  assert.equal(grown('meshbot_http_request_duration_seconds_count{route="/api/rooms/{id}"}'), 1);
  assert.equal(grown('meshbot_http_responses_total{route="/api/",code="4xx"}'), 2);
  assert.equal(grown('meshbot_http_responses_total{route="/ws",code="1xx"}'), 1);
  assert.equal(grown('meshbot_http_refused_total{reason="forbidden"}'), 1);
  assert.ok(Number(after.get('process_resident_memory_bytes')) > 1e6);
  assert.ok(Number(after.get('process_open_fds')) >= 5);
  assert.ok(Number(after.get('process_cpu_seconds_total')) > 0);
  assert.ok(Math.abs(Number(after.get('process_start_time_seconds')) - Date.now() / 1000) < 60);
  assert.equal([...after.keys()].filter((name) => name.startsWith('meshbot_build_info{version="')).length, 1);
  await until(async () => Number((await scrape(url)).values.get('meshbot_host_loop_delay_seconds_count')) >= 2, 5000, 'two looks at the loop');
  plain.socket.close();
  sio.socket.disconnect();
  await until(async () => (await scrape(url)).values.get('meshbot_host_members') === 0, 5000, 'an empty house');
});

test('promtool finds nothing to complain about', { timeout: 30000 }, async (t) => {
  const { url } = await startHost(t);
  const { text } = await scrape(url);
  const check = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  assert.ifError(check.error);
  assert.equal(check.status, 0, check.stdout + check.stderr);
  assert.equal(check.stdout + check.stderr, '');
});

test('whatever clients send, there are no more series', { timeout: 30000 }, async (t) => {
  const { url } = await startHost(t);
  const member = await connectPlain(t, url);
  const names = [...(await scrape(url)).values.keys()];
  for (let n = 0; n < 200; n++) {
    await fetch(`${url}/${n}`, { method: ['GET', 'POST', 'PUT', 'PURGE'][n % 4] });
    await fetch(`${url}/api/rooms/r${n}`);
    await fetch(`${url}/api/${n}?x=${n}`, { headers: { Origin: `https://${n}.example`, 'User-Agent': `a${n}` } });
    await fetch(`${url}/socket.io/?EIO=${n}&transport=t${n}`);
    member.send(`event-${n}`, { roomId: n });
    member.send('join-room', { roomId: `room-${n}`, displayName: `name "${n}"\n`, role: `role${n}` });
    member.send('join-room', { roomId: `room-${n}`, displayName: `name "${n}"` });
  }
  await until(async () => (await fetch(`${url}/api/rooms/room-199`)).ok, 5000, 'the last join');
  assert.deepEqual([...(await scrape(url)).values.keys()], names);
});
