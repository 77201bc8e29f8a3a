// 54-others-apps.mjs: pages of other people's apps, on their own Node server, see and are seen by a bot, whatever shape their signals have

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openBrowser } from './lib/browser.mjs';
import { startBot, until } from './lib/process.mjs';
import { startNodeServer } from './node-server.mjs';

/** How such apps write descriptions and candidates; what they take from the wire and do not know they leave. */
const SHAPES = {
  'a description': `{
    description: (d) => ({ description: d }), candidate: (c) => ({ candidate: c }) }`,
  'type and sdp, as simple-peer': `{
    description: (d) => ({ type: d.type, sdp: d.sdp }), candidate: (c) => ({ type: 'candidate', candidate: c }) }`,
  'sdp and ice': `{
    description: (d) => ({ sdp: d }), candidate: (c) => ({ ice: c }) }`,
  'a bare candidate': `{
    description: (d) => ({ type: d.type, sdp: d.sdp }), candidate: (c) => c.toJSON() }`,
};

/** A whole app: who comes calls those who are there. @param {string} name */
const page = (name) => `<!doctype html><title>An app</title>
<video id="remote" autoplay playsinline></video>
<script src="/socket.io/socket.io.js"></script>
<script>
  const shape = ${SHAPES[/** @type {keyof typeof SHAPES} */ (name)]};
  const read = (data) => {
    const description = data.description ?? (typeof data.sdp === 'object' ? data.sdp : typeof data.sdp === 'string' ? data : null);
    const candidate = typeof data.candidate === 'string' ? data : data.candidate ?? data.ice ?? null;
    return description ? { description } : { candidate };
  };
  const app = { connections: {}, errors: [], tracks: 0 };
  const socket = io();
  const media = navigator.mediaDevices.getUserMedia({ video: true, audio: true });
  const connect = async (id) => {
    const stream = await media;
    if (app.connections[id])
      return app.connections[id];
    const connection = app.connections[id] = new RTCPeerConnection();
    for (const track of stream.getTracks())
      connection.addTrack(track, stream);
    connection.onicecandidate = ({ candidate }) => candidate && socket.emit('signal', { to: id, data: shape.candidate(candidate) });
    connection.ontrack = ({ streams: [first] }) => { app.tracks += 1; remote.srcObject = first; };
    return connection;
  };
  let chain = media;
  const later = (work) => (chain = chain.then(work).catch((error) => app.errors.push(String(error))));
  socket.on('peers', ({ peers }) => peers.forEach((id) => later(async () => {
    const connection = await connect(id);
    await connection.setLocalDescription();
    socket.emit('signal', { to: id, data: shape.description(connection.localDescription) });
  })));
  socket.on('signal', ({ from, data }) => later(async () => {
    const connection = await connect(from);
    const { description, candidate } = read(data);
    if (description) {
      await connection.setRemoteDescription(description);
      if (description.type !== 'offer')
        return;
      await connection.setLocalDescription();
      socket.emit('signal', { to: from, data: shape.description(connection.localDescription) });
    } else if (candidate) {
      await connection.addIceCandidate(candidate).catch(() => {});
    }
  }));
  media.then(() => socket.emit('join-room', { roomId: 'app', displayName: 'Page' }));
</script>`;

for (const name of Object.keys(SHAPES)) {
  test(`a page that writes ${name}`, { timeout: 60000 }, async (t) => {
    const url = await startNodeServer(t, page);
    const bot = startBot(t, url, 'app', ['--source', 'videotestsrc', '--size', '320x180', '--fps', '15', '--bitrate', '200']);
    await until(() => /joined room app/.test(bot.log), 10000, () => `the bot\n${bot.log}`);
    const browser = await openBrowser(t);
    const view = await browser.newPage();
    await view.goto(`${url}/page/${encodeURIComponent(name)}`);
    const seen = () => view.evaluate(async () => {
      const { app } = /** @type {any} */ (globalThis.eval('({ app })'));
      const found = { decoded: 0, heard: 0, errors: app.errors };
      for (const connection of Object.values(app.connections))
        for (const each of (await /** @type {RTCPeerConnection} */ (connection).getStats()).values())
          if (each.type === 'inbound-rtp') {
            found.decoded += each.framesDecoded ?? 0;
            found.heard += each.totalAudioEnergy ?? 0;
          }
      return found;
    });
    let last = {};
    await until(async () => {
      const now = await seen();
      last = now;
      return now.decoded >= 15 && now.heard > 1e-5;
    }, 30000, () => `the bot's picture and tone in the page: ${JSON.stringify(last)}\n${bot.log}`);
    await until(() => /first video/.test(bot.log) && /first audio/.test(bot.log), 15000,
      () => `the page's camera and microphone at the bot\n${bot.log}`);
    assert.deepEqual((await seen()).errors, []);
    assert.doesNotMatch(bot.log, /cannot be read/);
  });
}
