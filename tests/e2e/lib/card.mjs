// card.mjs: how far apart the tracks of recorded test cards are

import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const READER = join(dirname(String(process.env.MESHBOT)), '../../tests/plugins/card-reader');

/**
 * When each track of a file begins a second of its card, in milliseconds.
 * @param {string} file
 * @returns {Promise<Record<string, number[]>>}
 */
export async function secondsOf(file) {
  const { stdout } = await run(READER, [file], { maxBuffer: 1 << 26 });
  /** @type {Record<string, number[]>} */
  const found = {};
  for (const line of stdout.split('\n').filter(Boolean)) {
    const [track, at] = line.split(' ');
    (found[track] ??= []).push(Number(at));
  }
  return found;
}

/** How much later than the other, where each repeats every second; -500 to 500. @param {number} one @param {number} other */
export function apart(one, other) {
  return ((((one - other + 500) % 1000) + 1000) % 1000) - 500;
}

/** @param {number[]} values */
export function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/**
 * The pictures of a file: when they are, in milliseconds, and whether they are whole enough to be read.
 * @param {string} file
 */
export async function picturesOf(file) {
  const { stdout } = await run(READER, [file, 'pictures'], { maxBuffer: 1 << 26 });
  return stdout.split('\n').filter(Boolean).map((line) => line.split(' ')).map(([, at, isRead]) => ({ at: Number(at), isRead: isRead === '1' }));
}
