// process.mjs: meshbot as a child process: hosts and bots, with their log, ended with the test

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MESHBOT = process.env.MESHBOT;
/** What root is told once; tests run as whoever they run as (tests/app/service.py has its case). */
const AS_ROOT = /^.*this runs as root.*\n/m;
const READY = /^meshbot: serving (https?:\/\/\S+)/m;

/**
 * Waits until what a condition returns is true.
 * @template T
 * @param {() => T | Promise<T>} condition
 * @param {number} limitMs
 * @param {string | (() => string)} what for the message when it does not come
 * @returns {Promise<T>}
 */
export async function until(condition, limitMs, what) {
  const end = performance.now() + limitMs;
  for (;;) {
    const value = await condition();
    if (value)
      return value;
    if (performance.now() > end)
      throw new Error(`not within ${limitMs} ms: ${typeof what === 'function' ? what() : what}`);
    await delay(25);
  }
}

/** @param {number} ms */
export function delay(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A folder that is gone after the test. */
export async function folder(t) {
  const path = await mkdtemp(join(tmpdir(), 'meshbot-e2e-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

export class Program {
  out = '';
  log = '';

  /**
   * @param {string[]} args
   * @param {{env?: Record<string, string>, program?: string}} [options] another program, which runs meshbot
   */
  constructor(args, { env = {}, program = MESHBOT } = {}) {
    if (!program)
      throw new Error('MESHBOT names the program to test');
    this.args = args;
    this.child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    this.child.stdout.on('data', (data) => (this.out += data));
    this.child.stderr.on('data', (data) => (this.log = (this.log + data).replace(AS_ROOT, '')));
    /** @type {Promise<{code: number | null, signal: string | null}>} */
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => resolve({ code, signal }));
      this.child.on('error', (error) => (this.log += `${error.message}\n`));
    });
    this.running = true;
    this.ended.then(() => (this.running = false));
  }

  get pid() {
    return /** @type {number} */ (this.child.pid);
  }

  /** @param {NodeJS.Signals} signal */
  async end(signal = 'SIGTERM', limitMs = 10000) {
    if (this.running)
      this.child.kill(signal);
    await until(() => !this.running, limitMs, () => `the end of meshbot ${this.args.join(' ')}\n${this.log}`);
    return this.ended;
  }
}

/**
 * Starts meshbot; the test's end ends it.
 * @param {import('node:test').TestContext} t
 * @param {string[]} args
 * @param {{env?: Record<string, string>}} [options]
 */
export function start(t, args, options) {
  const program = new Program(args, options);
  t.after(async () => {
    if (!program.running)
      return;
    try {
      await program.end();
    } catch (error) {
      program.child.kill('SIGKILL');
      throw error;
    } finally {
      if (process.env.SHOW_LOGS)
        console.error(`--- meshbot ${args.join(' ')}\n${program.out}${program.log}`);
    }
  });
  return program;
}

/**
 * A host on a free port, with a store in memory unless the arguments say otherwise.
 * @param {import('node:test').TestContext} t
 * @param {string[]} [args]
 * @param {{env?: Record<string, string>, defaultStore?: boolean, listen?: string, port?: number, rateLimit?: boolean}} [options]
 */
export async function startHost(t, args = [], options = {}) {
  const store = args.includes('--store') || options.defaultStore ? [] : ['--store', ':memory:'];
  const rate = options.rateLimit ? [] : ['--rate-limit', 'off'];
  const program = start(t, ['--listen', `${options.listen ?? '127.0.0.1'}:${options.port ?? 0}`, ...rate, ...store, ...args], options);
  const url = await until(() => {
    if (!program.running)
      throw new Error(`meshbot ended before it was ready:\n${program.log}`);
    return READY.exec(program.out)?.[1];
  }, 10000, () => `the ready line\n${program.out}${program.log}`);
  return Object.assign(program, { url, port: Number(new URL(url).port) });
}

/**
 * A bot that joins a server.
 * @param {import('node:test').TestContext} t
 * @param {string} server
 * @param {string} room
 * @param {string[]} [args]
 */
export function startBot(t, server, room, args = []) {
  return start(t, ['--server', server, '--room', room, '--log-level', 'info', ...args]);
}

/**
 * The members of a room as REST tells them; an empty list where there is no such room.
 * @param {string} url of the host
 * @param {string} room
 */
export async function membersOf(url, room) {
  const answer = await fetch(`${url}/api/rooms/${room}`);
  return answer.ok ? (await answer.json()).members : [];
}

/** The children of a process. @param {number} pid */
export async function childrenOf(pid) {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}
