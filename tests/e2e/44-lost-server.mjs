// 44-lost-server.mjs: a server that goes and comes back, or that only one has lost: nobody loses media for it

import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { delay, folder, membersOf, startBot, startHost, until } from './lib/process.mjs';

const SENDS = ['--source', 'videotestsrc', '--size', '320x240', '--fps', '15', '--bitrate', '200'];

/** @param {string} log @param {RegExp} line */
const count = (log, line) => (log.match(new RegExp(line, 'g')) ?? []).length;

/** The one session of an archive. @param {string} path */
async function session(path) {
  const [stamp] = await readdir(join(path, 'kept'));
  return JSON.parse(await readFile(join(path, 'kept', stamp, 'session.json'), 'utf8'));
}

/** A way to a server that can be cut. @param {number} port */
async function startWay(t, port) {
  const sockets = new Set();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [[near, far], [far, near]]) {
      sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => other.destroy());
      one.pipe(other);
    }
  });
  const cut = () => sockets.forEach((socket) => socket.destroy());
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(null)));
  t.after(() => {
    cut();
    server.close();
  });
  return { cut, port: /** @type {import('node:net').AddressInfo} */ (server.address()).port };
}

test('a host that restarts: the same connections, the same files', { timeout: 120000 }, async (t) => {
  const host = await startHost(t);
  const archive = await folder(t);
  const report = join(await folder(t), 'report.json');
  const recorder = startBot(t, host.url, 'kept', ['--name', 'archive', '--record', archive]);
  const ada = startBot(t, host.url, 'kept', ['--name', 'ada', ...SENDS, '--measure', 'frames', '--report', report]);
  const bert = startBot(t, `${host.url.replace('http', 'ws')}/ws`, 'kept', ['--name', 'bert', ...SENDS]);
  const browser = await openBrowser(t);
  const page = await openRoom(browser, host.url, 'kept', { name: 'Cleo', viewport: { width: 640, height: 480 }, remembered: { low: 'true' } });
  await page.waitPlaying(2, 30000);
  const bots = [recorder, ada, bert];
  await until(() => bots.every((bot) => count(bot.log, /: connected/) === 3), 15000, () => bots.map(({ log }) => log).join('\n'));
  await until(() => ada.log.match(/first video/g)?.length === 2 && bert.log.match(/first video/g)?.length === 2, 15000, () => ada.log);
  // Who does not record does without the libraries that it takes.
  assert.doesNotMatch(await readFile(`/proc/${ada.pid}/maps`, 'utf8'), /libavformat/);
  assert.match(await readFile(`/proc/${recorder.pid}/maps`, 'utf8'), /libavformat/);
  const before = (await membersOf(host.url, 'kept')).map(({ id }) => id);

  await host.end();
  await until(() => bots.every(({ log }) => /the server is gone/.test(log)), 10000, 'all notice');
  const again = await startHost(t, [], { port: host.port });
  await until(async () => (await membersOf(again.url, 'kept')).length === 4, 30000, 'all four again');
  await until(() => bots.every((bot) => count(bot.log, / is \S+ now\n/) === 3), 15000, () => bots.map(({ log }) => log).join('\n'));
  const now = (await membersOf(again.url, 'kept')).map(({ id }) => id);
  assert.ok(now.every((id) => !before.includes(id)), 'new ids');
  const own = await page.id();
  await until(async () => (await page.tiles()).map(({ id }) => id).sort().join() === now.filter((id) => id !== own).sort().join(),
    10000, 'tiles with the new ids');

  // What has to be negotiated from now on goes through the new server.
  await page.page.click('#screen');
  await until(() => count(ada.log, /first video/) === 3 && count(bert.log, /first video/) === 3, 20000, () => `the screen\n${ada.log}`);
  await page.page.click('#screen');
  for (const bot of bots)
    assert.equal(count(bot.log, /: connected/), 3, `no new connection\n${bot.log}`);
  assert.equal(await page.connections(), 3);
  // A few seconds of figures: each needs a whole one.
  await delay(3000);
  await ada.end();
  await recorder.end();

  const { bots: [{ peers }] } = JSON.parse(await readFile(report, 'utf8'));
  assert.equal(peers.length, 3);
  const { rx } = peers.find(({ displayName }) => displayName === 'bert');
  t.diagnostic(`${rx.video.fps.min} frames a second at worst, ${rx.video.lost} packets lost`);
  assert.ok(rx.video.fps.min >= 5, `bert froze: ${JSON.stringify(rx)}`);
  const { participants, files } = await session(archive);
  assert.deepEqual(participants.map(({ displayName, returns }) => [displayName, returns.length]).sort(), [['Cleo', 1], ['ada', 1], ['bert', 1]]);
  assert.deepEqual(files.filter(({ kind }) => kind === 'camera').map(({ participant }) => participant).sort(), participants.map(({ id }) => id).sort());
  assert.equal(files.filter(({ kind }) => kind === 'screen').length, 1, JSON.stringify(files));
});

test('a bot that alone loses the server comes back without losing anybody', { timeout: 60000 }, async (t) => {
  const host = await startHost(t);
  const { cut, port } = await startWay(t, host.port);
  const ada = startBot(t, host.url, 'kept', ['--name', 'ada', ...SENDS]);
  const bert = startBot(t, `http://127.0.0.1:${port}`, 'kept', ['--name', 'bert', ...SENDS]);
  await until(() => /first video/.test(ada.log) && /first video/.test(bert.log), 15000, () => ada.log + bert.log);
  cut();
  await until(() => count(ada.log, / is \S+ now\n/) === 1, 15000, () => ada.log + bert.log);
  await until(async () => (await membersOf(host.url, 'kept')).length === 2, 15000, 'two members');
  assert.equal(count(ada.log, /: connected/) + count(bert.log, /: connected/), 2, ada.log + bert.log);
  // Whoever is gone in earnest is found out by asking it.
  bert.child.kill('SIGKILL');
  await until(() => /no answer, and the room does not know it/.test(ada.log), 5000, () => ada.log);
});
