// @ts-check
// api.js: the host's REST interface, and the token that it may want

import { tab } from './store.js';

/** @typedef {{id: string, displayName: string, role: string}} RoomMember */
/** @typedef {{id: string, name: string, memberCount: number, maxMembers?: number, members?: RoomMember[]}} Room */

const MOST_PAGES = 10;
let token = '';

/** A refusal of the host, with its own words for it. */
export class Refusal extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * Takes the token out of the link's fragment (`#token=…`) before anybody else sees it, so that it stands in
 * no history and in no copied link. It is kept for this tab alone.
 * @param {Location} location
 * @param {History} history
 */
export function takeToken(location, history) {
  const found = new URLSearchParams(location.hash.slice(1)).get('token');
  token = found ?? tab.get('token');
  tab.set('token', token);
  if (found)
    history.replaceState(history.state, '', location.pathname + location.search);
  return token;
}

/**
 * Whether a token lets its bearer do something; without one, the host decides.
 * @param {string} jwt
 * @param {string} grant
 */
export function mayDo(jwt, grant) {
  try {
    const { grants } = JSON.parse(atob(jwt.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')));
    return !Array.isArray(grants) || grants.includes(grant) || grants.includes('admin');
  } catch {
    return true;
  }
}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 */
async function ask(path, options = {}) {
  const headers = { ...options.headers, ...(token && { Authorization: `Bearer ${token}` }) };
  const answer = await fetch(path, { cache: 'no-cache', ...options, headers });
  if (answer.ok)
    return answer;
  const body = await answer.json().catch(() => ({}));
  throw new Refusal(answer.status, body.detail ?? body.title ?? String(answer.status));
}

/** @returns {Promise<Room[]>} */
export async function listRooms() {
  /** @type {Room[]} */
  const rooms = [];
  /** @type {string | undefined} */
  let next = 'api/rooms';
  for (let page = 0; next && page < MOST_PAGES; page += 1) {
    const answer = await ask(next);
    rooms.push(...await answer.json());
    next = /<([^>]+)>;\s*rel="next"/.exec(answer.headers.get('Link') ?? '')?.[1];
  }
  return rooms;
}

/** @param {string} id @returns {Promise<Room>} */
export const getRoom = async (id) => (await ask(`api/rooms/${encodeURIComponent(id)}`)).json();

/** Whether the host wants a token, and another than this page has. (Which room it is for is seen when it joins.) */
export const isRefused = () => ask('api/ice-servers').then(() => false,
  (error) => error instanceof Refusal && [401, 403].includes(error.status));

/** @param {string} name @returns {Promise<Room>} */
export const createRoom = async (name) => (await ask('api/rooms', {
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name }),
})).json();

/** @param {string} id */
export const deleteRoom = (id) => ask(`api/rooms/${encodeURIComponent(id)}`, { method: 'DELETE' });

/** @returns {Promise<RTCConfiguration>} */
export async function getIceServers() {
  try {
    const { iceServers } = await (await ask('api/ice-servers')).json();
    return { iceServers };
  } catch {
    return {};
  }
}

/** The link to a room, as it can be given to others. @param {string} id */
export const roomLink = (id) => new URL(`room.html?id=${encodeURIComponent(id)}`, location.href).href;
