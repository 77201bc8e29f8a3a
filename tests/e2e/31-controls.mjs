// 31-controls.mjs: what a person does in a call, and what the others see and hear of it

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { openBrowser, openRoom } from './lib/browser.mjs';
import { connectPlain } from './lib/member.mjs';
import { startHost, until } from './lib/process.mjs';

/** Two pages that are connected. */
async function pair(t, room, options = {}) {
  const host = await startHost(t);
  const browser = await openBrowser(t, options.flags);
  const ada = await openRoom(browser, host.url, room, { name: 'Ada', viewport: { width: 900, height: 600 } });
  const bert = await openRoom(browser, host.url, room, { name: options.name ?? 'Bert', viewport: { width: 900, height: 600 } });
  await ada.waitPlaying(1, 30000);
  await bert.waitPlaying(1, 30000);
  await ada.waitTile(options.name ?? 'Bert', { picture: true });
  return { host, browser, ada, bert };
}

const pressed = (page, id) => page.page.getAttribute(`#${id}`, 'aria-pressed');
/** The tracks that a page sends, as its senders tell. */
const sent = (page) => page.page.evaluate(() => /** @type {any} */ (globalThis).made.connections.at(-1).getSenders()
  .map(({ track }) => track && { kind: track.kind, enabled: track.enabled, state: track.readyState, id: track.id }));
const notices = (page) => page.page.evaluate(() => document.querySelector('#notices')?.textContent ?? '');

/** The processes in which a browser captures pictures; there are no others than ours in this namespace. */
async function capturers() {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return pids.filter((pid, n) => lines[n].includes('--utility-sub-type=video_capture.'));
}

test('mute and camera off are seen by the other side, and nothing is negotiated for them', { timeout: 90000 }, async (t) => {
  const { ada, bert } = await pair(t, 'mute');
  const before = [await ada.descriptions(), await bert.descriptions()];

  await ada.page.click('#microphone');
  await bert.waitTile('Ada', { silent: true, picture: true });
  assert.equal(await pressed(ada, 'microphone'), 'false');
  const [audio] = (await sent(ada)).filter((track) => track?.kind === 'audio');
  assert.equal(audio.enabled, false);

  const camera = await ada.page.evaluateHandle(() => /** @type {any} */ (globalThis).made.connections.at(-1).getSenders()
    .find(({ track }) => track?.kind === 'video').track);
  await ada.page.click('#camera');
  await bert.waitTile('Ada', { silent: true, picture: false });
  await ada.waitTile('Ada (you)', { picture: false, silent: true });
  assert.equal(await camera.evaluate((track) => track.readyState), 'ended', 'the light is out');
  assert.ok((await sent(ada)).every((track) => track?.kind !== 'video'));

  await ada.page.click('#camera');
  await ada.page.click('#microphone');
  await bert.waitTile('Ada', { silent: false, picture: true });
  const [first] = await bert.received();
  await until(async () => (await bert.received())[0].framesDecoded > first.framesDecoded + 10, 10000, 'new pictures');
  assert.deepEqual([await ada.descriptions(), await bert.descriptions()], before);
  assert.deepEqual([ada.errors, bert.errors], [[], []]);
});

