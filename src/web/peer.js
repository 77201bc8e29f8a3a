// @ts-check
// peer.js: one other member of the room, and the connection to it

import { sendEncoding } from './bandwidth.js';

/** @typedef {import('./signaling.js').Member} Member */
/** @typedef {import('./bandwidth.js').PeerPlan} PeerPlan */
/** @typedef {'audio' | 'video'} Kind */
/**
 * @typedef {{stream: MediaStream, audio: MediaStreamTrack | null, video: MediaStreamTrack | null}} Tracks
 * @typedef {Tracks & {screen?: Tracks | null, direction?: 'sendrecv' | 'recvonly'}} LocalMedia what we send: camera and microphone,
 *   and a screen beside them; `recvonly` where we may not
 */
/** @typedef {{track: MediaStreamTrack, streamId: string, receiver: RTCRtpReceiver}} Received */

/** How long the polite side waits for the first offer before it makes one itself. */
const PATIENCE_MS = 2000;
/** The same after a connection that failed, which both have noticed, or only we. */
const REBUILD_PATIENCE_MS = 750;
/** How long a connection may be without contact before something is done about it. */
const DISCONNECTED_MS = 5000;
const RESTART_AFTER_MS = 3000;
/** How long an ICE restart may take before the connection is made anew; the polite side leaves the first try to the other. */
const RESTART_MS = 8000;
const POLITE_RESTART_MS = 1500;
/** How long an offer may stay without an answer. */
const ANSWER_MS = 15000;
/** How long a new connection may take; doubled with each attempt up to the longest. */
const CONNECT_MS = 15000;
const CONNECT_LONGEST_MS = 120000;
const MOST_CANDIDATES = 100;
const CHANNEL = 'chat';
/** @type {Kind[]} */
const KINDS = ['audio', 'video'];

let nPeers = 0;

/**
 * The session id of a description. It differs from the one before when, and only when, the other
 * side has made a new RTCPeerConnection.
 * @param {string} sdp
 */
export function sessionOf(sdp) {
  return /^o=\S+ (\S+)/m.exec(sdp)?.[1] ?? '';
}

/**
 * The session id of a description with its version: an answer says with it which offer it is to.
 * @param {string} [sdp]
 */
export function versionOf(sdp) {
  return /^o=\S+ (\S+ \S+)/m.exec(sdp ?? '')?.[1] ?? '';
}

/**
 * Negotiates by the rule of meshbot: the smaller id makes the first offer and is the impolite one.
 * All that happens to the connection passes through one queue, so that a step never meets another
 * half done. Events: `signal` (data for the other side), `state` (see `state`), `tracks` (see
 * `tracks`), `open` and `message` (of the data channel; the message parsed).
 */
export class Peer extends EventTarget {
  /** Tells peers apart for as long as the page lives; their ids change when a server restarts. */
  uid = `p${nPeers += 1}`;
  /** While nobody can carry our signals to the other side, a connection that fails is left alone. */
  suspended = false;
  /** Whether it came to the room after us. */
  isNew = false;
  /** How many connections there were: 1 until one had to be made anew. */
  builds = 0;
  /** @type {RTCPeerConnection} */
  #connection;
  /** @type {RTCDataChannel | null} */
  #channel = null;
  /** @type {RTCIceCandidateInit[]} */
  #candidates = [];
  /** @type {WeakMap<MediaStreamTrack, string>} */
  #streamIds = new WeakMap();
  /** @type {Record<Kind, RTCRtpTransceiver | null>} */
  #screen = { audio: null, video: null };
  #remoteSession = '';
  /** Whether a first offer is made, or about to be. */
  #offersFirst = false;
  /** @type {PeerPlan | null} */
  #plan = null;
  #work = Promise.resolve();
  #attempts = 0;
  #restarts = 0;
  #closed = false;
  #waitTimer = 0;
  #connectTimer = 0;
  #answerTimer = 0;
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

  /** Whether messages can be sent. */
  get isOpen() {
    return this.#channel?.readyState === 'open';
  }

