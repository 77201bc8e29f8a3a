// protocol.mjs: Engine.IO spoken by hand: polls on connections of their own, WebSockets packet by packet

import { request } from 'node:http';
import WebSocket from 'ws';
import { until } from './process.mjs';

/**
 * One HTTP request on a connection of its own.
 * @param {string} url
 * @param {{method?: string, body?: string | Buffer, headers?: Record<string, string>}} [options]
 */
export function start(url, { method = 'GET', body, headers = {} } = {}) {
  const call = request(url, { method, headers, agent: false });
  const sent = new Promise((resolve) => call.on('socket', (socket) => socket.on('connect', () => call.on('finish', () => resolve(undefined)))));
  /** @type {Promise<{status: number, headers: import('node:http').IncomingHttpHeaders, body: string}>} */
  const answer = new Promise((resolve, reject) => {
    call.on('error', reject);
    call.on('response', (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: String(Buffer.concat(parts)) }));
    });
  });
  answer.catch(() => {});
  call.end(body);
  return { answer, sent, abort: () => call.destroy() };
}

/** The same, to its end. */
export function send(url, options) {
  return start(url, options).answer;
}

/** One client at a path of a server, from its handshake over polling on. @param {string} base */
export async function openPolling(base) {
  const { body } = await send(`${base}?EIO=4&transport=polling`);
  const { sid } = JSON.parse(body.slice(1));
  const url = `${base}?EIO=4&transport=polling&sid=${sid}`;
  return {
    sid,
    url,
    websocketUrl: `${base.replace(/^http/, 'ws')}?EIO=4&transport=websocket&sid=${sid}`,
    poll: () => send(url),
    /** @param {string} packets */
    post: (packets) => send(url, { method: 'POST', body: packets, headers: { 'content-type': 'text/plain;charset=UTF-8' } }),
    /** A poll that has reached the server: what is asked after it on another connection is answered after it. */
    hang: async () => {
      const poll = start(url);
      await poll.sent;
      await send(`${base}?EIO=4&transport=none`);
      return poll;
    },
  };
}

/** A WebSocket that keeps what it is told; pings are answered unless told otherwise. @param {import('node:test').TestContext} t */
export async function openWebSocket(t, url, { pongs = true } = {}) {
  const socket = new WebSocket(url);
  t.after(() => socket.terminate());
  const self = {
    socket,
    /** @type {(string | Buffer)[]} */
    packets: [],
    pings: 0,
    closed: /** @type {number | null} */ (null),
    opened: false,
    status: 0,
    /** @param {string | Buffer} packet */
    send: (packet) => socket.send(packet),
    take: async (limitMs = 5000) => {
      await until(() => self.packets.length > 0 || self.closed !== null, limitMs, 'a packet');
      if (self.packets.length === 0)
        throw new Error(`closed with ${self.closed} where a packet was due`);
      return /** @type {any} */ (self.packets.shift());
    },
    end: async (limitMs = 5000) => {
      await until(() => self.closed !== null, limitMs, () => `the close; there came ${self.packets}`);
      return self.closed;
    },
  };
  socket.on('message', (data, isBinary) => {
    if (!isBinary && String(data) === '2') {
      self.pings += 1;
      if (pongs)
        socket.send('3');
    } else {
      self.packets.push(isBinary ? /** @type {Buffer} */ (data) : String(data));
    }
  });
  socket.on('close', (code) => (self.closed = code));
  socket.on('unexpected-response', (call, response) => {
    self.status = response.statusCode ?? 0;
    self.closed = 1006;
    call.destroy();
  });
  socket.on('error', () => {});
  socket.on('open', () => (self.opened = true));
  await until(() => self.opened || self.closed !== null, 5000, 'the answer to a handshake');
  return self;
}
