// member.mjs: scripted members of a room, one for each dialect

import { io } from 'socket.io-client';
import WebSocket from 'ws';
import { until } from './process.mjs';

/**
 * A stock Socket.IO client that keeps what the room says until it is taken.
 * @param {import('node:test').TestContext} t
 * @param {string} url
 * @param {object} [options] of socket.io-client
 */
export async function connect(t, url, options = {}) {
  const socket = io(url, { forceNew: true, reconnection: false, ...options });
  t.after(() => socket.disconnect());
  /** @type {{name: string, payload: any}[]} */
  const events = [];
  socket.onAny((name, payload) => events.push({ name, payload }));
  await new Promise((resolve, reject) => {
    socket.on('connect', () => resolve(undefined));
    socket.on('connect_error', reject);
  });
  const take = async (/** @type {string} */ name, limitMs = 5000) => {
    const at = () => events.findIndex((event) => event.name === name);
    await until(() => at() >= 0, limitMs, () => `event ${name}; there came ${JSON.stringify(events)}`);
    return events.splice(at(), 1)[0].payload;
  };
  return { socket, events, take };
}

/**
 * A member over the plain dialect, after its welcome.
 * @param {import('node:test').TestContext} t
 * @param {string} url of the host
 */
export async function connectPlain(t, url) {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`);
  t.after(() => socket.terminate());
  /** @type {any[]} */
  const messages = [];
  const member = {
    socket,
    messages,
    id: '',
    closed: /** @type {number | null} */ (null),
    /** @param {string} type @param {object} [fields] */
    send: (type, fields = {}) => socket.send(JSON.stringify({ type, ...fields })),
    /** @param {string} type */
    take: async (type, limitMs = 5000) => {
      const at = () => messages.findIndex((message) => message.type === type);
      await until(() => at() >= 0, limitMs, () => `${type}; there came ${JSON.stringify(messages)}`);
      return messages.splice(at(), 1)[0];
    },
  };
  socket.on('message', (text) => messages.push(JSON.parse(String(text))));
  socket.on('close', (code) => (member.closed = code));
  socket.on('error', () => {});
  member.id = (await member.take('welcome')).id;
  return member;
}