  /**
   * What the other side sends by the last agreement, with the id of the stream it belongs to there.
   * @returns {Received[]}
   */
  get tracks() {
    return this.#connection.getTransceivers()
      .filter(({ currentDirection }) => /recv/.test(currentDirection ?? ''))
      .map(({ receiver }) => ({ track: receiver.track, streamId: this.#streamIds.get(receiver.track) ?? '', receiver }));
  }

  getStats() {
    return this.#connection.getStats();
  }

  /**
   * Data of the other side's `signal`. What is no description or candidate is left alone.
   * @param {any} data
   */
  receive(data) {
    if (typeof data?.description?.sdp === 'string')
      this.#enqueue(() => this.#takeDescription(data.description, data.answers));
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

  /**
   * The local media has changed. Camera and microphone come and go without a new negotiation, a screen
   * with one.
   */
  refreshMedia() {
    this.#enqueue(() => this.#attachMedia(this.#connection, false));
  }

  /** @param {PeerPlan} plan how much is sent from now on */
  applyPlan(plan) {
    this.#plan = plan;
    this.#enqueue(() => this.#applyPlan());
  }

  /** Tries another way to the other side: the network has changed. */
  restart() {
    this.#recover(this.#connection);
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

  #changed() {
    if (!this.#closed)
      this.dispatchEvent(new Event('tracks'));
  }

  #open() {
    const connection = new RTCPeerConnection({ ...this.#configuration, bundlePolicy: 'max-bundle' });
    this.builds += 1;
    this.#remoteSession = '';
    this.#offersFirst = false;
    this.#candidates = [];
    this.#screen = { audio: null, video: null };
    this.#restarts = 0;
    connection.onicecandidate = ({ candidate }) => this.#signal({ candidate: candidate?.toJSON() ?? null });
    connection.onnegotiationneeded = () => this.#enqueue(() => this.#offer(connection));
    connection.onconnectionstatechange = () => this.#stateChanged(connection);
    connection.ondatachannel = ({ channel }) => this.#takeChannel(channel);
    connection.ontrack = ({ track, streams }) => this.#takeTrack(track, streams);
    const patience = Math.min(CONNECT_MS * 2 ** this.#attempts, CONNECT_LONGEST_MS);
    this.#connectTimer = setTimeout(() => this.#rebuild(connection), patience);
    return connection;
  }

  #discard() {
    clearTimeout(this.#waitTimer);
    clearTimeout(this.#connectTimer);
    clearTimeout(this.#answerTimer);
    const connection = this.#connection;
    connection.onicecandidate = connection.onnegotiationneeded = connection.ontrack = null;
    connection.onconnectionstatechange = connection.ondatachannel = null;
    connection.close();
    if (this.#channel)
      this.#channel.onopen = this.#channel.onmessage = null;
    this.#channel = null;
  }

  /** A new connection in the place of one that can no longer be used. */
  #replace() {
    this.#discard();
    this.#connection = this.#open();
    this.dispatchEvent(new Event('state'));
    this.#changed();
    return this.#connection;
  }

  /** @param {RTCPeerConnection} failed */
  #rebuild(failed) {
    this.#enqueue(async () => {
      if (failed !== this.#connection || failed.connectionState === 'connected' || this.suspended)
        return;
      this.#attempts += 1;
      this.#replace();
      this.start(REBUILD_PATIENCE_MS);
    });
  }

  /**
   * A page finds a new path within the same connection, which loses least. A bot cannot (its engine
   * knows no ICE restart), and where the other side has forgotten this connection it does not help.
   * @param {RTCPeerConnection} connection
   */
  #recover(connection) {
    if (connection !== this.#connection || this.suspended || this.#closed)
      return;
    clearTimeout(this.#connectTimer);
    if (this.role !== 'member' || !this.#remoteSession || this.#restarts > 0) {
      if (connection.connectionState !== 'connected')
        this.#rebuild(connection);
      return;
    }
    this.#restarts += 1;
    this.#connectTimer = setTimeout(() => {
      if (connection === this.#connection && (connection.connectionState !== 'connected' || !this.polite))
        connection.restartIce();
      this.#connectTimer = setTimeout(() => this.#rebuild(connection), RESTART_MS);
    }, this.polite ? POLITE_RESTART_MS : 0);
  }

  /** @param {RTCPeerConnection} connection */
  #stateChanged(connection) {
    const state = connection.connectionState;
    if (state === 'connected') {
      clearTimeout(this.#connectTimer);
      this.#attempts = 0;
      this.#restarts = 0;
    } else if (state === 'failed') {
      this.#recover(connection);
    } else if (state === 'disconnected' && this.#restarts === 0) {
      clearTimeout(this.#connectTimer);
      this.#connectTimer = setTimeout(() => this.#recover(connection),
        this.role === 'member' ? RESTART_AFTER_MS : DISCONNECTED_MS);
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
      this.#offersFirst = true;
      this.#takeChannel(connection.createDataChannel(CHANNEL, { ordered: true }));
      await this.#attachMedia(connection, true);
      await this.#applyPlan();
    });
  }

  /** @param {RTCPeerConnection} connection */
  async #offer(connection) {
    if (connection !== this.#connection || connection.signalingState !== 'stable')
      return;
    await connection.setLocalDescription();
    this.#signal({ description: connection.localDescription });
    clearTimeout(this.#answerTimer);
    this.#answerTimer = setTimeout(() => this.#unanswered(connection), ANSWER_MS);
  }

  /**
   * An offer that got lost on its way is made again. (One on a connection that never was is the business
   * of the connect timer.)
   * @param {RTCPeerConnection} connection
   */
  #unanswered(connection) {
    this.#enqueue(async () => {
      if (connection !== this.#connection || connection.signalingState !== 'have-local-offer' || !this.#remoteSession)
        return;
      await connection.setLocalDescription({ type: 'rollback' });
    });
  }

  /**
   * @param {RTCSessionDescriptionInit} description
   * @param {unknown} answers which of our offers, where the other side says so
   */
  async #takeDescription(description, answers) {
    const session = sessionOf(description.sdp ?? '');
    let connection = this.#connection;
    if (description.type === 'offer') {
      clearTimeout(this.#waitTimer);
      // A first offer that is only being made collides as well: its sections are there already.
      const isFirstOfBoth = this.#offersFirst && this.#remoteSession === '';
      const collides = connection.signalingState !== 'stable' || isFirstOfBoth;
      const rebuilt = this.#remoteSession !== '' && session !== '' && session !== this.#remoteSession;
      if (collides && !rebuilt && !this.polite)
        return;
      // A first offer of our own that lost is dropped with its connection: rolling it back would
      // leave sections behind that the other side has never heard of.
      if (rebuilt || isFirstOfBoth)
        connection = this.#replace();
    } else if (connection.signalingState !== 'have-local-offer' ||
        (typeof answers === 'string' && answers !== versionOf(connection.localDescription?.sdp))) {
      // To an offer of a connection that is gone, or that was taken back.
      return;
    }
    await connection.setRemoteDescription(description);
    clearTimeout(this.#answerTimer);
    const isFirst = this.#remoteSession === '';
    this.#remoteSession = session;
    await this.#flushCandidates(connection);
    if (description.type === 'offer') {
      // A screen of ours waits until the first answer is out: it is a section that the other side does not know.
      await this.#attachMedia(connection, false, !isFirst);
      // Before the first picture: a large one for each of many peers would stall the machine.
      await this.#applyPlan();
      await connection.setLocalDescription();
      this.#signal({ description: connection.localDescription, answers: versionOf(description.sdp) });
      if (isFirst)
        await this.#attachMedia(connection, false);
    }
    this.#changed();
  }

  /** @param {RTCIceCandidateInit} candidate an empty one when the other side has no more */
  async #takeCandidate(candidate) {
    if (!candidate.candidate)
      return;
    if (!this.#connection.remoteDescription) {
      if (this.#candidates.length < MOST_CANDIDATES)
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
   * Puts camera and microphone into the first section of each kind. Senders are made for both kinds even
   * without a device, since a track can then come, go and change without an offer.
   * @param {RTCPeerConnection} connection
   * @param {boolean} add whether sections that are missing are added
   * @param {boolean} [screen] whether the screen is seen to as well
   */
  async #attachMedia(connection, add, screen = true) {
    if (connection !== this.#connection)
      return;
    const { direction = 'sendrecv' } = this.#media;
    for (const kind of KINDS) {
      const transceiver = connection.getTransceivers().find((each) =>
        each !== this.#screen[kind] && each.direction !== 'stopped' && each.receiver.track.kind === kind);
      const track = this.#media[kind];
      if (transceiver) {
        if (transceiver.direction !== direction)
          transceiver.direction = direction;
        if (!transceiver.currentDirection)
          transceiver.sender.setStreams(this.#media.stream);
        await transceiver.sender.replaceTrack(track);
      } else if (add) {
        connection.addTransceiver(track ?? kind, { direction, streams: [this.#media.stream] });
      }
    }
    if (screen && (add || this.#remoteSession))
      await this.#attachScreen(connection);
  }

  async #applyPlan() {
    if (!this.#plan)
      return;
    const first = (/** @type {Kind} */ kind) => this.#connection.getTransceivers()
      .find((each) => each !== this.#screen[kind] && each.receiver.track.kind === kind)?.sender;
    await sendEncoding(first('audio'), this.#plan.audio);
    await sendEncoding(first('video'), this.#plan.camera);
    await sendEncoding(this.#screen.video?.sender, this.#plan.screen);
    await sendEncoding(this.#screen.audio?.sender, this.#plan.screenAudio);
  }

  /**
   * A screen has sections of its own, which come with the first one that is shared, rest afterwards, and
   * are used again for the next.
   * @param {RTCPeerConnection} connection
   */
  async #attachScreen(connection) {
    const { screen } = this.#media;
    for (const kind of KINDS) {
      const track = screen?.[kind] ?? null;
      const transceiver = this.#screen[kind];
      if (!transceiver && track && screen) {
        this.#screen[kind] = connection.addTransceiver(track, { direction: 'sendonly', streams: [screen.stream] });
      } else if (transceiver && transceiver.sender.track !== track) {
        await transceiver.sender.replaceTrack(track);
        transceiver.direction = track ? 'sendonly' : 'inactive';
      }
    }
  }

  /**
   * @param {MediaStreamTrack} track
   * @param {readonly MediaStream[]} streams
   */
  #takeTrack(track, streams) {
    this.#streamIds.set(track, streams[0]?.id ?? '');
    track.onmute = track.onunmute = track.onended = () => this.#changed();
    this.#changed();
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
