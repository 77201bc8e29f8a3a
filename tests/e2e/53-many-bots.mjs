// 53-many-bots.mjs: two hundred bots in one process meet everybody they should, and nobody fails

import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { startHost } from './lib/process.mjs';
import { measuring } from './lib/qa.mjs';

const COUNT = 4;
const ROOMS = 50;
const SECONDS = 20;
const N = COUNT * ROOMS;

test(`${N} bots in ${ROOMS} rooms, one process`, { timeout: 120000 }, async (t) => {
  const host = await startHost(t);
  const bots = await measuring(t, host.url, ['--room', 'load-{r}', '--rooms', `${ROOMS}`, '--count', `${COUNT}`, '--rate', '20',
    '--name', 'guest {n} of {r}', '--source', 'videotestsrc', '--size', '160x120', '--fps', '5', '--bitrate', '60',
    '--duration', `${SECONDS}s`, '--expect', `peers >= ${COUNT - 1}`, '--expect', 'errors == 0', '--expect', 'rx.video.fps.p50 >= 3']);
  let threads = 0;
  let files = 0;
  const watch = setInterval(async () => {
    threads = Math.max(threads, (await readdir(`/proc/${bots.pid}/task`).catch(() => [])).length);
    files = Math.max(files, (await readdir(`/proc/${bots.pid}/fd`).catch(() => [])).length);
  }, 1000);
  t.after(() => clearInterval(watch));
  const { code, report, out } = await bots.finish(100000);
  clearInterval(watch);
  t.diagnostic(out.split('\n').slice(0, 6).join(' | '));
  t.diagnostic(`${threads} threads, ${files} files; ${(threads / (N * (COUNT - 1))).toFixed(1)} and ` +
    `${(files / (N * (COUNT - 1))).toFixed(1)} a connection`);

  assert.equal(code, 0, out);
  assert.ok(threads < 20, `${threads} threads: a connection has none of its own`);
  assert.ok(files < N * (COUNT - 1) * 4, `${files} files`);
  assert.equal(report.bots.length, N);
  const names = new Set(report.bots.map((/** @type {any} */ bot) => bot.name));
  assert.equal(names.size, N, 'each name by the template');
  for (const bot of report.bots) {
    assert.equal(bot.peers.length, COUNT - 1, bot.name);
    const room = bot.name.split(' of ')[1];
    for (const peer of bot.peers)
      assert.equal(peer.displayName.split(' of ')[1], room, 'nobody of another room');
  }
  // Plain lines of progress, since this is no terminal.
  assert.match(out, new RegExp(`meshbot: \\d+ of ${N} bots, \\d+ connections`));
});

test('the same seed gives the same names and places, another one others', { timeout: 60000 }, async (t) => {
  const host = await startHost(t);
  /** @param {number} seed */
  const run = async (seed) => {
    const bots = await measuring(t, host.url, ['--room', `s${seed}-{r}`, '--rooms', '2', '--count', '2', '--seed', `${seed}`, '--loop',
      '--duration', '500ms']);
    const { report } = await bots.finish();
    assert.equal(report.seed, `${seed}`);
    return JSON.stringify(report.bots.map((/** @type {any} */ bot) => [bot.name, bot.cname, bot.place]));
  };
  const first = await run(7);
  assert.equal(await run(7), first);
  assert.notEqual(await run(8), first);
});

test('limits that are too low are explained at the start', { timeout: 20000 }, async (t) => {
  const { execFile } = await import('node:child_process');
  /** @type {{code: number, stderr: string}} */
  const result = await new Promise((resolve) => execFile('prlimit', ['--nofile=300:300', process.env.MESHBOT ?? '', '--server',
    'http://127.0.0.1:9', '--room', 'x', '--count', '50'], (error, stdout, stderr) =>
    resolve({ code: Number(error?.code ?? 0), stderr })));
  assert.equal(result.code, 1);
  assert.match(result.stderr, /50 bots in 1 rooms need about \d+ open files, and 300 are allowed; raise the limit/);
  assert.equal(result.stderr.split('\n').length, 2, 'one line');
});
