// 43-odd-peers.mjs: peers that offer simulcast, little, or nothing, share screens again and again, or speak otherwise

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setUp } from './lib/lab.mjs';
import { frameSizes, recordings } from './lib/media.mjs';
import { folder, until } from './lib/process.mjs';

for (const rids of [['q', 'h', 'f'], ['f', 'h', 'q']]) {
  test(`simulcast ${rids}: the largest layer comes`, { timeout: 60000 }, async (t) => {
    const path = await folder(t);
    const { bot, run, wait } = await setUp(t, ['--record', path]);
    await run(`globalThis.me = await lab.join({ polite: false, prepare: (pc) => {
      const scale = { f: 1, h: 2, q: 4 };
      pc.addTransceiver(lab.picture(640, 360), { direction: 'sendrecv', sendEncodings: ${JSON.stringify(rids)}.map((rid) =>
        ({ rid, scaleResolutionDownBy: scale[rid] })) });
    } });`);
    await wait('stats.decoded > 10', 'the bot\'s picture');
    await until(() => /first video/.test(bot.log), 10000, () => bot.log);
    await new Promise((resolve) => setTimeout(resolve, 4000));
    await run('lab.leave(me);');
    await bot.end();
    const sizes = await frameSizes((await recordings(path))[0]);
    // A browser that has little to send with scales down by itself, but a small layer has 160 or 320.
    assert.ok(sizes.some((size) => size === '640x360'), `${sizes}`);
  });
}

const LITTLE = {
  'data channels alone': `pc.createDataChannel('chat')`,
  'sound alone': `pc.addTrack(lab.tone(), new MediaStream())`,
  'nothing to send': `pc.addTransceiver('video', { direction: 'recvonly' }); pc.addTransceiver('audio', { direction: 'recvonly' })`,
};
for (const [name, code] of Object.entries(LITTLE)) {
  for (const polite of [false, true]) {
    test(`${name}, ${polite ? 'the bot offers' : 'the page offers'}: the bot is seen and heard`, { timeout: 60000 }, async (t) => {
      const { run, wait } = await setUp(t);
      await run(`globalThis.me = await lab.join({ polite: ${polite}, waits: ${polite}, prepare: (pc) => { ${code}; } });`);
      await wait('stats.state === "connected" && stats.decoded > 10 && stats.heard > 20', 'the bot\'s picture and tone');
    });
  }
}

test('offers that cross: the polite one gives way, and both are seen', { timeout: 60000 }, async (t) => {
  const { bot, run, wait } = await setUp(t);
  await run(`globalThis.me = await lab.join({ polite: true, prepare: (pc) => {
    pc.addTrack(lab.tone(), new MediaStream());
    pc.addTrack(lab.picture(320, 180), new MediaStream());
  } });`);
  await wait('stats.decoded > 10', 'the bot\'s picture');
  await until(() => /first video/.test(bot.log) && /first audio/.test(bot.log), 10000, () => bot.log);
});

test('a screen that is shared and taken away five times comes each time', { timeout: 90000 }, async (t) => {
  const { bot, run, wait } = await setUp(t);
  const seen = () => [...bot.log.matchAll(/first video/g)].length;
  await run(`globalThis.me = await lab.join({ prepare: (pc) => pc.addTrack(lab.picture(320, 180), new MediaStream()) });`);
  await wait('stats.decoded > 10', 'the bot\'s picture');
  await until(() => seen() === 1, 10000, () => bot.log);
  for (let n = 2; n <= 6; n += 1) {
    await run('me.screen = me.pc.addTrack(lab.picture(640, 360), new MediaStream());');
    await until(() => seen() === n, 10000, async () => `screen ${n - 1}: ${await run('return me.errors.join()')}\n${bot.log}`);
    await run(`me.pc.removeTrack(me.screen);
      await new Promise((resolve) => setTimeout(resolve, 300));
      me.pc.getTransceivers().find((each) => each.sender === me.screen)?.stop();`);
    await until(() => run('return me.pc.signalingState === "stable"'), 10000, 'the exchange');
  }
  const before = await run('return lab.stats(me.pc)');
  await wait(`stats.decoded > ${before.decoded + 10}`, 'the bot\'s picture goes on');
  assert.doesNotMatch(bot.log, /warning|rebuilt|failed/);
  assert.ok(await run('return me.pc.getTransceivers().length') <= 14);
});

test('payload types of its own', { timeout: 60000 }, async (t) => {
  const { bot, run, wait } = await setUp(t);
  await run(`globalThis.me = await lab.join({ polite: false, prepare: (pc) => {
    pc.addTrack(lab.picture(320, 180), new MediaStream());
    pc.addTrack(lab.tone(), new MediaStream());
  }, munge: (sdp) => sdp.replace(/(m=video \\S+ \\S+) (.*)/, (all, head, list) => head + ' ' + list.split(' ').map((pt) => pt === '96' ? '117' : pt === '117' ? '96' : pt).join(' '))
    .replace(/^a=(rtpmap|fmtp|rtcp-fb):(96|117) /gm, (all, kind, pt) => 'a=' + kind + ':' + (pt === '96' ? '117' : '96') + ' ')
    .replace(/apt=(96|117)\\b/g, (all, pt) => 'apt=' + (pt === '96' ? '117' : '96')) });`);
  await wait('stats.decoded > 10', 'the bot\'s picture');
  await until(() => /first video \(VP8\)/.test(bot.log) && /first audio/.test(bot.log), 10000, () => bot.log);
});

for (const [shape, polite] of [['simple-peer', false], ['simple-peer', true], ['sdp and ice', false], ['a bare candidate', false]]) {
  test(`signals in the shape of ${shape}, ${polite ? 'from the polite one' : 'from the impolite one'}`, { timeout: 60000 }, async (t) => {
    const { bot, run, wait } = await setUp(t);
    await run(`globalThis.me = await lab.join({ shape: '${shape}', polite: ${polite},
      prepare: (pc) => pc.addTrack(lab.picture(320, 180), new MediaStream()) });`);
    // Where the bot speaks first it cannot know the shape yet, and is not understood: so it answers in the end.
    await wait('stats.decoded > 10', 'the bot\'s picture', 25000);
    await until(() => /first video/.test(bot.log), 10000, () => bot.log);
  });
}
