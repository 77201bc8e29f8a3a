// @ts-check
// call.js: the room as a full mesh: one peer for each other member

import { planUplink } from './bandwidth.js';
import { Peer } from './peer.js';
import { Signaling } from './signaling.js';
import { readState } from './streams.js';
import { ALL_PONG_MS, Survivors } from './survivors.js';

/** @typedef {import('./peer.js').Kind} Kind */
/** @typedef {import('./signaling.js').Member} Member */
/** @typedef {import('./streams.js').RemoteState} RemoteState */
/** @typedef {RemoteState & {wants: Record<string, number>}} Remote */

/** A roster, a wish and a new screen often come together. */
const PLAN_MS = 100;
const MOST_TEXT = 10000;

/**
 * Takes part in one room. Events, with their details:
 * - `state`: see `state`;
 * - `peer-added`, `peer-removed`: the Peer; `peer-moved`: it has another id now, its connection has stayed;
 * - `peer-changed`: the Peer: what it sends or says about itself is another than before (see `remoteOf()`);
 * - `chat`: `{peer, text, at}`;
 * - `error`: `{code, message, event}`; `closed`: `{reason}`.
 */
export class Call extends EventTarget {
  /** @type {Map<string, Peer>} */
  peers = new Map();
  /** @type {'connecting' | 'joined' | 'lost' | 'closed'} */
  state = 'connecting';
  /** @type {import('./peer.js').LocalMedia} */
  media = { stream: new MediaStream(), audio: null, video: null, screen: null, direction: 'sendrecv' };
  id = '';
  hand = false;
  low = false;
  /** What this page is known by across a reload: others then show one tile, not two. */
  client = '';
  #signaling;
  #configuration = {};
  /** One for all screens of this call: Chromium goes back to the first id of a sender's stream by itself. */
  #screen = new MediaStream();
  /** @type {WeakMap<Peer, Remote>} */
  #remotes = new WeakMap();
  #planTimer = 0;
  /** @type {Set<string>} ids of those who came after us */
  #newcomers = new Set();
  #survivors = new Survivors({
    drop: (peer) => this.#remove(peer),
    admit: (member, signals) => this.#add(member, signals),
    adopt: (peer, member) => this.#move(peer, member),
    signal: (to, data) => this.#signaling.send('signal', { to, data }),
  });

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
    if (this.state === 'closed')
      return;
    this.#signaling.send('leave-room');
    this.#end();
  }

  /** Something about the network is another than before. */
  networkChanged() {
    this.#signaling.reconnect();
    for (const peer of this.peers.values())
      peer.restart();
  }

  /** @param {Peer} peer @returns {Remote} what the peer has said about itself */
  remoteOf(peer) {
    return this.#remotes.get(peer) ?? { ...readState({}), wants: {} };
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
    this.#mediaChanged();
  }

  /**
   * Shares a screen beside the camera, or stops it.
   * @param {MediaStream | null} stream
   */
  setScreen(stream) {
    for (const track of this.#screen.getTracks())
      this.#screen.removeTrack(track);
    for (const track of stream?.getTracks() ?? [])
      this.#screen.addTrack(track);
    this.media.screen = stream && {
      stream: this.#screen, audio: stream.getAudioTracks()[0] ?? null, video: stream.getVideoTracks()[0] ?? null,
    };
    this.#mediaChanged();
  }

  /** @param {boolean} hand whether it is raised */
  setHand(hand) {
    this.hand = hand;
    this.announceState();
  }

  /** @param {boolean} low whether as little as possible is sent */
  setLow(low) {
    this.low = low;
    this.#plan();
  }

  /** Tells everyone which of our tracks can be heard and seen. */
  announceState() {
    this.#broadcast(this.#localState());
  }

  /**
   * @param {string} text
   * @returns {number} how many peers it went to
   */
  chat(text) {
    return this.#broadcast({ type: 'chat', text, at: new Date().toISOString() });
  }

  /**
   * Tells a peer how high its pictures are shown here.
   * @param {Peer} peer
   * @param {Record<string, number>} streams pixels by stream id, 0 for what is out of sight
   */
  want(peer, streams) {
    return peer.send({ type: 'want', streams });
  }

  /** @param {object} message @returns {number} how many got it */
  #broadcast(message) {
    return [...this.peers.values()].filter((peer) => peer.send(message)).length;
  }

  #mediaChanged() {
    // What a stream is has to be known before it comes.
    this.announceState();
    for (const peer of this.peers.values())
      peer.refreshMedia();
    this.#plan();
  }

  #localState() {
    const { audio, video, screen, stream } = this.media;
    return {
      type: 'state', audio: Boolean(audio?.enabled), video: Boolean(video?.enabled), screen: Boolean(screen),
      hand: this.hand, client: this.client,
      streams: { [stream.id]: { kind: 'camera' }, ...(screen && { [screen.stream.id]: { kind: 'screen' } }) },
    };
  }

  #plan() {
    clearTimeout(this.#planTimer);
    this.#planTimer = setTimeout(() => this.#planNow(), PLAN_MS);
  }

  #planNow() {
    const { stream, screen, video } = this.media;
    const wishes = new Map([...this.peers].map(([id, peer]) => {
      const { wants } = this.remoteOf(peer);
      return [id, { camera: wants[stream.id], screen: screen ? wants[screen.stream.id] : 0 }];
    }));
    const plans = planUplink(wishes, {
      low: this.low, screen: Boolean(screen), screenAudio: Boolean(screen?.audio), height: video?.getSettings().height,
    });
    for (const [id, plan] of plans)
      this.peers.get(id)?.applyPlan(plan);
  }

  #listen() {
    /** @type {Record<string, (detail: any) => void>} */
    const handlers = {
      welcome: ({ id }) => this.#welcome(id),
      peers: ({ peers, members }) => this.#takeRoster(members ?? peers.map((/** @type {string} */ id) => ({ id }))),
      'peer-joined': ({ peerId, displayName, role }) => this.#meet({ id: peerId, displayName, role }, true),
      'peer-left': ({ peerId, reason }) => this.#left(peerId, reason),
      signal: ({ from, data }) => this.#takeSignal(from, data),
      'room-error': (detail) => this.#refused(detail),
      'room-closed': ({ reason }) => this.#closed(reason),
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
   * After a lost connection we are somebody new to the room, and the others may be to us.
   * @param {string} id
   */
  #welcome(id) {
    this.id = id;
    this.#survivors.clear();
    for (const peer of this.peers.values())
      this.#survivors.tell(peer, id);
    this.#signaling.send('join-room', { roomId: this.roomId, displayName: this.displayName });
  }

  /** @param {Member[]} members */
  #takeRoster(members) {
    const ids = new Set(members.map(({ id }) => id));
    for (const peer of [...this.peers.values()]) {
      if (!this.#canStay(peer)) {
        this.#remove(peer);
      } else if (ids.has(peer.id)) {
        this.#setPoliteness(peer);
        this.#survivors.show(peer);
      } else {
        this.#survivors.leave(peer, ALL_PONG_MS);
      }
    }
    this.#setState('joined');
    for (const member of members)
      this.#meet(member);
  }

  /** Whether it is a page whose connection can be taken along to another id. @param {Peer} peer */
  #canStay(peer) {
    return this.remoteOf(peer).client !== '' && peer.isOpen && peer.state === 'connected';
  }

  /** @param {Peer} peer */
  #setPoliteness(peer) {
    peer.polite = this.id > peer.id;
  }

  /** @param {Member} member @param {boolean} [later] whether it came after us */
  #meet(member, later = false) {
    if (member.id === this.id || this.peers.has(member.id))
      return;
    if (later)
      this.#newcomers.add(member.id);
    this.#survivors.meet(member);
  }

  /**
   * @param {Member} member
   * @param {any[]} [signals] of it that have come already
   */
  #add(member, signals = []) {
    const peer = new Peer({ ...member, displayName: member.displayName || 'guest' },
      this.id > member.id, this.media, this.#configuration);
    this.peers.set(peer.id, peer);
    this.#remotes.set(peer, { ...readState({}), wants: {} });
    peer.addEventListener('signal', (event) => this.#send(peer, /** @type {CustomEvent} */ (event).detail));
    peer.addEventListener('open', () => peer.send(this.#localState()));
    peer.addEventListener('message', (event) => this.#takeMessage(peer, /** @type {CustomEvent} */ (event).detail));
    peer.addEventListener('tracks', () => this.#tell('peer-changed', peer));
    peer.addEventListener('state', () => this.#stateChanged(peer));
    peer.isNew = this.#newcomers.delete(peer.id);
    this.#tell('peer-added', peer);
    this.#planNow();
    peer.start();
    for (const data of signals)
      peer.receive(data);
  }

  /** While there is no server, the connection itself carries what is to change about it. @param {Peer} peer @param {object} data */
  #send(peer, data) {
    if (peer.suspended || this.state !== 'joined' || !this.#signaling.send('signal', { to: peer.id, data }))
      peer.send({ type: 'signal', data });
  }

  /** @param {Peer} peer */
  #stateChanged(peer) {
    if (this.#survivors.isAway(peer) && peer.state !== 'connected')
      return this.#remove(peer);
    if (peer.state === 'connected')
      this.#plan();
    this.#tell('peer-changed', peer);
  }

  /**
   * @param {string} from
   * @param {any} data
   */
  #takeSignal(from, data) {
    if (this.#survivors.isHeld(from))
      this.#survivors.take(from, data);
    else
      this.peers.get(from)?.receive(data);
  }

  /**
   * @param {Peer} peer
   * @param {any} message
   */
  #takeMessage(peer, message) {
    const remote = this.remoteOf(peer);
    switch (message.type) {
      case 'chat':
        if (typeof message.text === 'string')
          this.#tell('chat', { peer, text: message.text.slice(0, MOST_TEXT), at: message.at });
        break;
      case 'state':
        this.#remotes.set(peer, { ...readState(message, remote, peer.role), wants: remote.wants });
        this.#dropFormer(peer);
        this.#tell('peer-changed', peer);
        break;
      case 'want':
        remote.wants = { ...message.streams };
        this.#plan();
        break;
      case 'moved': return this.#survivors.claim(peer, message);
      case 'signal': return peer.receive(message.data);
      case 'ping': return void peer.send({ type: 'pong' });
      case 'pong': return this.#survivors.alive(peer);
    }
  }

  /**
   * A page that was reloaded without a goodbye has left a member behind that says nothing any more.
   * @param {Peer} peer
   */
  #dropFormer(peer) {
    const { client } = this.remoteOf(peer);
    for (const other of this.peers.values())
      if (client && other !== peer && this.remoteOf(other).client === client)
        this.#survivors.probe(other);
  }

  /** @param {Peer} peer @param {Member} member */
  #move(peer, member) {
    this.peers.delete(peer.id);
    peer.id = member.id;
    this.#newcomers.delete(peer.id);
    this.peers.set(peer.id, peer);
    this.#setPoliteness(peer);
    this.#tell('peer-moved', peer);
  }

  /** @param {string} id @param {string} [reason] */
  #left(id, reason) {
    this.#survivors.unhold(id);
    this.#newcomers.delete(id);
    const peer = this.peers.get(id);
    if (peer && (reason === 'disconnected' || reason === 'timeout') && this.#canStay(peer))
      this.#survivors.leave(peer);
    else if (peer)
      this.#remove(peer);
  }

  /** @param {Peer} peer */
  #remove(peer) {
    this.#survivors.forget(peer);
    if (this.peers.get(peer.id) !== peer)
      return;
    this.peers.delete(peer.id);
    peer.close();
    this.#tell('peer-removed', peer);
    this.#plan();
  }

  #end() {
    this.#signaling.close();
    clearTimeout(this.#planTimer);
    this.#survivors.clear();
    for (const peer of [...this.peers.values()])
      this.#remove(peer);
    this.#setState('closed');
  }

  /** @param {{code: string}} detail */
  #refused(detail) {
    // Without a token, or with one that has run out, to come back is of no use.
    if (detail.code === 'unauthorized')
      this.#end();
    this.#tell('error', detail);
  }

  /**
   * A server that goes away comes back as a rule, and the room with it.
   * @param {string} reason
   */
  #closed(reason) {
    if (reason === 'server-going-away')
      return;
    this.#end();
    this.#tell('closed', { reason });
  }
}
