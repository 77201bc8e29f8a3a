// raw.mjs: thousands of cheap members, and callers that behave as no library would let them

import { connect } from 'node:net';
import { readFile, readdir } from 'node:fs/promises';
import { until } from './process.mjs';

const MASK = Buffer.from([0, 0, 0, 0]);

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

/**
 * A frame as clients send it, masked with zeros. The options are for what is forbidden.
 * @param {number} opcode
 * @param {string | Buffer} payload
 * @param {{fin?: boolean, masked?: boolean, reserved?: number}} [options]
 */
export function frame(opcode, payload, { fin = true, masked = true, reserved = 0 } = {}) {
  const bytes = Buffer.from(payload);
  const head = Buffer.alloc(bytes.length < 126 ? 2 : bytes.length < 65536 ? 4 : 10);
  head[0] = (fin ? 0x80 : 0) | reserved | opcode;
  head[1] = (masked ? 0x80 : 0) | (head.length === 2 ? bytes.length : head.length === 4 ? 126 : 127);
  if (head.length === 4)
    head.writeUInt16BE(bytes.length, 2);
  else if (head.length === 10)
    head.writeBigUInt64BE(BigInt(bytes.length), 2);
  return Buffer.concat(masked ? [head, MASK, bytes] : [head, bytes]);
}

/** A TCP connection that knows how it ended and what came, and says what it is told. */
export class Caller {
  received = Buffer.alloc(0);
  began = performance.now();
  /** @type {number | null} ms after the beginning */
  closedAfter = null;
  connected = false;
  refused = false;

  /** @param {number} port */
  constructor(port) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: false });
    this.socket.setNoDelay(true);
    this.socket.on('connect', () => (this.connected = true));
    this.socket.on('data', (data) => this.take(data));
    this.socket.on('error', () => (this.refused ||= !this.connected));
    this.socket.on('close', () => (this.closedAfter ??= performance.now() - this.began));
    this.socket.on('end', () => (this.closedAfter ??= performance.now() - this.began));
  }

  /** @param {Buffer} data */
  take(data) {
    this.received = Buffer.concat([this.received, data]);
  }

  /** @param {string | Buffer} data */
  write(data) {
    if (this.closedAfter === null)
      this.socket.write(data);
  }

  drop() {
    this.socket.destroy();
  }
}

const UPGRADE = 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** A WebSocket: the plain dialect's, unless the path says otherwise. */
export class Member extends Caller {
  id = '';
  /** @type {number | null} */
  closeCode = null;
  opened = false;
  nPongs = 0;
  /** @type {(message: any) => void} */
  onMessage = () => {};
  /** @type {any[]} */
  messages = [];

  /**
   * @param {number} port
   * @param {{path?: string, keep?: boolean}} [options] keep: whether messages are kept to be taken
   */
  constructor(port, { path = '/ws', keep = true } = {}) {
    super(port);
    this.keep = keep;
    this.plain = path === '/ws';
    this.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${UPGRADE}`);
  }

  /** @param {Buffer} data */
  take(data) {
    let rest = this.received.length > 0 ? Buffer.concat([this.received, data]) : data;
    if (!this.opened) {
      const end = rest.indexOf('\r\n\r\n');
      if (end < 0) {
        this.received = rest;
        return;
      }
      this.opened = rest.subarray(0, 12).toString() === 'HTTP/1.1 101';
      rest = rest.subarray(end + 4);
    }
    for (;;) {
      const small = rest.length > 1 ? rest[1] & 0x7f : 0;
      const head = small < 126 ? 2 : small === 126 ? 4 : 10;
      if (rest.length < head)
        break;
      const length = head === 2 ? small : head === 4 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2));
      if (rest.length < head + length)
        break;
      this.takeFrame(rest[0] & 15, rest.subarray(head, head + length));
      rest = rest.subarray(head + length);
    }
    this.received = rest;
  }

  /** @param {number} opcode @param {Buffer} payload */
  takeFrame(opcode, payload) {
    if (opcode === CLOSE) {
      this.closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    } else if (opcode === PING) {
      this.write(frame(PONG, payload));
    } else if (opcode === PONG) {
      this.nPongs += 1;
    } else {
      const message = this.plain ? JSON.parse(payload.toString()) : payload.toString();
      if (message.type === 'welcome')
        this.id = message.id;
      if (this.keep)
        this.messages.push(message);
      this.onMessage(message);
    }
  }

  /** @param {string} type @param {object} [fields] */
  send(type, fields = {}) {
    this.write(frame(TEXT, JSON.stringify({ type, ...fields })));
  }

  /** @param {string} roomId */
  join(roomId) {
    this.send('join-room', { roomId, displayName: 'm' });
  }

  /** @param {string} type */
  async await(type, limitMs = 5000) {
    const at = () => this.messages.findIndex((message) => message.type === type);
    await until(() => at() >= 0, limitMs, () => `${type}; there came ${JSON.stringify(this.messages).slice(0, 500)}`);
    return this.messages.splice(at(), 1)[0];
  }
}

/** A member that is in a room. @param {number} port @param {string} room */
export async function joined(port, room) {
  const member = new Member(port);
  await member.await('welcome');
  member.join(room);
  await member.await('peers');
  return member;
}

/**
 * What others notice of a host's trouble: signals between two members, and new callers' requests.
 * @param {number} port
 * @param {number} [everyMs]
 */
export async function watchLatency(port, everyMs = 10) {
  const room = `watch-${Math.random().toString(36).slice(2)}`;
  const from = await joined(port, room);
  const to = await joined(port, room);
  /** @type {number[]} */
  const delays = [];
  let nSent = 0;
  to.keep = from.keep = false;
  to.onMessage = ({ type, data }) => type === 'signal' && delays.push(performance.now() - data);
  const timer = setInterval(() => {
    nSent += 1;
    from.send('signal', { to: to.id, data: performance.now() });
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await until(() => delays.length === nSent, 5000, () => `${nSent} signals; ${delays.length} came`);
    from.drop();
    to.drop();
    delays.sort((a, b) => a - b);
    return { n: nSent, p50: delays[Math.floor(nSent * 0.5)], p99: delays[Math.floor(nSent * 0.99)] };
  };
}

/** Resident memory in KiB. @param {number} pid */
export async function memoryOf(pid) {
  const text = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s*(\d+)/m.exec(text)?.[1]);
}

/** Open file descriptors. @param {number} pid */
export async function descriptorsOf(pid) {
  return (await readdir(`/proc/${pid}/fd`)).length;
}

/** @template T @param {T[]} list @param {(each: T) => boolean} is */
export function count(list, is) {
  return list.reduce((n, each) => n + (is(each) ? 1 : 0), 0);
}
