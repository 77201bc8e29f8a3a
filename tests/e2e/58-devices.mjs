// 58-devices.mjs: cameras of the network, screens and microphones are sent, from real servers of each

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { folder, membersOf, start, startHost, until } from './lib/process.mjs';
import { judge, peersOf, SMALL } from './lib/qa.mjs';

/**
 * A server of a device, for as long as a test; what it says.
 * @param {import('node:test').TestContext} t
 * @param {string[]} command
 * @param {Record<string, string>} [env]
 */
function serve(t, command, env = {}) {
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const said = { out: '', log: '' };
  let running = true;
  child.stdout.on('data', (data) => (said.out += data));
  child.stderr.on('data', (data) => (said.log += data));
  child.on('error', (error) => (said.log += error.message));
  child.on('close', () => (running = false));
  t.after(async () => {
    child.kill('SIGTERM');
    await until(() => !running, 5000, `the end of ${command[0]}`).catch(() => child.kill('SIGKILL'));
  });
  return said;
}

/**
 * A bot with a source, and what another one sees and hears of it.
 * @param {import('node:test').TestContext} t
 * @param {string[]} source
 * @param {string[]} expectations
 * @param {Record<string, string>} [env]
 */
async function assertSent(t, source, expectations, env = {}) {
  const host = await startHost(t);
  const bot = start(t, ['--server', host.url, '--room', 'x', ...SMALL, ...source], { env });
  await until(async () => (await membersOf(host.url, 'x')).length === 1, 20000, () => `the bot\n${bot.log}`);
  const { code, out, report } = await judge(t, host.url, ['--room', 'x', '--name', 'judge', '--measure', 'pixels', '--duration', '6s',
    '--expect', 'errors == 0', '--expect', 'peers >= 1', ...expectations.flatMap((each) => ['--expect', each])]);
  assert.equal(code, 0, `${out}\n${bot.log}`);
  return peersOf(report)[0].rx;
}

// A display is black until something has been drawn on it.
const MOVES = ['rx.video.fps.p50 >= 5', 'rx.video.black < 1s', 'rx.video.frozen == 0'];

test('an RTSP camera, by its URL', { timeout: 60000 }, async (t) => {
  const camera = serve(t, ['/usr/bin/python3', join(fileURLToPath(new URL('.', import.meta.url)), 'lib/rtsp-server.py')]);
  const url = await until(() => /^rtsp:\S+/m.exec(camera.out)?.[0], 10000, () => camera.log);
  await assertSent(t, ['--source', url], MOVES);
});

test('the screen of an X display', { timeout: 60000 }, async (t) => {
  const screen = serve(t, ['Xvfb', '-displayfd', '1', '-screen', '0', '640x360x24', '-nolisten', 'tcp']);
  const display = `:${await until(() => /^\d+$/m.exec(screen.out)?.[0], 10000, () => screen.log)}`;
  serve(t, ['ffplay', '-v', 'error', '-an', '-left', '0', '-top', '0', '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=15'],
    { DISPLAY: display, SDL_VIDEODRIVER: 'x11', HOME: await folder(t) });
  await assertSent(t, ['--source', 'screen', '--set', `display=${display}`], MOVES);
});

test('a microphone of PulseAudio, beside a picture', { timeout: 60000 }, async (t) => {
  const runtime = await folder(t);
  const env = { HOME: runtime, XDG_RUNTIME_DIR: runtime, PULSE_RUNTIME_PATH: runtime, PULSE_SERVER: `unix:${runtime}/native` };
  const sound = serve(t, ['pulseaudio', '-n', '--daemonize=no', '--exit-idle-time=-1', '--disallow-exit', '--log-target=stderr', '-L',
    `module-native-protocol-unix auth-anonymous=1 socket=${runtime}/native`, '-L', 'module-sine-source source_name=tone frequency=500'], env);
  const { existsSync } = await import('node:fs');
  await until(() => existsSync(`${runtime}/native`), 10000, () => sound.log);
  const rx = await assertSent(t, ['--source', 'videotestsrc', '--source', 'pulse', '--set', 'device=tone'],
    ['rx.audio.silent == 0', 'rx.audio.kbps > 5', ...MOVES], env);
  assert.equal(rx.audio.codec, 'opus');
});
