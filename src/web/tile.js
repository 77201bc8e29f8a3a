// @ts-check
// tile.js: one member on the page: picture, name and marks

/**
 * @param {string} tag
 * @param {string} className
 * @param {string} [text]
 */
function make(tag, className, text = '') {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

export class Tile {
  /**
   * @param {string} name
   * @param {{local?: boolean, role?: string}} [options]
   */
  constructor(name, { local = false, role = 'member' } = {}) {
    this.element = make('figure', local ? 'tile local' : 'tile');
    this.video = /** @type {HTMLVideoElement} */ (make('video', ''));
    this.video.autoplay = true;
    this.video.playsInline = true;
    this.video.muted = local;
    this.initial = make('span', 'initial', [...name.trim()][0]?.toUpperCase() ?? '?');
    this.initial.ariaHidden = 'true';
    const caption = make('figcaption', '');
    this.silent = make('span', 'mark', 'muted');
    this.silent.hidden = true;
    this.status = make('span', 'status');
    caption.append(make('span', 'name', local ? `${name} (you)` : name));
    if (role === 'recorder')
      caption.append(make('span', 'mark recording', 'recording'));
    else if (role === 'bot' || role === 'relay')
      caption.append(make('span', 'mark', role));
    caption.append(this.silent);
    this.element.append(this.video, this.initial, this.status, caption);
    this.showPicture(false);
  }

  /** @param {boolean} shown the picture, or the initial in its place */
  showPicture(shown) {
    this.element.classList.toggle('dark', !shown);
    this.initial.hidden = shown;
  }

  /** @param {boolean} silent */
  showSilent(silent) {
    this.silent.hidden = !silent;
  }

  /** @param {string} text nothing when all is well */
  showStatus(text) {
    this.status.textContent = text;
    this.status.hidden = text === '';
  }

  /**
   * @param {MediaStream} stream
   * @returns {Promise<boolean>} whether it may be heard; a browser can want a click first
   */
  async play(stream) {
    if (this.video.srcObject !== stream)
      this.video.srcObject = stream;
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
}

/**
 * How many columns make the tiles largest.
 * @param {number} count
 * @param {number} width
 * @param {number} height
 */
export function bestColumns(count, width, height) {
  let best = 1;
  let largest = 0;
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const tile = Math.min(width / columns, (height / rows) * (16 / 9));
    if (tile > largest) {
      largest = tile;
      best = columns;
    }
  }
  return best;
}