test('a screen has a tile of its own beside the camera, five times, and ends by the browser’s own bar', { timeout: 120000 }, async (t) => {
  const { ada, bert } = await pair(t, 'screen');
  for (let n = 0; n < 5; n += 1) {
    await ada.page.click('#screen');
    await bert.waitTile('Ada’s screen', { screen: true, picture: true });
    await bert.waitTile('Ada', { picture: true });
    await ada.waitTile('Your screen', { screen: true });
    await until(() => bert.page.evaluate(() => {
      const area = (/** @type {string} */ part) => {
        const { width, height } = document.querySelector(part)?.getBoundingClientRect() ?? { width: 0, height: 0 };
        return width * height;
      };
      return area('.tile.screen') > 2 * area('.tile.camera');
    }), 5000, 'the screen larger than a camera');
    await until(() => bert.page.evaluate(() => /** @type {any} */ (document.querySelector('.tile.screen video'))?.videoWidth > 0), 10000, 'the screen’s picture');
    if (n < 4) {
      await ada.page.click('#screen');
    } else {
      await ada.page.evaluate(() => {
        const track = /** @type {any} */ (globalThis).made.connections.at(-1).getSenders()
          .filter((each) => each.track?.kind === 'video').at(-1).track;
        // What the browser does when its own bar is used.
        track.stop();
        track.dispatchEvent(new Event('ended'));
      });
    }
    await until(async () => !(await bert.people()).some(({ screen }) => screen), 10000, 'the screen gone');
    assert.equal(await pressed(ada, 'screen'), 'false');
  }
  // Sections are used again: audio, video, channel, and one for the screen (with its sound, two).
  const sections = await bert.page.evaluate(() => /** @type {any} */ (globalThis).made.connections.at(-1).currentRemoteDescription.sdp.match(/^m=/gm).length);
  assert.ok(sections <= 5, `${sections} sections`);
  assert.deepEqual([await ada.connections(), await bert.connections()], [1, 1]);
  assert.deepEqual([ada.errors, bert.errors], [[], []]);
});

test('who comes while a screen is shared sees it', { timeout: 90000 }, async (t) => {
  const { host, browser, ada, bert } = await pair(t, 'late');
  await ada.page.click('#screen');
  await bert.waitTile('Ada’s screen', { picture: true });
  const cleo = await openRoom(browser, host.url, 'late', { name: 'Cleo', viewport: { width: 900, height: 600 } });
  await cleo.waitTile('Ada’s screen', { picture: true }, 30000);
  await cleo.waitTile('Ada', { picture: true }, 30000);
  await cleo.waitTile('Bert', { picture: true }, 30000);
});

test('chat both ways: links, times, unread, and what is markup stays text', { timeout: 90000 }, async (t) => {
  const name = '<img src=x onerror=alert(1)>';
  const { host, browser, ada, bert } = await pair(t, 'chat', { name });
  await bert.page.click('#chat-toggle');
  await bert.page.fill('#chat-text', 'See <b>this</b>: https://example.org/a(b)?c=d#e, and javascript:alert(1)');
  await bert.page.press('#chat-text', 'Enter');
  await until(() => ada.page.evaluate(() => document.querySelector('#chat-unread')?.textContent === '1'), 5000, 'one unread');
  assert.match(/** @type {string} */ (await ada.page.getAttribute('#chat-toggle', 'aria-label')), /1 new message/);
  await ada.page.click('#chat-toggle');
  const line = await ada.page.evaluate(() => {
    const item = /** @type {Element} */ (document.querySelector('#chat-lines li:last-child'));
    return { who: item.querySelector('b')?.textContent, words: item.querySelector('.words')?.textContent,
      time: item.querySelector('time')?.dateTime, links: [...item.querySelectorAll('a')].map(({ href, rel, target }) => ({ href, rel, target })) };
  });
  assert.equal(line.who, name);
  assert.equal(line.words, 'See <b>this</b>: https://example.org/a(b)?c=d#e, and javascript:alert(1)');
  assert.ok(Math.abs(Date.parse(line.time ?? '') - Date.now()) < 60000);
  assert.deepEqual(line.links, [{ href: 'https://example.org/a(b)?c=d#e', rel: 'noopener noreferrer', target: '_blank' }]);
  assert.equal(await ada.page.locator('#chat-unread').isHidden(), true);
  await ada.page.fill('#chat-text', 'Thank you');
  await ada.page.press('#chat-text', 'Enter');
  await until(() => bert.page.evaluate(() => document.querySelector('#chat-lines')?.textContent?.includes('Thank you')), 5000, 'the answer');
  assert.equal(await ada.page.locator('img:not([src="icon.svg"])').count(), 0);

  const cleo = await openRoom(browser, host.url, 'chat', { name: 'Cleo' });
  await cleo.waitPlaying(2, 30000);
  await cleo.page.click('#chat-toggle');
  assert.match(/** @type {string} */ (await cleo.page.textContent('#chat-lines')), /before you came is not shown/);
  assert.doesNotMatch(/** @type {string} */ (await cleo.page.textContent('#chat-lines')), /Thank you/);
  assert.deepEqual([ada.errors, bert.errors], [[], []]);
});

