// 43-odd-peers.mjs: peers that offer simulcast, little, or nothing, share screens again and again, or speak otherwise

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBrowser } from './lib/browser.mjs';
import { frameSizes, recordings } from './lib/media.mjs';
import { folder, startBot, startHost, until } from './lib/process.mjs';

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
    const self = { pc: new RTCPeerConnection({ bundlePolicy: 'max-bundle' }), socket, errors: [], tracks: 0, text: '', id: '', bot: '', sent: [], got: [] };
    const { pc } = self;
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
      pc.close();
      return join({ shape, polite, waits, prepare, munge });
    }
    return self;
  };
  const stats = async (pc) => {
    const found = { state: pc.connectionState, decoded: 0, heard: 0 };
    for (const each of (await pc.getStats()).values()) {
      if (each.type === 'inbound-rtp') {
        found.decoded += each.framesDecoded ?? 0;
        found.heard += each.kind === 'audio' ? each.packetsReceived : 0;
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

/**
 * A room with a bot in it, and a page with the lab.
 * @param {import('node:test').TestContext} t
 * @param {string[]} [args]
 */
async function setUp(t, args = []) {
  const host = await startHost(t);
  const bot = startBot(t, host.url, 'x', ['--source', 'videotestsrc', '--size', '320x180', '--fps', '15', ...args]);
  await until(() => /has joined/.test(bot.log), 10000, () => bot.log);
  const browser = await openBrowser(t);
  const page = await (await browser.newContext()).newPage();
  await page.goto(host.url);
  await page.evaluate(makeLab);
  const run = (code) => page.evaluate(`(async () => { ${code} })()`);
  /** @param {string} condition on `me` and its `stats` @param {string} what */
  const wait = (condition, what, limitMs = 15000) => until(async () => {
    const found = await run('return { stats: await lab.stats(me.pc), errors: me.errors, tracks: me.tracks, channel: me.channel?.readyState };');
    assert.deepEqual(found.errors, [], what);
    return new Function('stats', 'tracks', 'channel', `return ${condition}`)(found.stats, found.tracks, found.channel);
  }, limitMs, () => `${what}\n${bot.log}`);
  return { bot, page, run, wait };
}

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
