// 36-looks.mjs: every state in both themes and at three sizes: nothing for axe to find, no scroll bars, keys enough
//
// With MESHBOT_SHOTS=FOLDER each state is kept there as a picture, to be looked at.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { connectPlain } from './lib/member.mjs';
import { startHost, until } from './lib/process.mjs';

const SIZES = { phone: { width: 320, height: 568 }, laptop: { width: 1280, height: 800 }, wall: { width: 3840, height: 2160 } };
const NAMES = ['Grace Hopper', 'Alan', 'Katherine Johnson', 'Edsger', 'Barbara', 'Dennis R.', 'Margaret Hamilton', 'Ken', 'Radia Perlman',
  'Donald', 'Joan Clarke', 'Annie Easley', 'Tim', 'Hedy Lamarr', 'A name that is much too long for any tile that there could ever be on a page'];
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** @param {import('playwright-core').Page} page @param {string} state */
async function look(page, state) {
  // What fades in is judged when it is there.
  await page.evaluate(() => Promise.all(document.getAnimations().map((each) => each.finished.catch(() => {}))));
  if (process.env.MESHBOT_SHOTS)
    await page.screenshot({ path: join(process.env.MESHBOT_SHOTS, `${state}.png`) });
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => (await /** @type {any} */ (globalThis).axe.run()).violations
    .map((/** @type {any} */ each) => `${each.id}: ${each.nodes.map((/** @type {any} */ node) => `${node.target} ${node.failureSummary}`).join('; ')}`));
  assert.deepEqual(violations, [], state);
}

/** Nothing sticks out, nothing scrolls. @param {import('playwright-core').Page} page @param {string} state */
async function assertFits(page, state) {
  const found = await page.evaluate(() => {
    const faults = [];
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth || root.scrollHeight > root.clientHeight)
      faults.push(`the page scrolls: ${root.scrollWidth} × ${root.scrollHeight} in ${root.clientWidth} × ${root.clientHeight}`);
    for (const part of document.querySelectorAll('.tile:not([hidden]), .controls > :not([hidden]), .caption-bar, .tile .name, body > header > *')) {
      const { left, right, top, bottom } = part.getBoundingClientRect();
      const tile = part.closest('.tile')?.getBoundingClientRect();
      if (left < -0.5 || top < -0.5 || right > innerWidth + 0.5 || bottom > innerHeight + 0.5 ||
          (tile && (right > tile.right + 0.5 || bottom > tile.bottom + 0.5)))
        faults.push(`${part.className || part.id} sticks out: ${[left, top, right, bottom].map(Math.round)}`);
    }
    for (const button of document.querySelectorAll('.controls > :not([hidden])')) {
      const { width, height } = button.getBoundingClientRect();
      if (width < 24 || height < 24)
        faults.push(`${button.id} is too small to hit`);
    }
    return faults;
  });
  assert.deepEqual(found, [], state);
}

test('the lobby', { timeout: 120000 }, async (t) => {
  const host = await startHost(t);
  const browser = await openBrowser(t);
  for (const colorScheme of /** @type {const} */ (['light', 'dark']))
    for (const [size, viewport] of Object.entries(SIZES)) {
      const page = await (await browser.newContext({ colorScheme, viewport })).newPage();
      await page.goto(host.url);
      await page.getByText(colorScheme === 'light' && size === 'phone' ? 'No room yet' : 'Stand-up').first().waitFor();
      await look(page, `lobby-${size}-${colorScheme}`);
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(over <= 0, `it scrolls sideways by ${over}`);
      if (colorScheme === 'light' && size === 'phone') {
        for (const name of ['Stand-up', 'Choir practice on Tuesdays and every other Wednesday', 'Grandmother’s birthday'])
          await fetch(`${host.url}/api/rooms`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name, id: name.slice(0, 5) }) });
        const ann = await connectPlain(t, host.url);
        ann.send('join-room', { roomId: 'Choir', displayName: 'Ann' });
        await page.getByText('Stand-up').first().waitFor();
        await page.getByLabel('Delete Stand-up').click();
        await look(page, 'lobby-delete');
      }
      await page.context().close();
    }
});

