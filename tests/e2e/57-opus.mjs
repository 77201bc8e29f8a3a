// 57-opus.mjs: what is switched of Opus is heard: mended losses, two channels, silence that is not sent

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { setUp } from './lib/lab.mjs';
import { lose } from './lib/network.mjs';
import { delay, folder, until } from './lib/process.mjs';

/**
 * A page that plays the bot's sound, in two channels. It offers, since then no lost sound is sent again.
 * @param {(code: string) => Promise<any>} run
 */
const listen = (run) => run(`globalThis.me = await lab.join({ polite: false, munge: (sdp) => sdp.replace('useinbandfec=1', '$&;stereo=1'), prepare: (pc) => {
  pc.addTransceiver('video', { direction: 'recvonly' });
  pc.addTransceiver('audio', { direction: 'recvonly' });
  pc.addEventListener('track', ({ track }) => {
    if (track.kind === 'video')
      return;
    globalThis.player = Object.assign(new Audio(), { srcObject: new MediaStream([track]) });
    player.play();
  });
} });`);

/** @param {(code: string) => Promise<any>} run @returns {Promise<any>} */
const heard = (run) => run(`return [...(await me.pc.getStats()).values()]
  .filter((each) => each.type === 'inbound-rtp' && each.kind === 'audio')[0] ?? {}`);

for (const fec of [true, false]) {
  test(`lost speech is ${fec ? 'mended from the packet after it' : 'made up, without error correction'}`, { timeout: 60000 }, async (t) => {
    const speech = join(await folder(t), 'speech.mkv');
    const text = 'The quick brown fox jumps over the lazy dog, and then she sells sea shells by the sea shore';
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', `flite=text='${text}'`, '-c:a', 'flac', speech]);
    const { run, wait } = await setUp(t, ['--source', speech, '--loop', '--set', `fec=${fec}`]);
    await listen(run);
    await wait('stats.state === "connected" && stats.heard > 50', 'the speech');
    const loseNothing = lose(200);
    t.after(loseNothing);
    const before = await heard(run);
    let now = before;
    await until(async () => (now = await heard(run)).packetsReceived >= before.packetsReceived + 250, 20000, () => JSON.stringify(now));
    const used = now.fecPacketsReceived - now.fecPacketsDiscarded;
    const concealed = (now.concealedSamples - before.concealedSamples) / (now.totalSamplesReceived - before.totalSamplesReceived);
    t.diagnostic(`${now.packetsLost} lost, ${used} mended, ${(100 * concealed).toFixed(0)} % made up`);
    if (fec) {
      assert.ok(used >= 15, `${used} mended of ${now.packetsLost}`);
      assert.ok(concealed < 0.12, `${concealed}`);
    } else {
      assert.equal(now.fecPacketsReceived, 0);
      assert.ok(concealed > 0.12, `${concealed}`);
    }
  });
}

for (const [channels, beside, what] of /** @type {[number, string[], string][]} */ ([
  [2, [], 'in one each'],
  [1, [], 'in both, where one channel is asked for'],
  [2, ['--source', 'videotestsrc'], 'beside the picture of another source'],
])) {
  test(`two tones in two channels are heard ${what}`, { timeout: 60000 }, async (t) => {
    const file = join(await folder(t), 'two.mkv');
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'aevalsrc=0.3*sin(2*PI*500*t)|0.3*sin(2*PI*3000*t):d=3', '-c:a', 'flac', file]);
    const { run, wait } = await setUp(t, [...beside, '--source', file, '--loop', '--set', `sound=audio/x-raw,rate=48000,channels=${channels}`]);
    await listen(run);
    await wait('stats.state === "connected" && stats.heard > 20', 'the tones');
    await run(`const context = new AudioContext();
      const splitter = context.createChannelSplitter(2);
      context.createMediaStreamSource(player.srcObject).connect(splitter);
      globalThis.ears = [0, 1].map((i) => {
        const ear = new AnalyserNode(context, { fftSize: 2048, smoothingTimeConstant: 0 });
        splitter.connect(ear, i);
        return ear;
      });`);
    /** Which tones each ear hears: within 20 dB of the loudest. */
    const tones = () => run(`return ears.map((ear) => {
      const bins = new Float32Array(ear.frequencyBinCount);
      ear.getFloatFrequencyData(bins);
      const level = (hz) => bins[Math.round(hz * ear.fftSize / ear.context.sampleRate)];
      const loudest = Math.max(...bins);
      return [500, 3000].filter((hz) => level(hz) > -60 && level(hz) > loudest - 20);
    });`);
    const expected = channels === 2 ? '[[500],[3000]]' : '[[500,3000],[500,3000]]';
    let last = '';
    if (beside.length > 0)
      await wait('stats.decoded > 20', 'the picture');
    await until(async () => (last = JSON.stringify(await tones())) === expected, 10000, () => `${last}, not ${expected}`);
  });
}

test('silence is not sent with DTX, and sent without', { timeout: 60000 }, async (t) => {
  for (const dtx of [true, false]) {
    const { run, wait } = await setUp(t, ['--set', `dtx=${dtx}`, '--set', 'volume=0']);
    await listen(run);
    await wait('stats.state === "connected" && stats.heard > 0', 'the first of the silence');
    const before = await heard(run);
    await delay(2000);
    const after = await heard(run);
    const rate = (after.packetsReceived - before.packetsReceived) / ((after.timestamp - before.timestamp) / 1000);
    t.diagnostic(`${rate.toFixed(1)} packets a second`);
    // One each 400 ms; 50 a second.
    assert.ok(dtx ? rate < 10 : rate > 30, `${rate}`);
  }
});
