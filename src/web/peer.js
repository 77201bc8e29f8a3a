// @ts-check
// peer.js: one other member of the room, and the connection to it

/** @typedef {import('./signaling.js').Member} Member */
/** @typedef {'audio' | 'video'} Kind */
/** @typedef {{stream: MediaStream, audio: MediaStreamTrack | null, video: MediaStreamTrack | null}} LocalMedia */

/** How long the polite side waits for the first offer before it makes one itself. */
const PATIENCE_MS = 2000;
/** The same after a connection that failed, which both have noticed, or only we. */
const REBUILD_PATIENCE_MS = 750;
/** How long a connection may be without contact before it is given up. */
const DISCONNECTED_MS = 5000;
/** How long a new connection may take; doubled with each attempt up to the longest. */
const CONNECT_MS = 15000;
const CONNECT_LONGEST_MS = 120000;
const CHANNEL = 'chat';
/** @type {Kind[]} */
const KINDS = ['audio', 'video'];

/**
 * The session id of a description. It differs from the one before when, and only when, the other
 * side has made a new RTCPeerConnection.
 * @param {string} sdp
 */
export function sessionOf(sdp) {
  return /^o=\S+ (\S+)/m.exec(sdp)?.[1] ?? '';
}

/**
 * Negotiates by the rule of meshbot: the smaller id makes the first offer and is the impolite one.
 * All that happens to the connection passes through one queue, so that a step never meets another
 * half done. Events: `signal` (data for the other side), `state` (see `state`), `tracks`,
 * `message` (of the data channel, parsed).
 */
export class Peer extends EventTarget {
  /** @type {RTCPeerConnection} */
  #connection;
  /** @type {RTCDataChannel | null} */
  #channel = null;
  /** @type {RTCIceCandidateInit[]} */
  #candidates = [];
  #remoteSession = '';
  #work = Promise.resolve();
  #attempts = 0;
  #closed = false;
  #waitTimer = 0;
  #connectTimer = 0;
  #configuration;
  #media;

  /**
   * @param {Member} member
   * @param {boolean} polite
   * @param {LocalMedia} media read again whenever a connection is made
   * @param {RTCConfiguration} configuration
   */
  constructor(member, polite, media, configuration) {
    super();
    this.id = member.id;
    this.displayName = member.displayName;
    this.role = member.role ?? 'member';
    this.polite = polite;
    this.stream = new MediaStream();
    this.#media = media;
    this.#configuration = configuration;
    this.#connection = this.#open();
  }

  /** Makes the first offer, or waits for it: which of both the ids say. */
  start(patience = PATIENCE_MS) {
    if (this.polite)
      this.#waitTimer = setTimeout(() => this.#offerFirst(this.#connection), patience);
    else
      this.#offerFirst(this.#connection);
  }

  /** @returns {RTCPeerConnectionState} */
  get state() {
    return this.#connection.connectionState;
  }

  /**
   * Data of the other side's `signal`. What is no description or candidate is left alone.
   * @param {any} data
   */
  receive(data) {
    if (typeof data?.description?.sdp === 'string')
      this.#enqueue(() => this.#takeDescription(data.description));
    else if (typeof data?.candidate?.candidate === 'string')
      this.#enqueue(() => this.#takeCandidate(data.candidate));
  }

  /**
   * @param {object} message
   * @returns {boolean} whether the channel was open
   */
  send(message) {
    if (this.#channel?.readyState !== 'open')
      return false;
    this.#channel.send(JSON.stringify(message));
    return true;
  }

  /** The local media has changed: sends it from now on, without a new negotiation. */
  refreshMedia() {
    this.#enqueue(() => this.#attachMedia(this.#connection, false));
  }

  close() {
    this.#closed = true;
    this.#discard();
  }

  /** @param {() => Promise<void>} step */
  #enqueue(step) {
    this.#work = this.#work.then(() => (this.#closed ? undefined : step()))
      .catch((error) => console.warn(`peer ${this.id}:`, error));
  }

