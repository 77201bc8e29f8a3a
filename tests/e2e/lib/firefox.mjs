// firefox.mjs: Firefox over WebDriver BiDi: no driver between, its own remote agent is spoken to

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';
import { until } from './process.mjs';

/** Made-up devices that nobody is asked about, and nothing fetched from elsewhere. */
const PREFERENCES = {
  'media.navigator.streams.fake': true, 'media.navigator.permission.disabled': true, 'media.autoplay.default': 0,
  'media.gmp-manager.updateEnabled': false, 'media.gmp-manager.url': '', 'app.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false, 'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false, 'network.captive-portal-service.enabled': false, 'browser.aboutwelcome.enabled': false,
  'network.connectivity-service.enabled': false, 'browser.startup.page': 0, 'services.settings.server': '', 'media.cubeb.backend': 'null',
};

/** @param {any} value of BiDi */
function plain(value) {
  switch (value.type) {
    case 'array': return value.value.map(plain);
    case 'object': return Object.fromEntries(value.value.map(([key, each]) => [key, plain(each)]));
    case 'null': return null;
    default: return value.value;
  }
}

export class FirefoxPage {
  /** @param {Firefox} firefox @param {string} context */
  constructor(firefox, context) {
    this.firefox = firefox;
    this.context = context;
  }

  /** @param {string} url */
  goto(url) {
    return this.firefox.send('browsingContext.navigate', { context: this.context, url, wait: 'complete' });
  }

  /**
   * @param {string} expression may be a promise; its value comes back as plain data
   * @returns {Promise<any>}
   */
  async evaluate(expression) {
    const answer = await this.firefox.send('script.evaluate', {
      expression, target: { context: this.context }, awaitPromise: true, resultOwnership: 'none', serializationOptions: { maxObjectDepth: 6 },
    });
    if (answer.type === 'exception')
      throw new Error(answer.exceptionDetails.text);
    return plain(answer.result);
  }

  /** What comes in, one entry a connection that is in use. */
  received() {
    return this.evaluate(`Promise.all(made.filter((each) => each.signalingState !== 'closed').map(async (each) => {
      const sum = { state: each.connectionState, frames: 0, packets: 0 };
      for (const stat of (await each.getStats()).values())
        if (stat.type === 'inbound-rtp' && stat.kind === 'video') sum.frames += stat.framesDecoded ?? 0;
        else if (stat.type === 'inbound-rtp') sum.packets += stat.packetsReceived ?? 0;
      return sum;
    }))`);
  }

  /** @param {string} selector */
  click(selector) {
    return this.evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);
  }
}

export class Firefox {
  #socket;
  #next = 1;
  /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void}>} */
  #pending = new Map();

  /** @param {WebSocket} socket */
  constructor(socket) {
    this.#socket = socket;
    socket.on('close', () => {
      for (const { reject } of this.#pending.values())
        reject(new Error('Firefox is gone'));
    });
    socket.on('message', (data) => {
      const { id, type, result, error, message } = JSON.parse(String(data));
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      if (type === 'error')
        pending?.reject(new Error(`${error}: ${message}`));
      else
        pending?.resolve(result);
    });
  }

  /** @param {string} method @param {object} params @returns {Promise<any>} */
  send(method, params) {
    if (this.#socket.readyState !== WebSocket.OPEN)
      return Promise.reject(new Error('Firefox is gone'));
    const id = this.#next++;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }));
  }

  /** An empty page, for as long as a test. @param {import('node:test').TestContext} t */
  async openPage(t) {
    const { context } = await this.send('browsingContext.create', { type: 'tab' });
    // Where the test has opened Firefox itself, that is closed first, and its pages with it.
    t.after(() => this.send('browsingContext.close', { context }).catch(() => {}));
    return new FirefoxPage(this, context);
  }

  /**
   * A page that is in a room.
   * @param {string} url of the host
   * @param {string} room
   * @param {string} name
   */
  async openRoom(url, room, name) {
    const { context } = await this.send('browsingContext.create', { type: 'tab' });
    await this.send('script.addPreloadScript', { functionDeclaration: `() => {
      const Connection = RTCPeerConnection;
      window.made = [];
      window.faults = [];
      window.addEventListener('error', (event) => faults.push(event.message));
      window.addEventListener('unhandledrejection', (event) => faults.push(String(event.reason)));
      const warn = console.warn;
      console.warn = (...words) => { faults.push(words.join(' ')); warn(...words); };
      window.RTCPeerConnection = class extends Connection { constructor(...all) { super(...all); window.made.push(this); } };
      // A page before this one may have left its microphone muted, and that is remembered.
      localStorage.clear();
      localStorage.setItem('meshbot.low', 'true');
    }`, contexts: [context] });
    const page = new FirefoxPage(this, context);
    await page.goto(`${url}/room.html?id=${room}&name=${encodeURIComponent(name)}`);
    await until(() => page.evaluate("document.querySelector('#preview').videoWidth > 0"), 30000, 'the preview');
    await page.click('#join');
    await until(() => page.evaluate("document.querySelector('.tile.local') !== null"), 10000, 'the call');
    return page;
  }
}

/**
 * @param {Pick<import('node:test').TestContext, 'after'>} t
 * @param {Record<string, string | number | boolean>} [preferences] besides those above
 */
export async function openFirefox(t, preferences = {}) {
  const profile = await mkdtemp(join(tmpdir(), 'meshbot-firefox-'));
  await writeFile(join(profile, 'user.js'), Object.entries({ ...PREFERENCES, ...preferences })
    .map(([key, value]) => `user_pref(${JSON.stringify(key)}, ${JSON.stringify(value)});\n`).join(''));
  const child = spawn(process.env.FIREFOX ?? 'firefox-esr', ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, HOME: profile } });
  let log = '';
  let running = true;
  child.stderr.on('data', (data) => (log += data));
  child.on('exit', () => (running = false));
  child.on('error', (error) => (log += error.message));
  t.after(async () => {
    child.kill('SIGTERM');
    await until(() => !running, 10000, 'the end of Firefox').catch(() => child.kill('SIGKILL'));
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  const address = await until(() => /WebDriver BiDi listening on (ws:\S+)/.exec(log)?.[1], 60000, () => `Firefox: ${log}`);
  const socket = new WebSocket(`${address}/session`);
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  const firefox = new Firefox(socket);
  await firefox.send('session.new', { capabilities: {} });
  return firefox;
}
