// 47-no-udp.mjs: a bot from whose network no UDP gets out is in a call all the same, by TURN over TCP and over TLS

import { join } from 'node:path';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { openFarSide } from './lib/network.mjs';
import { Program, folder, startHost, until } from './lib/process.mjs';
import { NEAR, PORT, TLS_PORT, separate, startTurn } from './lib/turn.mjs';

const MESHBOT = /** @type {string} */ (process.env.MESHBOT);
const WAYS = { TCP: `turn:${NEAR}:${PORT}?transport=tcp`, TLS: `turns:${NEAR}:${TLS_PORT}` };

test('no UDP at all', { timeout: 120000 }, async (t) => {
  const dir = await folder(t);
  const far = await openFarSide(t);
  separate(0);
  const turn = await startTurn(t, dir);
  for (const [name, url] of Object.entries(WAYS)) {
    await t.test(`the bot is seen and heard by TURN over ${name}, and sees and hears`, async (t) => {
      const host = await startHost(t, ['--ice-turn', url, '--ice-turn-secret-file', join(dir, 'turn')], { listen: '0.0.0.0' });
      const bot = new Program([...far.enter.slice(1), MESHBOT, '--server', `http://${NEAR}:${host.port}`, '--room', 'x', '--source', 'videotestsrc',
        '--size', '320x180', '--fps', '15', '--log-level', 'info', '--ca-file', join(dir, 'cert.pem')], { program: far.enter[0] });
      t.after(() => bot.end());
      const ada = await openRoom(await openBrowser(t), `http://127.0.0.1:${host.port}`, 'x', { name: 'Ada' });
      await ada.waitPlaying(1, 30000).catch((error) => { throw new Error(`${error.message}\n${turn.out}\n${bot.log}`); });
      await until(() => /first video/.test(bot.log) && /first audio/.test(bot.log), 15000, () => bot.log);
    });
  }
  // coturn also takes what comes to its TLS port in the clear: this shows that it is TLS that is spoken.
  await t.test('a certificate that nobody vouches for is refused', async (t) => {
    const host = await startHost(t, ['--ice-turn', WAYS.TLS, '--ice-turn-secret-file', join(dir, 'turn')], { listen: '0.0.0.0' });
    for (let n = 0; n < 2; n += 1) {
      const bot = new Program([...far.enter.slice(1), MESHBOT, '--server', `http://${NEAR}:${host.port}`, '--room', 'x', '--source', 'videotestsrc'],
        { program: far.enter[0] });
      t.after(() => bot.end());
      if (n > 0)
        await until(() => /the TURN server \S+ cannot be reached by TLS: .*certificate/.test(bot.log), 10000, () => bot.log);
    }
  });
});