  /** @param {object} data */
  #signal(data) {
    this.dispatchEvent(new CustomEvent('signal', { detail: data }));
  }

  #open() {
    const connection = new RTCPeerConnection({ ...this.#configuration, bundlePolicy: 'max-bundle' });
    this.#remoteSession = '';
    this.#candidates = [];
    connection.onicecandidate = ({ candidate }) => this.#signal({ candidate: candidate?.toJSON() ?? null });
    connection.onnegotiationneeded = () => this.#enqueue(() => this.#offer(connection));
    connection.onconnectionstatechange = () => this.#stateChanged(connection);
    connection.ondatachannel = ({ channel }) => this.#takeChannel(channel);
    connection.ontrack = ({ track }) => this.#takeTrack(track);
    const patience = Math.min(CONNECT_MS * 2 ** this.#attempts, CONNECT_LONGEST_MS);
    this.#connectTimer = setTimeout(() => this.#rebuild(connection), patience);
    return connection;
  }

  #discard() {
    clearTimeout(this.#waitTimer);
    clearTimeout(this.#connectTimer);
    const connection = this.#connection;
    connection.onicecandidate = connection.onnegotiationneeded = connection.ontrack = null;
    connection.onconnectionstatechange = connection.ondatachannel = null;
    connection.close();
    this.#channel = null;
    for (const track of this.stream.getTracks())
      this.stream.removeTrack(track);
  }

  /** A new connection in the place of one that can no longer be used. */
  #replace() {
    this.#discard();
    this.#connection = this.#open();
    this.dispatchEvent(new Event('state'));
    this.dispatchEvent(new Event('tracks'));
    return this.#connection;
  }

  /** @param {RTCPeerConnection} failed */
  #rebuild(failed) {
    this.#enqueue(async () => {
      if (failed !== this.#connection || failed.connectionState === 'connected')
        return;
      this.#attempts += 1;
      this.#replace();
      this.start(REBUILD_PATIENCE_MS);
    });
  }

  /** @param {RTCPeerConnection} connection */
  #stateChanged(connection) {
    const state = connection.connectionState;
    if (state === 'connected') {
      clearTimeout(this.#connectTimer);
      this.#attempts = 0;
    } else if (state === 'failed') {
      this.#rebuild(connection);
    } else if (state === 'disconnected') {
      clearTimeout(this.#connectTimer);
      this.#connectTimer = setTimeout(() => this.#rebuild(connection), DISCONNECTED_MS);
    }
    this.dispatchEvent(new Event('state'));
  }

  /**
   * The first offer has all that a call needs, so that nothing has to be added later: a section for
   * audio, one for video (with or without a device) and the channel. Adding them calls for the offer.
   * @param {RTCPeerConnection} connection
   */
  #offerFirst(connection) {
    this.#enqueue(async () => {
      if (connection !== this.#connection || connection.signalingState !== 'stable' || this.#remoteSession)
        return;
      this.#takeChannel(connection.createDataChannel(CHANNEL, { ordered: true }));
      await this.#attachMedia(connection, true);
    });
  }

  /** @param {RTCPeerConnection} connection */
  async #offer(connection) {
    if (connection !== this.#connection || connection.signalingState !== 'stable')
      return;
    await connection.setLocalDescription();
    this.#signal({ description: connection.localDescription });
  }

  /** @param {RTCSessionDescriptionInit} description */
  async #takeDescription(description) {
    const session = sessionOf(description.sdp ?? '');
    let connection = this.#connection;
    if (description.type === 'offer') {
      clearTimeout(this.#waitTimer);
      const collides = connection.signalingState !== 'stable';
      const rebuilt = this.#remoteSession !== '' && session !== '' && session !== this.#remoteSession;
      if (collides && !rebuilt && !this.polite)
        return;
      // A first offer of our own that lost is dropped with its connection: rolling it back would
      // leave sections behind that the other side has never heard of.
      if (rebuilt || (collides && this.#remoteSession === ''))
        connection = this.#replace();
    } else if (connection.signalingState !== 'have-local-offer') {
      return;
    }
    await connection.setRemoteDescription(description);
    this.#remoteSession = session;
    await this.#flushCandidates(connection);
    if (description.type !== 'offer')
      return;
    await this.#attachMedia(connection, false);
    await connection.setLocalDescription();
    this.#signal({ description: connection.localDescription });
  }

  /** @param {RTCIceCandidateInit} candidate an empty one when the other side has no more */
  async #takeCandidate(candidate) {
    if (!candidate.candidate)
      return;
    if (!this.#connection.remoteDescription) {
      if (this.#candidates.length < 100)
        this.#candidates.push(candidate);
      return;
    }
    await this.#addCandidate(this.#connection, candidate);
  }

  /** @param {RTCPeerConnection} connection */
  async #flushCandidates(connection) {
    const queued = this.#candidates;
    this.#candidates = [];
    for (const candidate of queued)
      await this.#addCandidate(connection, candidate);
  }

  /**
   * A candidate can belong to an offer that we turned down or to a connection that is gone: it is
   * refused then, and nothing is lost.
   * @param {RTCPeerConnection} connection
   * @param {RTCIceCandidateInit} candidate
   */
  async #addCandidate(connection, candidate) {
    try {
      await connection.addIceCandidate(candidate);
    } catch (error) {
      console.debug(`peer ${this.id}: candidate refused:`, error);
    }
  }

  /**
   * Puts the local tracks into the first section of each kind. Senders are made for both kinds even
   * without a device, since a track can then come, go and change without an offer.
   * @param {RTCPeerConnection} connection
   * @param {boolean} add whether sections that are missing are added
   */
  async #attachMedia(connection, add) {
    for (const kind of KINDS) {
      const transceiver = connection.getTransceivers().find((each) =>
        each.direction !== 'stopped' && each.receiver.track.kind === kind);
      const track = this.#media[kind];
      if (transceiver) {
        transceiver.direction = 'sendrecv';
        transceiver.sender.setStreams(this.#media.stream);
        await transceiver.sender.replaceTrack(track);
      } else if (add) {
        connection.addTransceiver(track ?? kind, { direction: 'sendrecv', streams: [this.#media.stream] });
      }
    }
  }

  /** @param {MediaStreamTrack} track */
  #takeTrack(track) {
    for (const old of this.stream.getTracks()) {
      if (old.kind === track.kind)
        this.stream.removeTrack(old);
    }
    this.stream.addTrack(track);
    const changed = () => this.dispatchEvent(new Event('tracks'));
    track.onmute = track.onunmute = track.onended = changed;
    changed();
  }

  /** @param {RTCDataChannel} channel */
  #takeChannel(channel) {
    if (channel.label !== CHANNEL)
      return;
    this.#channel = channel;
    channel.onopen = () => this.dispatchEvent(new Event('open'));
    channel.onmessage = ({ data }) => {
      let message;
      try {
        message = JSON.parse(String(data));
      } catch {
        return;
      }
      if (typeof message?.type === 'string')
        this.dispatchEvent(new CustomEvent('message', { detail: message }));
    };
    if (channel.readyState === 'open')
      this.dispatchEvent(new Event('open'));
  }
}