for (const [size, viewport] of Object.entries(SIZES))
  test(`in a call with one to sixteen people, ${size}`, { timeout: 240000 }, async (t) => {
    const host = await startHost(t);
    const browser = await openBrowser(t, ['--use-fake-device-for-media-stream=fps=5']);
    const room = await openRoom(browser, host.url, size, { name: 'Ada Lovelace', viewport, colorScheme: size === 'phone' ? 'dark' : 'light' });
    const { page } = room;
    await room.waitTile('Ada Lovelace (you)', { picture: true });
    for (let count = 1; count <= 16; count += 1) {
      await until(async () => await page.locator('.tile:not([hidden])').count() === count, 10000, `${count} tiles`);
      await page.evaluate(() => Promise.all(document.getAnimations().map((each) => each.finished.catch(() => {}))));
      await assertFits(page, `${count} people`);
      if ([1, 5, 16].includes(count))
        await look(page, `room-${count}-${size}`);
      if (count === 16)
        break;
      const member = await connectPlain(t, host.url);
      member.send('join-room', { roomId: size, displayName: NAMES[count - 1], role: count === 4 ? 'recorder' : count === 6 ? 'bot' : 'member' });
    }
    await page.click('#screen');
    await room.waitTile('Your screen', { screen: true });
    await page.click('#chat-toggle');
    await page.fill('#chat-text', 'The agenda is at https://example.org/agenda and is long enough for more than one line.');
    await page.press('#chat-text', 'Enter');
    await look(page, `chat-${size}`);
    await assertFits(page, 'chat');
    await page.click('#chat-close');
    await page.click('#hand');
    await page.click('#microphone');
    await page.click('#more');
    await look(page, `menu-${size}`);
    await page.click('#open-settings');
    await look(page, `settings-${size}`);
    await page.keyboard.press('Escape');
    await page.keyboard.press('d');
    await page.locator('#details-body > *').first().waitFor();
    await look(page, `details-${size}`);
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    await look(page, `shortcuts-${size}`);
  });

test('before the call, in both themes', { timeout: 120000 }, async (t) => {
  const host = await startHost(t);
  const browser = await openBrowser(t);
  for (const colorScheme of /** @type {const} */ (['light', 'dark']))
    for (const [size, viewport] of Object.entries(SIZES)) {
      const page = await (await browser.newContext({ colorScheme, viewport })).newPage();
      await page.goto(`${host.url}/room.html?id=standup&name=Ada`);
      await page.waitForFunction(() => /** @type {any} */ (document.querySelector('#preview')).videoWidth > 0);
      await look(page, `join-${size}-${colorScheme}`);
      await page.context().close();
    }
});

test('keys alone are enough, the focus is seen, and nothing moves for who wants it so', { timeout: 90000 }, async (t) => {
  const host = await startHost(t);
  const browser = await openBrowser(t);
  const page = await (await browser.newContext({ reducedMotion: 'reduce', viewport: SIZES.laptop })).newPage();
  await page.goto(`${host.url}/room.html?id=keys&name=Ada`);
  await page.waitForFunction(() => /** @type {any} */ (document.querySelector('#preview')).videoWidth > 0);
  const tabTo = async (id) => {
    for (let n = 0; n < 40; n += 1) {
      if (await page.evaluate(() => document.activeElement?.id) === id)
        return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`Tab does not come to ${id}`);
  };
  await tabTo('join');
  const outline = () => page.evaluate(() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(/** @type {Element} */ (document.activeElement));
    return `${outlineStyle} ${outlineWidth}`;
  });
  assert.equal(await outline(), 'solid 3px');
  await page.keyboard.press('Enter');
  await page.locator('.tile').waitFor();
  for (const id of ['microphone', 'camera', 'screen', 'chat-toggle', 'hand', 'more', 'leave']) {
    await tabTo(id);
    assert.equal(await outline(), 'solid 3px', id);
  }
  assert.equal(await page.evaluate(() => getComputedStyle(/** @type {Element} */ (document.querySelector('.tile'))).transitionDuration), '0s');
  await tabTo('more');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'copy');
  await page.keyboard.press('Escape');
  await tabTo('leave');
  await page.keyboard.press('Enter');
  await page.locator('.lobby').waitFor();
});
