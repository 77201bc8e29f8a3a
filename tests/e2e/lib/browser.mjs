// browser.mjs: Chromium with made-up devices, and what its page can tell about a call

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { chromium } from 'playwright-core';
import { delay, until } from './process.mjs';

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream=fps=15',
  '--autoplay-policy=no-user-gesture-required', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--no-first-run', '--disable-background-timer-throttling', '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows', '--disable-dev-shm-usage', '--mute-audio',
];

/** Runs in the page before its own scripts: keeps the connections and the ids that a test asks about. */
function observe() {
  const made = /** @type {any} */ (globalThis).made = { connections: [], id: '', messages: [], descriptions: 0 };
  const Connection = RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Connection {
    /** @param {RTCConfiguration} configuration */
    constructor(configuration) {
      super(configuration);
      made.connections.push(this);
    }

    /** @param {any} [description] */
    setLocalDescription(description) {
      made.descriptions += 1;
      return super.setLocalDescription(description);
    }
  };
  const Socket = WebSocket;
  globalThis.WebSocket = class extends Socket {
    /** @param {string} url */
    constructor(url) {
      super(url);
      made.socket = this;
      this.addEventListener('message', ({ data }) => {
        const message = JSON.parse(data);
        made.messages.push({ type: message.type, at: performance.now() });
        if (message.type === 'welcome')
          made.id = message.id;
      });
    }
  };
}

/**
 * @param {import('node:test').TestContext} t
 * @param {string[]} [flags] besides the usual ones; the last one of a name counts
 */
export async function openBrowser(t, flags = []) {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: [...FLAGS, ...flags] });
  t.after(() => browser.close());
  return browser;
}

/**
 * Opens a room page in a context of its own.
 * @param {import('playwright-core').Browser} browser
 * @param {string} url of the host
 * @param {string} room
 * @param {{name?: string, devices?: boolean, viewport?: {width: number, height: number}, colorScheme?: 'light' | 'dark',
 *          remembered?: Record<string, string>}} [options] remembered: what this browser knows from before
 */
export async function openRoom(browser, url, room, { name = 'browser', devices = true, remembered = {}, ...look } = {}) {
  const context = await browser.newContext(look);
  // A machine that plays several calls at once loads a page slowly.
  context.setDefaultTimeout(60000);
  const page = await context.newPage();
  await page.addInitScript(observe);
  await page.addInitScript((known) => {
    for (const [key, value] of Object.entries(known))
      localStorage.setItem(`meshbot.${key}`, value);
  }, remembered);
  if (!devices)
    await page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('none', 'NotFoundError'));
    });
  const view = new RoomPage(page);
  page.on('pageerror', (error) => view.errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      view.errors.push(message.text());
  });
  await page.goto(`${url}/room.html?id=${room}&name=${encodeURIComponent(name)}`);
  await page.click('#join');
  await until(() => view.id(), 20000, () => `the page's welcome; ${view.errors.join('; ')}`);
  return view;
}

/** @typedef {{state: string, framesDecoded: number, packetsLost: number, audioEnergy: number, freezes: number,
 *             audioPackets: number, at: number}} Received `at` is when the figures were true, in ms */

export class RoomPage {
  /** @type {string[]} */
  errors = [];

  /** @param {import('playwright-core').Page} page */
  constructor(page) {
    this.page = page;
  }

  id() {
    return this.page.evaluate(() => /** @type {any} */ (globalThis).made.id);
  }

  /** The peers' tiles: id, name and whether a picture is shown. */
  tiles() {
    return this.page.evaluate(() => [...document.querySelectorAll('.tile[data-peer]')].map((tile) => ({
      id: /** @type {HTMLElement} */ (tile).dataset.peer,
      name: tile.querySelector('.name')?.textContent,
      status: tile.querySelector('.status')?.textContent,
      width: tile.querySelector('video')?.videoWidth ?? 0,
    })));
  }

  /** Every tile as a person sees it. */
  people() {
    return this.page.evaluate(() => [...document.querySelectorAll('.tile')].map((each) => {
      const tile = /** @type {HTMLElement} */ (each);
      const seen = (/** @type {string} */ part) => !(/** @type {HTMLElement} */ (tile.querySelector(part)).hidden);
      return { name: tile.querySelector('.name')?.textContent, local: tile.classList.contains('local'),
        screen: tile.classList.contains('screen'), picture: !tile.classList.contains('dark'), silent: seen('.silent'), hand: seen('.hand') };
    }));
  }

  /**
   * Waits for a tile that is as described.
   * @param {string} name
   * @param {object} wanted
   */
  async waitTile(name, wanted, limitMs = 10000) {
    let last;
    await until(async () => {
      last = await this.people();
      return last.some((tile) => tile.name === name && Object.entries(wanted).every(([key, value]) => tile[key] === value));
    }, limitMs, () => `${name} ${JSON.stringify(wanted)}; there are ${JSON.stringify(last)}; ${this.errors.slice(-5).join('; ')}`);
  }

  /** How many connections were made so far. */
  connections() {
    return this.page.evaluate(() => /** @type {any} */ (globalThis).made.connections.length);
  }

  /** How many offers and answers were set so far on all connections. */
  descriptions() {
    return this.page.evaluate(() => /** @type {any} */ (globalThis).made.descriptions);
  }

