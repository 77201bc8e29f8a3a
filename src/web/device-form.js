// @ts-check
// device-form.js: which camera, microphone and speaker, before the call and during it

import { get, make } from './dom.js';
import { LevelMeter } from './media.js';
import { store } from './store.js';
import { text } from './text.js';

/** @typedef {import('./media.js').Devices} Devices */

const LEVEL_MS = 100;
/** A voice at a usual distance fills most of the meter. */
const FULL_LEVEL = 0.25;

/** Fills the lists, keeps them current, and shows the level of the microphone while it is on the page. */
export class DeviceForm {
  #devices;
  /** @type {LevelMeter | null} */
  #meter = null;
  /** @type {MediaStreamTrack | null} */
  #metered = null;

  /** @param {Devices} devices */
  constructor(devices) {
    this.#devices = devices;
    this.#bind('choose-camera', (id) => devices.choose('video', id));
    this.#bind('choose-microphone', (id) => devices.choose('audio', id));
    this.#bind('choose-speaker', (id) => store.set('speaker', id));
    devices.addEventListener('change', () => this.refresh());
    navigator.mediaDevices?.addEventListener?.('devicechange', () => this.refresh());
    setInterval(() => this.#showLevel(), LEVEL_MS);
  }

  async refresh() {
    const { audio, video, output } = await this.#devices.list();
    const current = (/** @type {'audio' | 'video'} */ kind) => this.#devices.tracks[kind]?.getSettings().deviceId;
    this.#fill('choose-camera', video, current('video') ?? store.get('camera'));
    this.#fill('choose-microphone', audio, current('audio') ?? store.get('microphone'));
    this.#fill('choose-speaker', 'setSinkId' in HTMLMediaElement.prototype ? output : [], store.get('speaker'));
    get('no-devices').hidden = audio.length + video.length > 0;
  }

  /** @param {string} id @param {(deviceId: string) => void} choose */
  #bind(id, choose) {
    const select = /** @type {HTMLSelectElement} */ (get(id));
    select.addEventListener('change', () => choose(select.value));
  }

  /** @param {string} id @param {MediaDeviceInfo[]} devices @param {string} [chosen] */
  #fill(id, devices, chosen = '') {
    const select = /** @type {HTMLSelectElement} */ (get(id));
    const options = devices.map(({ deviceId, label }, index) => {
      const option = make('option', '', label || `${text.join.anyDevice} ${index + 1}`);
      option.value = deviceId;
      return option;
    });
    const same = options.length === select.length && options.every((each, at) =>
      each.value === select.options[at].value && each.text === select.options[at].text);
    // A list that is open must not be built anew below the pointer.
    if (!same)
      select.replaceChildren(...options);
    if (options.some(({ value }) => value === chosen))
      select.value = chosen;
    const row = /** @type {HTMLElement} */ (select.closest('label'));
    row.hidden = devices.length === 0;
  }

  #showLevel() {
    const track = get('devices').checkVisibility?.() === false ? null : this.#devices.tracks.audio;
    if (track !== this.#metered) {
      this.#meter?.close();
      this.#meter = track && new LevelMeter(track);
      this.#metered = track;
      get('level-row').hidden = !track;
    }
    if (this.#meter)
      /** @type {HTMLMeterElement} */ (get('level')).value = Math.min(1, Math.sqrt(this.#meter.level / FULL_LEVEL));
  }
}