test('keys: microphone, camera, hand, chat, the list; not while writing, and not if they are not wanted', { timeout: 90000 }, async (t) => {
  const { ada, bert } = await pair(t, 'keys');
  await ada.page.keyboard.press('h');
  await bert.waitTile('Ada', { hand: true });
  await until(async () => /Ada raises a hand/.test(await notices(bert)), 5000, 'the notice');
  await ada.page.keyboard.press('h');
  await bert.waitTile('Ada', { hand: false });
  await ada.page.keyboard.press('m');
  await bert.waitTile('Ada', { silent: true });
  await ada.page.keyboard.press('v');
  await bert.waitTile('Ada', { picture: false });
  await ada.page.keyboard.press('c');
  await ada.page.keyboard.type('m');
  assert.equal(await ada.page.inputValue('#chat-text'), 'm');
  assert.equal(await pressed(ada, 'microphone'), 'false');
  await ada.page.keyboard.press('Escape');
  assert.equal(await ada.page.locator('#chat').isHidden(), true);
  await ada.page.keyboard.press('?');
  assert.equal(await ada.page.locator('#shortcuts').isVisible(), true);
  await ada.page.click('#keys-enabled');
  await ada.page.keyboard.press('Escape');
  await ada.page.keyboard.press('m');
  assert.equal(await pressed(ada, 'microphone'), 'false');
});

test('another camera during the call, and one that goes away', { timeout: 120000 }, async (t) => {
  const { ada, bert } = await pair(t, 'device', { flags: ['--use-fake-device-for-media-stream=device-count=2,fps=15'] });
  const before = await ada.descriptions();
  const camera = () => ada.page.evaluate(() => /** @type {any} */ (globalThis).made.connections.at(-1).getSenders()
    .find(({ track }) => track?.kind === 'video')?.track.getSettings().deviceId);
  const first = await camera();
  await ada.page.click('#more');
  await ada.page.click('#open-settings');
  const other = await ada.page.evaluate((id) => [.../** @type {HTMLSelectElement} */ (document.querySelector('#choose-camera')).options]
    .map(({ value }) => value).find((value) => value !== id), first);
  assert.ok(other, 'there are two cameras');
  await ada.page.selectOption('#choose-camera', /** @type {string} */ (other));
  await until(async () => await camera() === other, 10000, 'the other camera');
  await bert.waitTile('Ada', { picture: true });
  assert.equal(await ada.descriptions(), before);
  await ada.page.keyboard.press('Escape');

  // Its loss, and that of all others: a browser ends the track, and finds no device any more.
  const lose = (all) => ada.page.evaluate((all) => {
    if (all)
      navigator.mediaDevices.enumerateDevices = () => Promise.resolve([]);
    const { track } = /** @type {any} */ (globalThis).made.connections.at(-1).getSenders().find((each) => each.track?.kind === 'video');
    track.stop();
    track.dispatchEvent(new Event('ended'));
  }, all);
  await lose(false);
  await until(async () => /Using another device/.test(await notices(ada)), 10000, 'another one takes over');
  await bert.waitTile('Ada', { picture: true });
  await lose(true);
  await until(async () => /The camera has gone/.test(await notices(ada)), 10000, 'the notice');
  await bert.waitTile('Ada', { picture: false, silent: false });
  assert.equal(await pressed(ada, 'camera'), 'false');
});

