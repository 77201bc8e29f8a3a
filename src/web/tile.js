// @ts-check
// tile.js: one participant's camera or screen on the page: picture, name and marks

import { icon, make } from './dom.js';
import { text } from './text.js';

/** A colour for each name, so that people are told apart when their cameras are off. @param {string} name */
export function hueOf(name) {
  let sum = 7;
  for (const character of name)
    sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 360;
  return sum;
}

/** @param {string} name */
export function initialsOf(name) {
  const words = name.trim().split(/\s+/).map((word) => [...word.replace(/[^\p{L}\p{N}]/gu, '')][0] ?? '').filter(Boolean);
  return ((words[0] ?? '?') + (words.length > 1 ? words[words.length - 1] : '')).toUpperCase();
}

export class Tile {
  pinned = false;
  stream = new MediaStream();
  /** @type {(tile: Tile) => void} */
  onpin = () => {};

  /**
   * @param {string} name as it is shown
   * @param {{local?: boolean, role?: string, kind?: 'camera' | 'screen'}} [options]
   */
  constructor(name, { local = false, role = 'member', kind = 'camera' } = {}) {
    this.name = name;
    this.kind = kind;
    this.local = local;
    this.element = make('div', `tile ${kind}${local ? ' local' : ''}`);
    this.element.setAttribute('role', 'group');
    this.video = make('video');
    this.video.autoplay = true;
    this.video.playsInline = true;
    this.video.muted = local;
    this.video.disablePictureInPicture = local && kind === 'camera';
    this.initial = make('span', 'initial', initialsOf(name));
    this.initial.setAttribute('aria-hidden', 'true');
    this.initial.style.setProperty('--hue', String(hueOf(name)));
    this.status = make('span', 'status');
    this.hand = make('span', 'hand');
    this.hand.append(icon('hand'), make('span', 'unseen', text.room.handUp));
    this.hand.hidden = true;
    this.element.append(this.initial, this.video, this.status, this.hand, this.#makePin(), this.#makeCaption(role));
    this.showPicture(false);
    this.showStatus('');
  }

  /** @param {string} role */
  #makeCaption(role) {
    const caption = make('div', 'caption-bar');
    this.silent = make('span', 'silent');
    this.silent.append(icon('microphone-off'), make('span', 'unseen', text.room.muted));
    this.silent.hidden = true;
    this.quality = make('span', 'quality');
    this.quality.hidden = true;
    this.nameElement = make('span', 'name', this.name);
    caption.append(this.silent);
    if (role === 'recorder')
      caption.append(make('span', 'mark recording', text.room.roles.recorder));
    else if (role === 'bot' || role === 'relay')
      caption.append(make('span', 'mark', text.room.roles[role]));
    caption.append(this.nameElement, this.quality);
    this.element.setAttribute('aria-label', this.name);
    return caption;
  }

  #makePin() {
    this.pin = make('button', 'pin');
    this.pin.type = 'button';
    this.pin.append(icon('pin'));
    this.pin.addEventListener('click', () => this.onpin(this));
    this.element.addEventListener('dblclick', () => this.onpin(this));
    this.showPinned(false);
    return this.pin;
  }

  /** @param {boolean} pinned */
  showPinned(pinned) {
    this.pinned = pinned;
    const label = pinned ? text.room.unpin(this.name) : text.room.pin(this.name);
    this.pin.setAttribute('aria-pressed', String(pinned));
    this.pin.setAttribute('aria-label', label);
    this.pin.title = label;
  }

  /** @param {boolean} shown the picture, or the initials in its place */
  showPicture(shown) {
    this.element.classList.toggle('dark', !shown);
    this.initial.hidden = shown;
  }

  /** @param {boolean} silent */
  showSilent(silent) {
    this.silent.hidden = !silent;
  }

  /** @param {boolean} raised */
  showHand(raised) {
    this.hand.hidden = !raised;
  }

  /** @param {boolean} speaking */
  showSpeaking(speaking) {
    this.element.classList.toggle('speaking', speaking);
    this.element.setAttribute('aria-label', speaking ? `${this.name}, ${text.room.speaking}` : this.name);
  }

  /** @param {import('./stats.js').Quality | null} quality */
  showQuality(quality) {
    this.quality.hidden = !quality;
    if (!quality || this.quality.dataset.quality === quality)
      return;
    this.quality.dataset.quality = quality;
    this.quality.replaceChildren(make('i'), make('i'), make('i'), make('span', 'unseen', text.room.quality[quality]));
    this.quality.title = text.room.quality[quality];
  }

  /** @param {string} status nothing when all is well */
  showStatus(status) {
    this.status.textContent = status;
    this.status.hidden = status === '';
  }

  /**
   * Plays these tracks, and no others. A browser can want a click before sound is heard.
   * @param {MediaStreamTrack[]} tracks
   * @returns {Promise<boolean>} whether they may be heard
   */
  async play(tracks) {
    for (const old of this.stream.getTracks())
      if (!tracks.includes(old))
        this.stream.removeTrack(old);
    for (const track of tracks)
      this.stream.addTrack(track);
    if (tracks.length === 0) {
      this.video.srcObject = null;
      return true;
    }
    if (this.video.srcObject !== this.stream)
      this.video.srcObject = this.stream;
    try {
      await this.video.play();
    } catch (error) {
      if (/** @type {DOMException} */ (error).name !== 'NotAllowedError')
        return true;
      this.video.muted = true;
      this.video.play().catch(() => {});
      return false;
    }
    return true;
  }

  /** How high the picture is drawn, in the screen's own pixels. */
  get pictureHeight() {
    const { clientWidth, clientHeight, videoWidth, videoHeight } = this.video;
    const height = Math.min(clientHeight, videoWidth ? clientWidth * videoHeight / videoWidth : clientWidth * 9 / 16);
    return this.element.hidden ? 0 : Math.round(height * devicePixelRatio);
  }

  /** The same; 0 when nobody sees it. */
  get shownHeight() {
    return document.hidden && document.pictureInPictureElement !== this.video ? 0 : this.pictureHeight;
  }

  remove() {
    this.video.srcObject = null;
    this.element.remove();
  }
}
