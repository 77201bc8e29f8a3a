// qa.mjs: bots that measure, and what they report

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { folder, start, until } from './process.mjs';

/** Small pictures, so that many streams fit on a busy machine. */
export const SMALL = ['--size', '320x180', '--fps', '15', '--bitrate', '200'];

/**
 * Runs bots to their end; their report and exit status.
 * @param {import('node:test').TestContext} t
 * @param {string} url
 * @param {string[]} args
 * @param {number} [limitMs]
 */
export async function judge(t, url, args, limitMs = 60000) {
  const run = await measuring(t, url, args);
  return run.finish(limitMs);
}

/**
 * Starts bots whose report is wanted.
 * @param {import('node:test').TestContext} t
 * @param {string} url
 * @param {string[]} args
 */
export async function measuring(t, url, args) {
  const file = join(await folder(t), 'report.json');
  const program = start(t, ['--server', url, '--log-level', 'info', '--report', file, ...args]);
  return Object.assign(program, {
    finish: async (limitMs = 60000) => {
      await until(() => !program.running, limitMs, () => `the end of ${args.join(' ')}\n${program.log}`);
      const { code } = await program.ended;
      return { code, out: program.out, log: program.log, report: JSON.parse(await readFile(file, 'utf8')) };
    },
  });
}

/** Every peer that every bot of a report has met. @param {any} report @returns {any[]} */
export function peersOf(report) {
  return report.bots.flatMap((/** @type {any} */ bot) => bot.peers);
}

/** In this test's own network only. @param {string} rule */
export function nft(rule) {
  execFileSync('nft', rule.split(' '));
}

/** Loses so many of a hundred packets of media, from now on. @param {number} percent */
export function lose(percent) {
  nft('add table inet qa');
  nft('add chain inet qa out { type filter hook output priority 0 ; }');
  nft(`add rule inet qa out meta l4proto udp ${percent < 100 ? `numgen random mod 100 < ${percent} ` : ''}drop`);
}

export function loseNothing() {
  nft('delete table inet qa');
}
