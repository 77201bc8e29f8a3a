// @ts-check
// signaling.js: the plain WebSocket dialect of a room server, with reconnection

/** @typedef {{id: string, displayName: string, role?: string}} Member */

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10000;
const LONGEST_ASKED_MS = 60000;

/**
 * The address of the plain dialect on the server that gave us this page.
 * @param {{href: string}} location
 * @param {string} [token] where the server wants one
 */
export function signalingUrl(location, token = '') {
  const url = new URL('ws', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.search = token && `access_token=${encodeURIComponent(token)}`;
  url.hash = '';
  return url.href;
}

/**
 * One connection to a room server that comes back by itself. Every message of the server is an
 * event of the name in its `type`, with the message as `detail`; besides these there is `lost`,
 * with the milliseconds until the next attempt.
 */
export class Signaling extends EventTarget {
  /** @type {WebSocket | null} */
  #socket = null;
  #url;
  #attempts = 0;
  /** When the server asked to be called again, in ms; 0: it did not. */
  #askedMs = 0;
  #timer = 0;
  #closed = false;

  /** @param {string} url */
  constructor(url) {
    super();
    this.#url = url;
    globalThis.addEventListener?.('online', this.#online);
  }

  connect() {
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onmessage = ({ data }) => socket === this.#socket && this.#take(data);
    socket.onclose = () => this.#lost(socket);
  }

  /** Gives up a connection that may be dead without anybody having said so, and makes a new one. */
  reconnect() {
    const socket = this.#socket;
    if (this.#closed || !socket || socket.readyState === WebSocket.CONNECTING)
      return;
    this.#socket = null;
    socket.close();
    this.dispatchEvent(new CustomEvent('lost', { detail: { retryMs: 0 } }));
    this.connect();
  }

  /**
   * @param {string} type the event's name
   * @param {object} [fields]
   * @returns {boolean} whether there was a connection to send it on
   */
  send(type, fields = {}) {
    if (this.#socket?.readyState !== WebSocket.OPEN)
      return false;
    this.#socket.send(JSON.stringify({ type, ...fields }));
    return true;
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    globalThis.removeEventListener?.('online', this.#online);
    this.#socket?.close(1000);
  }

  /** @param {unknown} data */
  #take(data) {
    let message;
    try {
      message = JSON.parse(String(data));
    } catch {
      return console.warn('signaling: the server sent what is not JSON');
    }
    if (typeof message?.type !== 'string')
      return;
    if (message.type === 'welcome')
      this.#attempts = 0;
    if (message.type === 'room-closed' && message.retryAfterMs > 0)
      this.#askedMs = Math.min(message.retryAfterMs, LONGEST_ASKED_MS);
    this.dispatchEvent(new CustomEvent(message.type, { detail: message }));
  }

  /** @param {WebSocket} socket */
  #lost(socket) {
    if (this.#closed || socket !== this.#socket)
      return;
    // The jitter keeps the members of a room from coming back all in the same instant.
    const delay = this.#askedMs || Math.min(FIRST_DELAY_MS * 2 ** this.#attempts, LONGEST_DELAY_MS) * (0.5 + Math.random() / 2);
    this.#askedMs = 0;
    this.#attempts += 1;
    this.#timer = setTimeout(() => this.connect(), delay);
    this.dispatchEvent(new CustomEvent('lost', { detail: { retryMs: delay } }));
  }

  #online = () => {
    if (!this.#closed && this.#socket?.readyState === WebSocket.CLOSED)
      this.connect();
  };
}
