// @ts-check
// people.js: who is in the room, as tiles: what comes in, how well, and who speaks

import { ActiveSpeaker } from './speaker.js';
import { qualityOf, readStats } from './stats.js';
import { groupTracks } from './streams.js';
import { text } from './text.js';
import { Tile } from './tile.js';

/** @typedef {import('./call.js').Call} Call */
/** @typedef {import('./peer.js').Peer} Peer */
/** @typedef {import('./stage.js').Stage} Stage */
/** @typedef {import('./streams.js').Group<import('./peer.js').Received>} Group */

const STATS_MS = 2000;
const LEVELS_MS = 400;
const WANT_MS = 400;
/** Somebody who only looks at another tab for a moment finds the pictures as they were. */
const HIDDEN_MS = 5000;
const LOW_HEIGHT = 180;
const STATES = {
  new: text.room.peerConnecting, connecting: text.room.peerConnecting, connected: '', disconnected: text.room.peerLost,
  failed: text.room.peerConnecting, closed: '',
};

/** Events: `silenced` (a browser wants a click before sound is heard), `figures`. */
export class People extends EventTarget {
  /** What the connections say about themselves. @type {Map<Peer, import('./stats.js').Figures>} */
  figures = new Map();
  sinkId = '';
  #call;
  #stage;
  #speaker = new ActiveSpeaker();
  /** @type {Map<Peer, Map<string, {tile: Tile, group: Group}>>} */
  #shown = new Map();
  /** @type {Map<Peer, import('./stats.js').Report>} */
  #reports = new Map();
  /** @type {WeakMap<Peer, string>} */
  #wanted = new WeakMap();
  #wantTimer = 0;
  #hiddenSince = Infinity;

