// @ts-check
// media.js: the camera, the microphone and the screen of this machine

import { store } from './store.js';

/** @typedef {import('./peer.js').Kind} Kind */
/** @typedef {'refused' | 'missing' | 'busy' | 'insecure' | 'forbidden' | 'broken'} Trouble */

/** @type {Record<Kind, 'camera' | 'microphone'>} */
export const DEVICE = { audio: 'microphone', video: 'camera' };
const SIZE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } };
const LOW_SIZE = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 15 } };

/** @param {unknown} error @returns {Trouble} */
export function troubleOf(error) {
  switch (/** @type {DOMException} */ (error)?.name) {
    case 'NotAllowedError':
    case 'SecurityError': return 'refused';
    case 'NotFoundError':
    case 'OverconstrainedError': return 'missing';
    case 'NotReadableError':
    case 'AbortError': return 'busy';
    default: return 'broken';
  }
}

/**
 * One camera and one microphone. A microphone is muted, so that it is back at once; a camera that is off is
 * let go of, so that its light is out. Events: `change` (detail: the kind), `lost` (detail: the kind; the device
 * went away by itself).
 */
export class Devices extends EventTarget {
  /** @type {Record<Kind, MediaStreamTrack | null>} */
  tracks = { audio: null, video: null };
  /** @type {Record<Kind, Trouble | null>} why there is none */
  trouble = { audio: null, video: null };
  /** @type {Record<Kind, boolean>} whether the person wants it on */
  wanted = { audio: !store.get('microphoneOff'), video: !store.get('cameraOff') };

  /** What the token says. */
  mayPublish = true;

  /** Whether others are to hear or see it. @param {Kind} kind */
  isOn(kind) {
    return Boolean(this.tracks[kind]?.enabled);
  }

  /** Opens what is wanted, with one question for both if there is to be one. */
  async open() {
    const kinds = /** @type {Kind[]} */ (['audio', 'video']).filter((kind) => this.wanted[kind]);
    if (kinds.length === 2 && await this.#get(kinds))
      return;
    for (const kind of kinds)
      await this.#get([kind]);
  }

  /** @param {Kind} kind @returns {Promise<boolean>} whether it is on afterwards */
  async toggle(kind) {
    await this.set(kind, !this.isOn(kind));
    return this.isOn(kind);
  }

  /** @param {Kind} kind @param {boolean} on */
  async set(kind, on) {
    this.wanted[kind] = on;
    store.set(kind === 'audio' ? 'microphoneOff' : 'cameraOff', !on);
    const track = this.tracks[kind];
    if (on && !track)
      return void await this.#get([kind]);
    if (track && kind === 'audio')
      track.enabled = on;
    else if (track && !on)
      return this.#put(kind, null);
    this.#tell('change', kind);
  }

  /** @param {Kind} kind @param {string} deviceId */
  async choose(kind, deviceId) {
    store.set(DEVICE[kind], deviceId);
    if (this.tracks[kind])
      await this.#get([kind]);
  }

  /** @returns {Promise<Record<Kind | 'output', MediaDeviceInfo[]>>} */
  async list() {
    const all = await navigator.mediaDevices?.enumerateDevices().catch(() => []) ?? [];
    const of = (/** @type {string} */ kind) => all.filter((each) => each.kind === kind && each.deviceId);
    return { audio: of('audioinput'), video: of('videoinput'), output: of('audiooutput') };
  }

  close() {
    for (const kind of /** @type {Kind[]} */ (['audio', 'video']))
      this.#put(kind, null);
  }

  /**
   * The chosen device, and no other: browsers take a wish lightly while another device is open.
   * @param {Kind[]} kinds
   * @param {boolean} chosen
   */
  #constraints(kinds, chosen) {
    return Object.fromEntries(kinds.map((kind) => {
      const deviceId = chosen && store.get(DEVICE[kind]);
      return [kind, { ...(kind === 'video' && (store.get('low') ? LOW_SIZE : SIZE)), ...(deviceId && { deviceId: { exact: deviceId } }) }];
    }));
  }

  /** @param {Kind[]} kinds @returns {Promise<boolean>} */
  async #get(kinds, chosen = kinds.some((kind) => store.get(DEVICE[kind]) !== '')) {
    if (!navigator.mediaDevices || !this.mayPublish) {
      for (const kind of kinds)
        this.#fail(kind, this.mayPublish ? 'insecure' : 'forbidden');
      return true;
    }
    try {
      const stream = await navigator.mediaDevices.getUserMedia(this.#constraints(kinds, chosen));
      for (const track of stream.getTracks())
        this.#take(track);
      return true;
    } catch (error) {
      // A device that was chosen some day may not be there today.
      if (chosen)
        return this.#get(kinds, false);
      if (kinds.length === 1)
        this.#fail(kinds[0], troubleOf(error));
      return false;
    }
  }

  /** @param {MediaStreamTrack} track */
  #take(track) {
    const kind = /** @type {Kind} */ (track.kind);
    // It may have been turned off while the browser asked.
    if (!this.wanted[kind] && kind === 'video')
      return track.stop();
    track.enabled = this.wanted[kind];
    this.trouble[kind] = null;
    if (kind === 'video')
      track.contentHint = 'motion';
    track.onended = () => this.#lost(kind, track);
    this.#put(kind, track);
  }

  /** @param {Kind} kind @param {MediaStreamTrack | null} track */
  #put(kind, track) {
    const old = this.tracks[kind];
    if (old) {
      old.onended = null;
      old.stop();
    }
    this.tracks[kind] = track;
    this.#tell('change', kind);
  }

  /** @param {Kind} kind @param {Trouble} trouble */
  #fail(kind, trouble) {
    this.trouble[kind] = trouble;
    this.#put(kind, null);
  }

  /** @param {Kind} kind @param {MediaStreamTrack} track */
  #lost(kind, track) {
    if (track !== this.tracks[kind])
      return;
    this.trouble[kind] = 'missing';
    this.#put(kind, null);
    this.#tell('lost', kind);
  }

  /** @param {string} type @param {Kind} kind */
  #tell(type, kind) {
    this.dispatchEvent(new CustomEvent(type, { detail: kind }));
  }
}

/** @param {boolean} low whether as little as possible is to be sent */
export function openScreen(low) {
  return navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { max: low ? 5 : 15 } }, audio: true });
}

/** How loud a track is, for as long as it is looked at. */
export class LevelMeter {
  #context = new AudioContext();
  #analyser = this.#context.createAnalyser();
  #samples = new Float32Array(1024);

  /** @param {MediaStreamTrack} track */
  constructor(track) {
    this.#analyser.fftSize = this.#samples.length;
    this.#context.createMediaStreamSource(new MediaStream([track])).connect(this.#analyser);
    // Without a click before, it may have to wait for one.
    this.#context.resume().catch(() => {});
  }

  /** 0 to 1: the root of the mean square. */
  get level() {
    this.#analyser.getFloatTimeDomainData(this.#samples);
    return Math.sqrt(this.#samples.reduce((sum, value) => sum + value * value, 0) / this.#samples.length);
  }

  close() {
    this.#context.close().catch(() => {});
  }
}
