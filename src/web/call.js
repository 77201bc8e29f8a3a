// @ts-check
// call.js: the room as a full mesh: one peer for each other member

import { Peer } from './peer.js';
import { Signaling } from './signaling.js';

/** @typedef {import('./peer.js').Kind} Kind */
/** @typedef {import('./signaling.js').Member} Member */

/**
 * Takes part in one room. Events: `peer-added` and `peer-removed` (detail: the Peer), `state`,
 * `chat` (detail: `{peer, text, at}`), `peer-state` (detail: `{peer, audio, video, screen}`),
 * `error` (detail: `{code, message}`), `closed` (detail: `{reason}`).
 */
export class Call extends EventTarget {
  /** @type {Map<string, Peer>} */
  peers = new Map();
  /** @type {'connecting' | 'joined' | 'lost' | 'closed'} */
  state = 'connecting';
  /** @type {import('./peer.js').LocalMedia} */
  media = { stream: new MediaStream(), audio: null, video: null };
  id = '';
  #signaling;
  #configuration = {};

  /**
   * @param {string} url of the room server's plain dialect
   * @param {string} roomId
   * @param {string} displayName
   */
  constructor(url, roomId, displayName) {
    super();
    this.roomId = roomId;
    this.displayName = displayName;
    this.#signaling = new Signaling(url);
    this.#listen();
  }

  /** @param {RTCConfiguration} [configuration] */
  join(configuration = {}) {
    this.#configuration = configuration;
    this.#signaling.connect();
  }

  leave() {
    this.#signaling.send('leave-room');
    this.#signaling.close();
    this.#removeAll();
    this.#setState('closed');
  }

  /**
   * @param {Kind} kind
   * @param {MediaStreamTrack | null} track
   */
  setTrack(kind, track) {
    const old = this.media[kind];
    if (old)
      this.media.stream.removeTrack(old);
    if (track)
      this.media.stream.addTrack(track);
    this.media[kind] = track;
    for (const peer of this.peers.values())
      peer.refreshMedia();
    this.announceState();
  }

  /** Tells everyone which of our tracks can be heard and seen. */
  announceState() {
    for (const peer of this.peers.values())
      peer.send(this.#localState());
  }

  /**
   * @param {string} text
   * @returns {number} how many peers it went to
   */
  chat(text) {
    const message = { type: 'chat', text, at: new Date().toISOString() };
    return [...this.peers.values()].filter((peer) => peer.send(message)).length;
  }

  #localState() {
    const { audio, video } = this.media;
    return { type: 'state', audio: Boolean(audio?.enabled), video: Boolean(video?.enabled), screen: false };
  }

  #listen() {
    /** @type {Record<string, (detail: any) => void>} */
    const handlers = {
      welcome: ({ id }) => this.#welcome(id),
      peers: ({ peers, members }) => this.#takeRoster(members ?? peers.map((/** @type {string} */ id) => ({ id }))),
      'peer-joined': ({ peerId, displayName, role }) => this.#add({ id: peerId, displayName, role }),
      'peer-left': ({ peerId }) => this.#remove(peerId),
      signal: ({ from, data }) => this.peers.get(from)?.receive(data),
      'room-error': ({ code, message }) => this.#tell('error', { code, message }),
      'room-closed': ({ reason }) => this.#ended(reason),
      lost: () => this.#setState('lost'),
    };
    for (const [type, handler] of Object.entries(handlers))
      this.#signaling.addEventListener(type, (event) => handler(/** @type {CustomEvent} */ (event).detail));
  }

  /**
   * @param {string} type
   * @param {any} detail
   */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** @param {Call['state']} state */
  #setState(state) {
    this.state = state;
    this.dispatchEvent(new Event('state'));
  }

  /**
   * After a lost connection we are somebody new to the room, and so is everyone else to us. Until
   * then the old connections are kept, since media needs no server.
   * @param {string} id
   */
  #welcome(id) {
    this.#removeAll();
    this.id = id;
    this.#signaling.send('join-room', { roomId: this.roomId, displayName: this.displayName });
  }

  /** @param {Member[]} members */
  #takeRoster(members) {
    this.#setState('joined');
    for (const member of members)
      this.#add(member);
  }

  /** @param {Member} member */
  #add(member) {
    if (member.id === this.id || this.peers.has(member.id))
      return;
    const peer = new Peer({ ...member, displayName: member.displayName || 'guest' },
      this.id > member.id, this.media, this.#configuration);
    this.peers.set(peer.id, peer);
    peer.addEventListener('signal', (event) =>
      this.#signaling.send('signal', { to: peer.id, data: /** @type {CustomEvent} */ (event).detail }));
    peer.addEventListener('open', () => peer.send(this.#localState()));
    peer.addEventListener('message', (event) => this.#takeMessage(peer, /** @type {CustomEvent} */ (event).detail));
    this.#tell('peer-added', peer);
    peer.start();
  }

  /**
   * @param {Peer} peer
   * @param {any} message
   */
  #takeMessage(peer, message) {
    if (message.type === 'chat' && typeof message.text === 'string')
      this.#tell('chat', { peer, text: message.text, at: message.at });
    else if (message.type === 'state')
      this.#tell('peer-state', { peer, audio: message.audio, video: message.video, screen: message.screen });
  }

  /** @param {string} id */
  #remove(id) {
    const peer = this.peers.get(id);
    if (!peer)
      return;
    this.peers.delete(id);
    peer.close();
    this.#tell('peer-removed', peer);
  }

  #removeAll() {
    for (const id of [...this.peers.keys()])
      this.#remove(id);
  }

  /**
   * A server that goes away comes back as a rule, and the room with it.
   * @param {string} reason
   */
  #ended(reason) {
    if (reason === 'server-going-away')
      return;
    this.#signaling.close();
    this.#removeAll();
    this.#setState('closed');
    this.#tell('closed', { reason });
  }
}