  /** @param {Call} call @param {Stage} stage */
  constructor(call, stage) {
    super();
    this.#call = call;
    this.#stage = stage;
    /** @type {(type: string, handler: (peer: Peer) => void) => void} */
    const on = (type, handler) => call.addEventListener(type, (event) => handler(/** @type {CustomEvent} */ (event).detail));
    on('peer-added', (peer) => this.#update(peer));
    on('peer-changed', (peer) => this.#update(peer));
    on('peer-moved', (peer) => this.#update(peer));
    on('peer-removed', (peer) => this.#remove(peer));
    stage.addEventListener('layout', () => this.#wantSoon());
    document.addEventListener('visibilitychange', () => {
      this.#hiddenSince = document.hidden ? performance.now() : Infinity;
      this.#wantSoon();
    });
    setInterval(() => this.#readStats(), STATS_MS);
    setInterval(() => this.#readLevels(), LEVELS_MS);
  }

  /** Everyone who records, by name. */
  get recorders() {
    return [...this.#call.peers.values()].filter(({ role }) => role === 'recorder').map(({ displayName }) => displayName);
  }

  /** The picture that is worth most when there is room for one only. */
  get mainVideo() {
    const tiles = [...this.#stage.tiles.values()].filter((tile) => !tile.element.classList.contains('dark'));
    const best = tiles.find((tile) => tile.kind === 'screen' && !tile.local) ??
      this.#stage.tiles.get(this.#speaker.current ?? '') ?? tiles.find((tile) => !tile.local) ?? tiles[0];
    return best?.video ?? null;
  }

  /** After a click, everything may be heard. */
  unsilence() {
    for (const { video } of this.#stage.tiles.values()) {
      if (!video.closest('.local'))
        video.muted = false;
      video.play().catch(() => {});
    }
  }

  /** @param {string} sinkId */
  setSpeaker(sinkId) {
    this.sinkId = sinkId;
    for (const { video } of this.#stage.tiles.values())
      this.#route(video);
  }

  /** @param {HTMLVideoElement} video */
  #route(video) {
    if (this.sinkId)
      video.setSinkId?.(this.sinkId).catch(() => {});
  }

  /** @param {Peer} peer */
  #update(peer) {
    if (this.#call.peers.get(peer.id) !== peer)
      return;
    const remote = this.#call.remoteOf(peer);
    const groups = groupTracks(peer.tracks, remote.streams, peer);
    const shown = this.#shown.get(peer) ?? new Map();
    this.#shown.set(peer, shown);
    for (const key of [...shown.keys()])
      if (!groups.some((group) => group.key === key))
        this.#drop(peer, shown, key);
    for (const group of groups) {
      const tile = shown.get(group.key)?.tile ?? this.#addTile(peer, group);
      shown.set(group.key, { tile, group });
      this.#show(peer, tile, group);
    }
    this.#wantSoon();
  }

  /** @param {Peer} peer @param {Group} group */
  #addTile(peer, group) {
    const name = group.kind === 'screen' ? text.room.screenOf(group.name) : group.name;
    const tile = new Tile(name, { role: group.role, kind: group.kind });
    this.#route(tile.video);
    tile.video.addEventListener('resize', () => this.#wantSoon());
    this.#stage.add(`${peer.uid}/${group.key}`, tile);
    return tile;
  }

  /** @param {Peer} peer @param {Tile} tile @param {Group} group */
  async #show(peer, tile, group) {
    const remote = this.#call.remoteOf(peer);
    const video = group.tracks.find(({ track }) => track.kind === 'video')?.track;
    const isScreen = group.kind === 'screen';
    tile.element.dataset[isScreen ? 'screenOf' : 'peer'] = group.participant;
    const wantsVideo = isScreen || (group.note?.video ?? remote.video);
    tile.showPicture(Boolean(video && !video.muted && video.readyState === 'live' && wantsVideo));
    tile.showSilent(!isScreen && !(group.note?.audio ?? remote.audio));
    tile.showHand(!isScreen && remote.hand);
    tile.showStatus(isScreen ? '' : STATES[peer.state]);
    if (!await tile.play(group.tracks.map(({ track }) => track)))
      this.dispatchEvent(new Event('silenced'));
  }

  /** @param {Peer} peer @param {Map<string, {tile: Tile, group: Group}>} shown @param {string} key */
  #drop(peer, shown, key) {
    shown.delete(key);
    this.#stage.remove(`${peer.uid}/${key}`);
  }

  /** @param {Peer} peer */
  #remove(peer) {
    const shown = this.#shown.get(peer) ?? new Map();
    for (const key of [...shown.keys()])
      this.#drop(peer, shown, key);
    this.#shown.delete(peer);
    this.#reports.delete(peer);
    this.figures.delete(peer);
  }

  #wantSoon() {
    if (!this.#wantTimer)
      this.#wantTimer = setTimeout(() => {
        this.#wantTimer = 0;
        this.#want();
      }, WANT_MS);
  }

  /** Tells everyone how large their pictures are here, so that nobody sends what nobody sees. */
  #want() {
    for (const [peer, shown] of this.#shown) {
      /** @type {Record<string, number>} */
      const heights = {};
      for (const { tile, group } of shown.values()) {
        const height = performance.now() - this.#hiddenSince < HIDDEN_MS ? tile.pictureHeight : tile.shownHeight;
        for (const id of group.streamIds)
          heights[id] = this.#call.low && group.kind === 'camera' ? Math.min(height, LOW_HEIGHT) : height;
      }
      const said = JSON.stringify(heights);
      if (said !== this.#wanted.get(peer) && this.#call.want(peer, heights))
        this.#wanted.set(peer, said);
    }
    if (performance.now() - this.#hiddenSince < HIDDEN_MS)
      setTimeout(() => this.#wantSoon(), HIDDEN_MS);
  }

  async #readStats() {
    for (const [peer, shown] of this.#shown) {
      if (peer.state === 'closed')
        continue;
      const report = /** @type {any} */ (await peer.getStats().catch(() => null));
      if (!report || !this.#shown.has(peer))
        continue;
      const figures = readStats(report, this.#reports.get(peer) ?? null);
      this.#reports.set(peer, report);
      this.figures.set(peer, figures);
      shown.get('camera')?.tile.showQuality(peer.state === 'connected' ? qualityOf(figures) : null);
    }
    this.#want();
    this.dispatchEvent(new Event('figures'));
  }

  #readLevels() {
    /** @type {Map<string, number>} */
    const levels = new Map();
    for (const [peer, shown] of this.#shown)
      for (const [key, { group }] of shown) {
        const sound = group.kind === 'camera' && group.tracks.find(({ track }) => track.kind === 'audio');
        if (!sound)
          continue;
        const figure = this.figures.get(peer)?.tracks.find((each) => each.way === 'in' && each.track === sound.track.id);
        const heard = sound.receiver.getSynchronizationSources?.()[0]?.audioLevel ?? figure?.level ?? 0;
        levels.set(`${peer.uid}/${key}`, (group.note?.audio ?? this.#call.remoteOf(peer).audio) ? heard : 0);
      }
    const before = this.#speaker.current;
    const now = this.#speaker.update(levels, performance.now());
    if (before === now)
      return;
    this.#stage.tiles.get(before ?? '')?.showSpeaking(false);
    this.#stage.tiles.get(now ?? '')?.showSpeaking(true);
    this.#stage.layOut();
  }
}
