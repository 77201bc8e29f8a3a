// 77-metrics-page.mjs: metrics where the administrator wants them, those of bots too, and what many bots of one address ask for

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder, membersOf, start, startHost, until } from './lib/process.mjs';
import { bearer } from './lib/token.mjs';

/** @param {import('./lib/process.mjs').Program} program */
async function pageOf(program) {
  const port = await until(() => /port (\d+) has the metrics/.exec(program.log)?.[1], 10000, () => program.log);
  return `http://127.0.0.1:${port}/metrics`;
}

/** @param {string} text @param {string} name */
const value = (text, name) => Number(new RegExp(`^${name.replace(/[{}]/g, '\\$&')} (\\S+)$`, 'm').exec(text)?.[1] ?? NaN);
const read = async (/** @type {string} */ url, headers = {}) => {
  const answer = await fetch(url, { headers });
  return { status: answer.status, text: await answer.text() };
};

/** @param {string} text */
function assertGood(text) {
  const check = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  assert.ifError(check.error);
  assert.equal(check.stdout + check.stderr, '');
}

test('a listener of their own, with a token: nowhere else, and for nobody else', { timeout: 60000 }, async (t) => {
  const dir = await folder(t);
  const token = '0123456789abcdef-metrics';
  await writeFile(join(dir, 'token'), `${token}\n`, { mode: 0o600 });
  await writeFile(join(dir, 'short'), 'short\n');
  await writeFile(join(dir, 'conf'), `[metrics]\nlisten=0\ntoken-file=${join(dir, 'token')}\n`);
  const host = await startHost(t, ['--config', join(dir, 'conf'), '--log-level', 'notice']);
  const page = await pageOf(host);
  assert.equal((await read(`${host.url}/metrics`)).status, 404);
  assert.equal((await read(page)).status, 401);
  assert.equal((await read(page, bearer(`${token}0`))).status, 401);
  assert.equal((await read(page, bearer(token.slice(1)))).status, 401);
  const { status, text } = await read(page, bearer(token));
  assert.equal(status, 200);
  assertGood(text);
  assert.equal(value(text, 'meshbot_host_backlog_bytes'), 0);
  assert.equal((await read(page.replace('/metrics', '/api/rooms'))).status, 404);
  assert.equal((await fetch(page, { method: 'POST' })).status, 405);

  const shared = await startHost(t, ['--metrics-token-file', join(dir, 'token')]);
  assert.equal((await read(`${shared.url}/metrics`)).status, 401);
  assert.equal((await read(`${shared.url}/metrics`, bearer(token))).status, 200);
  const wrong = start(t, ['--listen', '0', '--store', ':memory:', '--metrics-token-file', join(dir, 'short')]);
  assert.equal((await wrong.ended).code, 2);
  assert.match(wrong.log, /short: a token has 16 to 4096 characters/);
});

test('bots beside a host and elsewhere show what they send, receive, lose and record', { timeout: 90000 }, async (t) => {
  const dir = await folder(t);
  const host = await startHost(t, ['--room', 'a', '--source', 'videotestsrc', '--metrics-listen', '0', '--log-level', 'notice']);
  await until(async () => (await membersOf(host.url, 'a')).length === 1, 15000, 'the bot');
  const recorder = start(t, ['--server', host.url, '--room', 'a', '--record', dir, '--metrics-listen', '0', '--log-level', 'notice']);
  const [beside, elsewhere] = [await pageOf(host), await pageOf(recorder)];
  await until(async () => value((await read(elsewhere)).text, 'meshbot_bot_packets_total{direction="received",kind="video"}') > 50, 20000, 'packets');
  await until(async () => value((await read(beside)).text, 'meshbot_bot_packets_total{direction="sent",kind="video"}') > 50, 20000,
    async () => (await read(beside)).text);
  for (const page of [beside, elsewhere]) {
    const { text } = await read(page);
    assertGood(text);
    assert.equal(value(text, 'meshbot_bot_peers'), 1);
    assert.equal(value(text, 'meshbot_bot_joined_bots'), 1);
    assert.ok(value(text, 'meshbot_bot_packets_lost_total{direction="received",kind="video"}') >= 0);
    assert.ok(value(text, 'meshbot_bot_bytes_total{direction="sent",kind="audio"}') >= 0);
  }
  assert.ok(value((await read(beside)).text, 'meshbot_host_members') === 2, 'the host\'s own are beside them');
  await host.end();
  await until(async () => value((await read(elsewhere).catch(() => ({ text: '' }))).text, 'meshbot_bot_recorded_files_total{result="ok"}') === 1 || !recorder.running, 25000,
    async () => (await read(elsewhere)).text);
});

test('a bot that is told to wait with its question for ICE servers asks again', { timeout: 60000 }, async (t) => {
  const { url } = await startHost(t, ['--ice-stun', 'stun:127.0.0.1:3478'], { rateLimit: true });
  let draining = true;
  const drain = (async () => {
    while (draining)
      await fetch(`${url}/api/rooms`);
  })();
  await until(async () => (await fetch(`${url}/api/rooms`)).status === 429, 20000, 'the limit');
  const bot = start(t, ['--server', url, '--room', 'x', '--log-level', 'debug']);
  const asked = async () => value((await read(`${url}/metrics`)).text, 'meshbot_http_request_duration_seconds_count{route="/api/ice-servers"}');
  await until(async () => (await asked()) >= 2, 20000, () => bot.log);
  draining = false;
  await drain;
  let last = -1;
  await until(async () => {
    const before = last;
    await new Promise((resolve) => setTimeout(resolve, 3500));
    last = await asked();
    return last === before;
  }, 20000, 'an answer that is enough');
  assert.doesNotMatch(bot.log, /no ICE servers/);
});
