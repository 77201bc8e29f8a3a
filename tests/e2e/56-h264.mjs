// 56-h264.mjs: what profile of H.264 a bot sends is what is negotiated, and Chromium decodes it

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { setUp } from './lib/lab.mjs';
import { recordings } from './lib/media.mjs';
import { folder, startBot, until } from './lib/process.mjs';

/** The profile in a file's own words, and what Chromium calls one whose decoder takes it. @type {[string, string, string][]} */
const PROFILES = [['baseline', 'Constrained Baseline', '42e01f'], ['main', 'Main', '4d001f'], ['high', 'High', 'f4001f']];

/** @param {string} file */
const profileOf = (file) => execFileSync('ffprobe', ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'stream=profile', '-of',
  'csv=p=0', file], { encoding: 'utf8' }).trim();

/**
 * A page that shows a picture of its own, since who also sends offers less, and sees the bot's.
 * @param {Awaited<ReturnType<typeof setUp>>} lab
 * @param {boolean} polite
 * @param {string} profile
 */
async function assertSeen({ run, wait, bot }, polite, profile) {
  await run(`globalThis.me = await lab.join({ polite: ${polite}, waits: ${polite}, prepare: (pc) => {
    pc.addTrack(lab.tone(), new MediaStream());
    pc.addTrack(lab.picture(320, 180), new MediaStream());
  } });`);
  await wait('stats.state === "connected" && stats.decoded > 20', `a picture of ${profile}`);
  const lines = await run(`const all = await me.pc.getStats();
    return [...all.values()].filter((each) => each.type === 'inbound-rtp' && each.kind === 'video' && each.framesDecoded)
      .map((each) => all.get(each.codecId).sdpFmtpLine);`);
  assert.deepEqual(lines, [`level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=${profile}`]);
  await until(() => /first video \(H264\)/.test(bot.log), 10000, () => `the page's picture\n${bot.log}`);
  assert.doesNotMatch(bot.log, /warning|rebuilt/);
}

for (const [i, [name, words, profile]] of PROFILES.entries()) {
  test(`a file in ${name} goes out as it is`, { timeout: 60000 }, async (t) => {
    const clip = join(await folder(t), `${name}.mp4`);
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=15:duration=3', '-f', 'lavfi',
      '-i', 'sine=duration=3', '-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-profile:v', name, '-pix_fmt', 'yuv420p',
      '-g', '15', '-c:a', 'aac', clip]);
    assert.equal(profileOf(clip), words);
    const lab = await setUp(t, ['--source', clip, '--loop', '--codec', 'h264']);
    assert.match(lab.bot.log, /its picture is sent as it is/);
    await assertSeen(lab, i % 2 === 0, profile);
  });
}

for (const polite of [false, true]) {
  test(`an encoder's high profile, ${polite ? 'the bot offers' : 'the page offers'}, and a recorder has it`, { timeout: 60000 }, async (t) => {
    const lab = await setUp(t, ['--source', 'videotestsrc', '--codec', 'h264', '--set', 'profile=video/x-h264,profile=high']);
    const records = await folder(t);
    const recorder = startBot(t, lab.url, 'y', ['--record', records]);
    startBot(t, lab.url, 'y', ['--source', 'videotestsrc', '--codec', 'h264', '--set', 'profile=video/x-h264,profile=high', '--size', '320x180']);
    await assertSeen(lab, polite, 'f4001f');
    await until(() => /first video \(H264\)/.test(recorder.log), 10000, () => recorder.log);
    await recorder.end();
    const [file] = await recordings(records);
    assert.equal(profileOf(file), 'High');
  });
}
