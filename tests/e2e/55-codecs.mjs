// 55-codecs.mjs: each codec is sent and received, with a browser, whoever offers first

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setUp } from './lib/lab.mjs';
import { until } from './lib/process.mjs';

for (const codec of ['VP8', 'VP9', 'H264']) {
  for (const polite of [false, true]) {
    test(`${codec} and Opus both ways, ${polite ? 'the bot offers' : 'the page offers'}`, { timeout: 60000 }, async (t) => {
      const { bot, run, wait } = await setUp(t, ['--codec', codec.toLowerCase()]);
      await run(`globalThis.me = await lab.join({ polite: ${polite}, waits: ${polite}, prepare: (pc) => {
        pc.addTrack(lab.tone(), new MediaStream());
        pc.addTrack(lab.picture(320, 180), new MediaStream());
      } });`);
      await wait('stats.state === "connected" && stats.decoded > 20 && stats.heard > 40', 'the bot\'s picture and tone');
      const { codecs } = await run('return lab.stats(me.pc)');
      assert.deepEqual(codecs.sort(), ['audio/opus', `video/${codec}`]);
      await until(() => new RegExp(`first video \\(${codec}\\)`).test(bot.log) && /first audio \(opus\)/i.test(bot.log), 10000, () => bot.log);
      assert.doesNotMatch(bot.log, /warning|rebuilt/);
    });
  }
}

test('DTX, error correction and one channel are switched by --set', { timeout: 60000 }, async (t) => {
  const { bot, run, wait } = await setUp(t, ['--set', 'dtx=true', '--set', 'fec=false', '--set', 'sound=audio/x-raw,rate=48000,channels=1',
    '--set', 'volume=0']);
  await run(`globalThis.me = await lab.join({ prepare: (pc) => pc.addTransceiver('audio', { direction: 'recvonly' }) });`);
  await wait('stats.state === "connected" && stats.heard > 0', 'the first of the silence');
  const { heard: before } = await run('return lab.stats(me.pc)');
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const { heard: after } = await run('return lab.stats(me.pc)');
  // 150 packets without DTX; with it, one each 400 ms.
  assert.ok(after - before < 40, `${after - before} packets of silence in 3 s\n${bot.log}`);
});