  /**
   * What comes in on each connection that is in use.
   * @returns {Promise<Received[]>}
   */
  received() {
    return this.page.evaluate(async () => {
      const { made } = /** @type {any} */ (globalThis);
      const open = made.connections.filter((/** @type {RTCPeerConnection} */ each) => each.signalingState !== 'closed');
      return Promise.all(open.map(async (/** @type {RTCPeerConnection} */ connection) => {
        const sum = { state: connection.connectionState, framesDecoded: 0, packetsLost: 0, audioEnergy: 0, freezes: 0,
          audioPackets: 0, at: 0 };
        for (const each of (await connection.getStats()).values()) {
          if (each.type !== 'inbound-rtp')
            continue;
          sum.packetsLost += each.packetsLost ?? 0;
          if (each.kind === 'video') {
            sum.framesDecoded += each.framesDecoded ?? 0;
            sum.freezes += each.freezeCount ?? 0;
            sum.at = each.timestamp;
          } else {
            sum.audioEnergy += each.totalAudioEnergy ?? 0;
            sum.audioPackets += each.packetsReceived ?? 0;
          }
        }
        return sum;
      }));
    });
  }

  /** Connections in use that are connected and have decoded a picture. */
  async playing() {
    return (await this.received()).filter((each) => each.state === 'connected' && each.framesDecoded > 0).length;
  }

  /**
   * @param {number} count
   * @param {number} [limitMs]
   */
  async waitPlaying(count, limitMs = 10000) {
    let last;
    await until(async () => {
      last = await this.received();
      return await this.playing() >= count && (await this.tiles()).filter((tile) => tile.width > 0).length >= count;
    }, limitMs, () => `${count} peers playing: ${JSON.stringify(last)}; ${this.errors.slice(-5).join('; ')}`);
  }

  /** A checksum of a tile's picture as it is drawn now. @param {number} [index] */
  picture(index = 0) {
    return this.page.evaluate((at) => {
      const video = document.querySelectorAll('.tile[data-peer] video')[at];
      const canvas = new OffscreenCanvas(160, 90);
      const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
      context.drawImage(/** @type {HTMLVideoElement} */ (video), 0, 0, 160, 90);
      const { data } = context.getImageData(0, 0, 160, 90);
      let sum = 0;
      let light = 0;
      for (let i = 0; i < data.length; i += 4) {
        sum = (sum * 31 + data[i] + 3 * data[i + 1] + 7 * data[i + 2]) | 0;
        light = Math.max(light, data[i], data[i + 1], data[i + 2]);
      }
      return { sum, light };
    }, index);
  }

  /**
   * Watches the frames that are shown in one peer's tile. A busy machine drops frames by itself, so
   * what is bearable is told by the three seconds before: a gap of 200 ms, or twice what was seen
   * then, and half of the frames of then; more where timers, too, fired late while it watched.
   * @param {string} peerId
   * @returns {Promise<() => Promise<{gap: number, bearable: number, frames: number, expected: number}>>} ends the watch
   */
  async watchGaps(peerId) {
    const before = await this.#watch(peerId);
    await delay(3000);
    const usual = await before();
    if (usual.frames === 0)
      throw new Error('no frames to watch');
    const stop = await this.#watch(peerId);
    const delays = monitorEventLoopDelay({ resolution: 10 });
    delays.enable();
    return async () => {
      const { gap, frames, ms, stall } = await stop();
      delays.disable();
      // Who is not let run for so long, page or test, shows no frame meanwhile, nor do those who send them.
      const starved = Math.max(stall, delays.max / 1e6);
      const bearable = Math.max(200, 2 * usual.gap, starved > 60 ? 200 + 5 * starved : 0);
      return { gap, frames, bearable, expected: 0.5 * usual.frames * ms / usual.ms };
    };
  }

  /** @param {string} peerId */
  async #watch(peerId) {
    await this.page.evaluate((id) => {
      const made = /** @type {any} */ (globalThis).made;
      const video = /** @type {HTMLVideoElement} */ (document.querySelector(`.tile[data-peer="${id}"] video`));
      const now = performance.now();
      const watch = made.watch = { from: now, last: now, ms: 0, gap: 0, frames: 0, stall: 0, ticked: now, stopped: false };
      const tick = () => {
        watch.stall = Math.max(watch.stall, performance.now() - watch.ticked - 10);
        watch.ticked = performance.now();
        if (!watch.stopped)
          setTimeout(tick, 10);
      };
      tick();
      const step = (/** @type {number} */ now) => {
        watch.frames += 1;
        watch.gap = Math.max(watch.gap, now - watch.last);
        watch.last = now;
        if (!watch.stopped)
          video.requestVideoFrameCallback(step);
      };
      video.requestVideoFrameCallback(step);
    }, peerId);
    return async () => this.page.evaluate(() => {
      const { watch } = /** @type {any} */ (globalThis).made;
      watch.stopped = true;
      watch.gap = Math.max(watch.gap, performance.now() - watch.last);
      watch.ms = performance.now() - watch.from;
      return watch;
    });
  }

  /**
   * The page's process is killed: nothing says goodbye. (A crash asked for would write a dump first,
   * and hold up what else is measured.) All pages of this browser go with it.
   */
  async vanish() {
    const session = await /** @type {import('playwright-core').Browser} */ (this.page.context().browser())
      .newBrowserCDPSession();
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    const crashed = this.page.waitForEvent('crash');
    for (const { id, type } of processInfo)
      if (type === 'renderer')
        process.kill(id, 'SIGKILL');
    await crashed;
  }
}
