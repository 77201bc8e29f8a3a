// 46-joins.mjs: what a bot's peers notice of others who come and go, and what is left of those in the bot

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const JOINS = 20;
const BENCH = fileURLToPath(new URL('../../bench/media/joins', import.meta.url));
const BUILD = resolve(/** @type {string} */ (process.env.MESHBOT), '../../..');

test(`${JOINS} others come and go: no gap, no thread, no file`, { timeout: 120000 }, async (t) => {
  const seen = JSON.parse(execFileSync(BENCH, [BUILD, String(JOINS), '10'], { encoding: 'utf8' }));
  t.diagnostic(JSON.stringify(seen));
  assert.equal(seen.joined, seen.joins);
  assert.equal(seen.threads, 0);
  assert.equal(seen.files, 0);
  assert.ok(seen.firstFrameMs <= 500, `the first frame after ${seen.firstFrameMs} ms`);
  // A machine that is busy with something else makes gaps, too.
  assert.ok(seen.busyGapMs <= Math.max(75, 2 * seen.quietGapMs), `${seen.busyGapMs} ms`);
});
