// 55-codecs.mjs: each codec is sent and received, with a browser, whoever offers first

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openFirefox } from './lib/firefox.mjs';
import { setUp } from './lib/lab.mjs';
import { until } from './lib/process.mjs';

const CODECS = ['VP8', 'VP9', 'H264'];

/**
 * Each codec, whoever offers.
 * @param {(t: import('node:test').TestContext) => any} [open] a page
 * @param {string[]} [unsent] what this browser can only receive
 */
function testAll(open, unsent = []) {
  for (const codec of CODECS) {
    for (const polite of [false, true]) {
      const sends = !unsent.includes(codec);
      test(`${codec} and Opus ${sends ? 'both ways' : 'to the page'}, ${polite ? 'the bot offers' : 'the page offers'}`, { timeout: 60000 }, async (t) => {
        const { bot, run, wait } = await setUp(t, ['--codec', codec.toLowerCase()], open);
        await run(`globalThis.me = await lab.join({ polite: ${polite}, waits: ${polite}, prepare: (pc) => {
          pc.addTrack(lab.tone(), new MediaStream());
          if (${sends})
            pc.addTrack(lab.picture(320, 180), new MediaStream());
          else
            pc.addTransceiver('video', { direction: 'recvonly' });
        } });`);
        await wait('stats.state === "connected" && stats.decoded > 20 && stats.heard > 40', 'the bot\'s picture and tone');
        const { codecs } = await run('return lab.stats(me.pc)');
        assert.deepEqual(codecs.sort(), ['audio/opus', `video/${codec}`]);
        await until(() => /first audio \(opus\)/i.test(bot.log) && (!sends || bot.log.includes(`first video (${codec})`)), 10000, () => bot.log);
        assert.doesNotMatch(bot.log, /warning|rebuilt/);
      });
    }
  }
}

describe('with Chromium', () => testAll());

describe('with Firefox', () => {
  /** @type {Awaited<ReturnType<typeof openFirefox>>} */
  let firefox;
  /** @type {() => any} */
  let end = () => {};
  before(async () => {
    // Its own H.264 is a plugin that it would have to fetch. The system's decodes; as an encoder Firefox (ESR 153) has it look
    // ahead and drops what comes late, and not a packet is sent.
    firefox = await openFirefox({ after: (last) => (end = /** @type {() => any} */ (last)) }, {
      'media.webrtc.hw.h264.enabled': true, 'gfx.blacklist.webrtc.hw.acceleration.h264': 1,
    });
  });
  after(() => end());
  testAll((t) => firefox.openPage(t), ['H264']);
});

test('who does not take the bot\'s codec gets its sound, and is seen', { timeout: 60000 }, async (t) => {
  const { bot, run, wait } = await setUp(t, ['--codec', 'h264,vp8']);
  await run(`globalThis.me = await lab.join({ polite: false, prepare: (pc) => {
    pc.addTrack(lab.tone(), new MediaStream());
    pc.addTrack(lab.picture(320, 180), new MediaStream());
    const codecs = RTCRtpReceiver.getCapabilities('video').codecs.filter((each) => each.mimeType !== 'video/H264');
    pc.getTransceivers()[1].setCodecPreferences(codecs);
  } });`);
  await wait('stats.state === "connected" && stats.heard > 40', 'the bot\'s tone');
  await until(() => /first video \(VP8\)/.test(bot.log), 10000, () => bot.log);
  assert.match(bot.log, /our video is not sent: /);
  assert.equal((await run('return lab.stats(me.pc)')).decoded, 0);
});
