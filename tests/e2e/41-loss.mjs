// 41-loss.mjs: what the network loses is repeated, in both directions between a browser and a bot

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { countFrames, decode, recordings } from './lib/media.mjs';
import { lose } from './lib/network.mjs';
import { delay, folder, start, startHost, until } from './lib/process.mjs';

const FPS = 15;
const SECONDS = 10;

/**
 * What the page's connection says of its video, both ways.
 * @param {import('./lib/browser.mjs').RoomPage} page
 */
function totalsOf(page) {
  return page.page.evaluate(async () => {
    const { made } = /** @type {any} */ (globalThis);
    const found = { decoded: 0, sent: 0, nacks: 0, repeated: 0, repeatedIn: 0, rtx: false };
    for (const connection of made.connections) {
      if (connection.connectionState !== 'connected')
        continue;
      for (const each of (await connection.getStats()).values()) {
        if (each.type === 'inbound-rtp' && each.kind === 'video') {
          found.decoded = each.framesDecoded;
          found.nacks = each.nackCount;
          found.repeatedIn = each.retransmittedPacketsReceived ?? 0;
          found.rtx = each.rtxSsrc !== undefined;
        }
        if (each.type === 'outbound-rtp' && each.kind === 'video') {
          found.sent = each.framesSent;
          found.repeated = each.retransmittedPacketsSent;
        }
      }
    }
    return found;
  });
}

/**
 * What a function returns, once its frames stay the same.
 * @param {() => Promise<any>} totals
 */
async function settled(totals) {
  for (let last = await totals(); ;) {
    await delay(700);
    const next = await totals();
    if (next.decoded === last.decoded)
      return next;
    last = next;
  }
}

for (const { perMille, least } of [{ perMille: 30, least: 0.95 }, { perMille: 100, least: 0.85 }]) {
  test(`${perMille / 10} % lost: ${least * 100} % of the frames are there, both ways`, { timeout: 90000 }, async (t) => {
    const host = await startHost(t);
    const path = await folder(t);
    const bot = start(t, ['--server', host.url, '--room', 'x', '--source', 'videotestsrc', '--size', '640x360', '--fps', String(FPS),
      '--record', path, '--log-level', 'debug']);
    const page = await openRoom(await openBrowser(t), host.url, 'x');
    await page.waitPlaying(1, 15000);
    await until(() => /first video/.test(bot.log), 10000, () => bot.log);

    const lossless = await totalsOf(page);
    const stop = lose(perMille);
    t.after(() => stop());
    await delay(SECONDS * 1000);
    // Nothing more leaves the bot, so that what it has sent and what has come can be compared.
    const { sent: pageSent } = await totalsOf(page);
    bot.child.kill('SIGSTOP');
    const after = await settled(() => totalsOf(page));
    await page.page.context().close();
    bot.child.kill('SIGCONT');
    await bot.end();

    const sent = Number(/sent VP8: packets \d+, frames (\d+)/.exec(bot.log)?.[1]);
    // Whatever is missing is taken to have been lost in this time.
    const decoded = 1 - (sent - after.decoded) / (sent - lossless.decoded);
    const [file] = await recordings(path);
    const recorded = Math.min(1, 1 - (pageSent - await countFrames(file)) / (pageSent - lossless.sent));
    t.diagnostic(`browser decoded ${(decoded * 100).toFixed(1)} %, bot recorded ${(recorded * 100).toFixed(1)} % ` +
      `(${JSON.stringify(after)})`);
    assert.ok(after.rtx && after.repeatedIn > 0 && after.repeated > 0 && after.nacks > 0, `nothing was repeated: ${JSON.stringify(after)}`);
    assert.ok(decoded >= least, `the browser decoded ${decoded}`);
    assert.ok(recorded >= least, `the bot recorded ${recorded}`);
  });
}

/** How many of a hundred packets of video a recorder may miss for good, by how many are dropped. */
const MISSED = process.env.MESHBOT_LONG ? { 5: 0.5, 10: 0, 20: 3 } : { 10: 0 };
for (const [dropped, missed] of Object.entries(MISSED)) {
  test(`${dropped} % lost: who only records has ${missed ? `all but ${missed} %` : 'every frame'}, for it waits for what is asked for again`, { timeout: 90000 }, async (t) => {
    const host = await startHost(t);
    const path = await folder(t);
    const recorder = start(t, ['--server', host.url, '--room', 'x', '--record', path, '--log-level', 'debug']);
    const page = await openRoom(await openBrowser(t), host.url, 'x');
    await until(() => /recording /.test(recorder.log), 20000, () => recorder.log);
    const stop = lose(Number(dropped) * 10);
    t.after(() => stop());
    await delay(SECONDS * 1000);
    // What is on its way, and what waits behind it, is in the file as well.
    await page.page.context().close();
    await until(() => /recorded /.test(recorder.log), 10000, () => recorder.log);
    await recorder.end();

    const [file] = await recordings(path);
    const session = JSON.parse(await readFile(join(dirname(file), 'session.json'), 'utf8'));
    const video = session.files.flatMap((/** @type {any} */ each) => each.tracks).find(({ kind }) => kind === 'video');
    const repeated = Number(/received VP8: .*repeated (\d+)/.exec(recorder.log)?.[1]);
    t.diagnostic(`${JSON.stringify(video)}, repeated ${repeated}`);
    assert.ok(repeated >= 5, `repeated ${repeated}`);
    assert.ok(video.lost <= (video.packets + video.lost) * missed / 100, JSON.stringify(video));
    assert.ok(video.gaps.length === 0 || missed > 0, JSON.stringify(video));
    await decode(file);
    // The page sends fewer where it sees losses.
    const frames = await countFrames(file);
    assert.ok(frames > FPS * SECONDS / (Number(dropped) > 10 ? 4 : 2), `${frames} frames`);
  });
}