test('a camera that the browser loses while it runs is opened again, and the others see it', { timeout: 90000 }, async (t) => {
  const { ada, bert } = await pair(t, 'crash');
  const before = await ada.descriptions();
  const [first] = await bert.received();
  // Both pages are of one browser, and so is what captures for them.
  const captures = await capturers();
  assert.ok(captures.length > 0, 'a process that captures');
  for (const pid of captures)
    process.kill(pid, 'SIGKILL');
  for (const page of [ada, bert])
    await until(async () => /Using another device/.test(await notices(page)), 15000, 'the notice');
  await until(async () => (await bert.received())[0].framesDecoded > first.framesDecoded + 30, 15000, 'new pictures');
  await bert.waitTile('Ada', { picture: true });
  assert.equal(await pressed(ada, 'camera'), 'true');
  assert.equal(await ada.descriptions(), before, 'nothing is negotiated');
});

test('full screen by button and by key, and back by Escape', { timeout: 60000 }, async (t) => {
  const { ada } = await pair(t, 'full');
  const isFull = () => ada.page.evaluate(() => document.fullscreenElement === document.documentElement);
  const label = async () => (await ada.page.textContent('#fullscreen'))?.trim();
  const choose = async () => {
    await ada.page.click('#more');
    await ada.page.click('#fullscreen');
    assert.equal(await ada.page.locator('#menu').isHidden(), true);
  };
  assert.equal(await label(), 'Full screen');
  await choose();
  await until(isFull, 5000, 'full screen');
  await until(async () => await label() === 'Leave full screen', 5000, 'the button says so');
  await ada.page.keyboard.press('f');
  await until(async () => !await isFull(), 5000, 'the usual size');
  await ada.page.keyboard.press('f');
  await until(isFull, 5000, 'full screen again');
  await choose();
  await until(async () => !await isFull(), 5000, 'the usual size again');
  assert.equal(await label(), 'Full screen');
  assert.deepEqual(ada.errors, []);
});

test('picture in picture shows the other one, and ends', { timeout: 60000 }, async (t) => {
  const { ada } = await pair(t, 'pip');
  const shown = () => ada.page.evaluate(() => document.pictureInPictureElement?.closest('.tile')?.querySelector('.name')?.textContent ?? null);
  await ada.page.keyboard.press('p');
  await until(async () => await shown() === 'Bert', 5000, 'Bert in a window of his own');
  await ada.page.keyboard.press('p');
  await until(async () => await shown() === null, 5000, 'no window');
  assert.deepEqual(ada.errors, []);
});

test('a recorder is marked with a red dot and its name, for as long as it is there', { timeout: 60000 }, async (t) => {
  const { host, ada } = await pair(t, 'consent');
  const recorder = await connectPlain(t, host.url);
  recorder.send('join-room', { roomId: 'consent', displayName: 'Archive', role: 'recorder' });
  await until(async () => await ada.page.locator('#recording').isVisible(), 5000, 'the mark');
  assert.equal(await ada.page.textContent('#recording'), 'Recording: Archive');
  assert.match(await notices(ada), /Archive is recording this call/);
  assert.equal(await ada.page.evaluate(() => getComputedStyle(/** @type {Element} */ (document.querySelector('#recording')), '::before').backgroundColor), 'rgb(229, 53, 44)');
  recorder.socket.close();
  await until(async () => await ada.page.locator('#recording').isHidden(), 5000, 'the mark gone');
});

test('leave says goodbye at once', { timeout: 60000 }, async (t) => {
  const { ada, bert } = await pair(t, 'leave');
  await bert.page.click('#leave');
  await until(async () => (await ada.tiles()).length === 0, 3000, 'Bert gone');
  await bert.page.waitForSelector('.lobby');
  await until(async () => /Bert has left/.test(await notices(ada)), 3000, 'the notice');
});
