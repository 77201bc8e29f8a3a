// lab.mjs: a page with one connection to a bot, of which a test says everything

import assert from 'node:assert/strict';
import { openBrowser } from './browser.mjs';
import { startBot, startHost, until } from './process.mjs';

/**
 * Runs in the page: `lab.join(options)` is a member of a room with one connection to the bot in it, by perfect
 * negotiation, which it begins whatever the ids are.
 */
function makeLab() {
  const picture = (width, height) => {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d');
    let n = 0;
    setInterval(() => {
      n += 1;
      context.fillStyle = `hsl(${n % 360} 80% 50%)`;
      context.fillRect((n * 7) % width, 0, 40, height);
    }, 66);
    return canvas.captureStream(15).getVideoTracks()[0];
  };
  const tone = () => {
    const context = new AudioContext();
    const oscillator = context.createOscillator();
    const out = context.createMediaStreamDestination();
    oscillator.connect(out);
    oscillator.start();
    return out.stream.getAudioTracks()[0];
  };
  /** How descriptions and candidates are written, and read. */
  const shapes = {
    named: {
      description: ({ type, sdp }) => ({ description: { type, sdp } }),
      candidate: (candidate) => ({ candidate }),
      read: (data) => (data.description ? { description: data.description } : { candidate: data.candidate }),
    },
    'simple-peer': {
      description: ({ type, sdp }) => ({ type, sdp }),
      candidate: ({ candidate, sdpMLineIndex, sdpMid }) => ({ type: 'candidate', candidate: { candidate, sdpMLineIndex, sdpMid } }),
      read: (data) => (data.type === 'candidate' ? { candidate: data.candidate } : data.sdp ? { description: data } : {}),
    },
    'sdp and ice': {
      description: ({ type, sdp }) => ({ sdp: { type, sdp } }),
      candidate: (candidate) => ({ ice: candidate }),
      read: (data) => (data.sdp ? { description: data.sdp } : data.ice ? { candidate: data.ice } : {}),
    },
    'a bare candidate': {
      description: ({ type, sdp }) => ({ type, sdp }),
      candidate: (candidate) => candidate.toJSON(),
      read: (data) => (data.sdp ? { description: data } : typeof data.candidate === 'string' ? { candidate: data } : {}),
    },
  };
  const join = async ({ shape = 'named', polite = null, waits = false, prepare, munge = null }) => {
    const { description, candidate, read } = shapes[shape];
    const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/ws`);
    const self = { pc: null, socket, errors: [], tracks: 0, text: '', id: '', bot: '', sent: [], got: [] };
    /** @type {RTCPeerConnection} */
    let pc;
    let offering = false;
    const send = (data) => {
      self.sent.push(data);
      socket.send(JSON.stringify({ type: 'signal', to: self.bot, data }));
    };
    const offer = async () => {
      offering = true;
      try {
        if (munge) {
          const made = await pc.createOffer();
          await pc.setLocalDescription({ type: 'offer', sdp: munge(made.sdp) });
        } else {
          await pc.setLocalDescription();
        }
        if (pc.localDescription.type !== 'offer')
          return;
        send(description(pc.localDescription));
      } finally {
        offering = false;
      }
    };
    const take = async (data) => {
      self.got.push(data);
      const { description: remote, candidate: theirs } = read(data);
      if (remote) {
        const collides = remote.type === 'offer' && (offering || pc.signalingState !== 'stable');
        if (collides && self.id < self.bot)
          return;
        await pc.setRemoteDescription(remote);
        if (remote.type === 'offer') {
          await pc.setLocalDescription();
          send(description(pc.localDescription));
        }
      } else if (theirs) {
        await pc.addIceCandidate(theirs).catch(() => {});
      }
    };
    let chain = Promise.resolve();
    const begin = (bot) => {
      self.bot = bot;
      // Only now: a page may make no more than 500, and joins until the ids are as they should be.
      pc = self.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
      pc.onnegotiationneeded = () => {
        if (!waits || pc.remoteDescription)
          offer().catch((error) => self.errors.push(`offer: ${error.message}`));
      };
      pc.onicecandidate = (event) => event.candidate && send(candidate(event.candidate));
      pc.ontrack = () => (self.tracks += 1);
      pc.ondatachannel = ({ channel }) => (channel.onmessage = ({ data }) => (self.text = data));
      prepare(pc, self);
    };
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === 'welcome') {
        self.id = message.id;
        socket.send(JSON.stringify({ type: 'join-room', roomId: 'x', displayName: shape }));
      } else if (message.type === 'peers') {
        // Whoever is to be heard with its offer must have the smaller id; the server draws them.
        const fits = polite === null || (self.id > message.peers[0]) === polite;
        if (fits)
          begin(message.peers[0]);
        else
          self.again = true;
      } else if (message.type === 'signal') {
        chain = chain.then(() => take(message.data)).catch((error) => self.errors.push(error.message));
      }
    };
    for (const end = performance.now() + 5000; !self.bot && !self.again;) {
      if (performance.now() > end)
        throw new Error('no bot in the room');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (self.again) {
      socket.close();
      return join({ shape, polite, waits, prepare, munge });
    }
    return self;
  };
  const stats = async (pc) => {
    const found = { state: pc.connectionState, decoded: 0, heard: 0, codecs: [] };
    const all = await pc.getStats();
    for (const each of all.values()) {
      if (each.type === 'inbound-rtp') {
        found.decoded += each.framesDecoded ?? 0;
        found.heard += each.kind === 'audio' ? each.packetsReceived : 0;
        found.codecs.push(all.get(each.codecId)?.mimeType);
      }
    }
    return found;
  };
  const leave = (self) => {
    self.pc.close();
    self.socket.close();
  };
  globalThis.lab = { picture, tone, join, stats, leave };
}

/** A page of Chromium's. @param {import('node:test').TestContext} t */
async function openPage(t) {
  const browser = await openBrowser(t);
  // The page is one of somebody else, with workers of its own.
  return (await browser.newContext({ bypassCSP: true })).newPage();
}

/**
 * A room with a bot in it, and a page with the lab.
 * @param {import('node:test').TestContext} t
 * @param {string[]} [args]
 * @param {typeof openPage} [open] a page of another browser
 */
export async function setUp(t, args = [], open = openPage) {
  const host = await startHost(t);
  const bot = startBot(t, host.url, 'x', [...(args.includes('--source') ? [] : ['--source', 'videotestsrc']), '--size', '320x180', '--fps', '15', ...args]);
  await until(() => /has joined/.test(bot.log), 10000, () => bot.log);
  const page = await open(t);
  await page.goto(host.url);
  await page.evaluate(`(${makeLab})()`);
  const run = (code) => page.evaluate(`(async () => { ${code} })()`);
  /** @param {string} condition on `me` and its `stats` @param {string} what */
  const wait = (condition, what, limitMs = 15000) => until(async () => {
    const found = await run('return { stats: await lab.stats(me.pc), errors: me.errors, tracks: me.tracks, channel: me.channel?.readyState };');
    assert.deepEqual(found.errors, [], what);
    return new Function('stats', 'tracks', 'channel', `return ${condition}`)(found.stats, found.tracks, found.channel);
  }, limitMs, () => `${what}\n${bot.log}`);
  return { url: host.url, bot, page, run, wait };
}
