// @ts-check
// stage.js: all tiles of the room, and where they lie

import { grid, spotlight } from './layout.js';

/** @typedef {import('./tile.js').Tile} Tile */

/** More are heard, but not seen: they would be too small to tell who it is. */
export const MOST_TILES = 16;

/** Events: `layout`, after tiles have been moved, shown or hidden. */
export class Stage extends EventTarget {
  /** @type {Map<string, Tile>} in the order they came */
  tiles = new Map();
  /** How many have no place. */
  nHidden = 0;
  #element;
  #frame = 0;

  /** @param {HTMLElement} element */
  constructor(element) {
    super();
    this.#element = element;
    new ResizeObserver(() => this.layOut()).observe(element);
  }

  /** @param {string} key @param {Tile} tile */
  add(key, tile) {
    this.tiles.set(key, tile);
    tile.onpin = (pinned) => this.#pin(pinned);
    this.#element.append(tile.element);
    this.layOut();
  }

  /** @param {string} key */
  remove(key) {
    this.tiles.get(key)?.remove();
    this.tiles.delete(key);
    this.layOut();
  }

  /** Places the tiles with the next frame: things often change together. */
  layOut() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#place());
  }

  /** @param {Tile} tile */
  #pin(tile) {
    const pinned = !tile.pinned;
    for (const each of this.tiles.values())
      each.showPinned(each === tile && pinned);
    this.layOut();
  }

  /** Large ones first; who has just spoken is not out of sight. */
  #order() {
    const all = [...this.tiles.values()];
    const pinned = all.filter((tile) => tile.pinned);
    const large = pinned.length > 0 ? pinned : all.filter((tile) => tile.kind === 'screen');
    const spoken = (/** @type {Tile} */ tile) => (tile.element.classList.contains('speaking') || !tile.hand.hidden ? 0 : 1);
    const rest = all.filter((tile) => !large.includes(tile));
    if (all.length > MOST_TILES)
      rest.sort((a, b) => spoken(a) - spoken(b));
    return { large, all: [...large, ...rest] };
  }

  #place() {
    const { large, all } = this.#order();
    const { clientWidth: width, clientHeight: height } = this.#element;
    const gap = width < 640 ? 6 : 10;
    const shown = all.slice(0, MOST_TILES);
    const rects = large.length > 0 ? spotlight(shown.length, large.length, width, height, gap) : grid(shown.length, width, height, gap);
    all.forEach((tile, index) => {
      const rect = rects[index];
      tile.element.hidden = !rect;
      if (!rect)
        return;
      const { style } = tile.element;
      style.setProperty('transform', `translate(${rect.x.toFixed(2)}px, ${rect.y.toFixed(2)}px)`);
      style.setProperty('width', `${rect.width.toFixed(2)}px`);
      style.setProperty('height', `${rect.height.toFixed(2)}px`);
      tile.element.classList.toggle('small', Math.min(rect.width, rect.height * 1.6) < 220);
    });
    this.nHidden = all.length - shown.length;
    this.dispatchEvent(new Event('layout'));
  }
}
