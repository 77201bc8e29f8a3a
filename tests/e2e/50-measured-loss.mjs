// 50-measured-loss.mjs: what bots report of a network is what the network does

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { test } from 'node:test';
import { openFarSide } from './lib/network.mjs';
import { membersOf, start, startHost, until } from './lib/process.mjs';
import { judge, lose, loseNothing, measuring, peersOf, SMALL } from './lib/qa.mjs';

const BOTS = ['--room', 'x', '--count', '2', '--source', 'videotestsrc', ...SMALL];

test('without loss none is reported, and expectations of it hold', { timeout: 40000 }, async (t) => {
  const host = await startHost(t);
  const { code, report, out } = await judge(t, host.url, [...BOTS, '--duration', '8s',
    '--expect', 'rx.video.loss <= 1%', '--expect', 'rx.audio.loss <= 1%', '--expect', 'rtt < 1s',
    '--expect', 'rx.jitter < 1s', '--expect', 'tx.video.kbps > 20', '--expect', 'tx.audio.kbps > 5',
    '--expect', 'peers >= 1', '--expect', 'peers.min >= 1', '--expect', 'join < 5s', '--expect', 'errors == 0']);
  assert.equal(code, 0, out);
  assert.equal(report.verdict, 'pass');
  for (const peer of peersOf(report)) {
    assert.ok(peer.rx.rtt.mean > 0 && peer.rx.rtt.mean < 1000, JSON.stringify(peer.rx.rtt));
    assert.ok(peer.rx.jitter.mean > 0, JSON.stringify(peer.rx.jitter));
    // What one of the two sends is what the other one gets.
    const ratio = peer.rx.video.kbps.mean / peer.tx.video.kbps.mean;
    assert.ok(ratio > 0.7 && ratio < 1.4, `${ratio}`);
  }
});

test('10 % of lost packets are seen, and fail an expectation of 1 %', { timeout: 40000 }, async (t) => {
  const host = await startHost(t);
  const bots = await measuring(t, host.url, [...BOTS, '--duration', '14s', '--expect', 'rx.video.loss <= 1%',
    '--expect', 'rx.audio.loss <= 1%']);
  await until(() => (bots.log.match(/first video/g) ?? []).length === 2, 20000, () => `media\n${bots.log}`);
  lose(10);
  try {
    const { code, report, out } = await bots.finish();
    assert.equal(code, 3, out);
    assert.equal(report.verdict, 'fail');
    for (const peer of peersOf(report)) {
      t.diagnostic(`video ${peer.rx.video.loss.mean} %, audio ${peer.rx.audio.loss.mean} %; ` +
        `${peer.rx.video.lost} lost, ${peer.rx.video.recovered} recovered`);
      for (const loss of [peer.rx.video.loss.mean, peer.rx.audio.loss.mean])
        assert.ok(loss > 4 && loss < 18, `${loss} %`);
      assert.ok(peer.rx.video.recovered > 0, 'resends are told apart from what came at once');
    }
  } finally {
    loseNothing();
  }
});

test('a link that breaks off is a freeze and seconds of nothing', { timeout: 40000 }, async (t) => {
  const host = await startHost(t);
  const bots = await measuring(t, host.url, [...BOTS, '--duration', '14s', '--expect', 'freezes == 0',
    '--expect', 'freeze.time < 1s', '--expect', 'rx.video.fps.min >= 1', '--expect', 'rx.video.fps.max >= 10']);
  await until(() => (bots.log.match(/first video/g) ?? []).length === 2, 20000, () => `media\n${bots.log}`);
  const began = performance.now();
  await until(() => performance.now() - began > 3000, 5000, 'some seconds of media');
  lose(100);
  try {
    const { code, report } = await bots.finish();
    assert.equal(code, 3);
    assert.deepEqual(report.expectations.map((/** @type {any} */ each) => each.ok), [false, false, false, true],
      JSON.stringify(report.expectations));
  } finally {
    loseNothing();
  }
});

// The last, since the network to the far side is gone after it.
test('what waits on a busy link is in the round trip and the jitter', { timeout: 60000 }, async (t) => {
  const far = await openFarSide(t);
  const host = await startHost(t, [], { listen: '10.99.0.1' });
  const [enter, ...args] = far.enter;
  const bot = start(t, [...args, process.env.MESHBOT ?? '', '--server', host.url, '--room', 'x', '--source', 'videotestsrc', ...SMALL],
    { program: enter });
  await until(async () => (await membersOf(host.url, 'x')).length === 1, 20000, () => bot.log);
  /** @param {string} duration */
  const measure = async (duration) => {
    const { report, out } = await judge(t, host.url, ['--room', 'x', '--source', 'videotestsrc', ...SMALL, '--duration', duration]);
    const [{ rx }] = peersOf(report);
    t.diagnostic(`round trip ${rx.rtt?.p50.toFixed(1)}, at most ${rx.rtt?.max.toFixed(1)} ms, jitter ${rx.jitter?.mean.toFixed(1)} ms, loss ${rx.video?.loss.mean.toFixed(1)} %`);
    assert.ok(rx.rtt && rx.jitter, out);
    return rx;
  };
  const free = await measure('6s');
  // 180 of 200 ms are somebody else's, in one piece.
  execFileSync(enter, [...args, ...'tc qdisc add dev mb1 root tbf rate 1000kbit burst 4kb latency 400ms'.split(' ')]);
  const noise = spawn(enter, [...args, 'python3', '-c', `import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    for _ in range(22): s.sendto(bytes(1000), ("10.99.0.1", 9))
    time.sleep(0.2)`], { stdio: 'ignore' });
  t.after(() => void noise.kill('SIGKILL'));
  const busy = await measure('10s');
  // A sample is of one packet, which may find the link free.
  assert.ok(busy.rtt.max > free.rtt.max + 15 && busy.rtt.max < 1000, `${free.rtt.max}, ${busy.rtt.max}`);
  assert.ok(busy.jitter.mean > free.jitter.mean + 5, `${free.jitter.mean}, ${busy.jitter.mean}`);
});
