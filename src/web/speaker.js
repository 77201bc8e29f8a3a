// @ts-check
// speaker.js: who is speaking

/** Speech is louder than this (0 to 1, as WebRTC counts it); a room's hum is not. */
export const HEARD = 0.02;
/** Somebody who pauses for breath still speaks. */
const HOLD_MS = 1500;
/** How much of the level before remains after each look. */
const SMOOTH = 0.6;

/** Marks the loudest one, without jumping at each cough. */
export class ActiveSpeaker {
  /** @type {Map<string, number>} */
  #levels = new Map();
  /** @type {string | null} */
  current = null;
  #heardAt = -Infinity;

  /**
   * @param {Map<string, number>} levels by tile
   * @param {number} now in ms
   * @returns {string | null} whose tile is marked from now on
   */
  update(levels, now) {
    /** @type {string | null} */
    let loudest = null;
    for (const [key, level] of levels) {
      const smooth = (this.#levels.get(key) ?? 0) * SMOOTH + level * (1 - SMOOTH);
      this.#levels.set(key, smooth);
      if (smooth >= HEARD && (loudest === null || smooth > (this.#levels.get(loudest) ?? 0)))
        loudest = key;
    }
    for (const key of this.#levels.keys())
      if (!levels.has(key))
        this.#levels.delete(key);
    const mine = this.#levels.get(this.current ?? '') ?? 0;
    // Whoever speaks keeps the mark until somebody else is clearly louder.
    if (mine >= HEARD && loudest !== null && (this.#levels.get(loudest) ?? 0) < 2 * mine)
      loudest = this.current;
    if (loudest !== null) {
      this.current = loudest;
      this.#heardAt = now;
    } else if (now - this.#heardAt > HOLD_MS || !levels.has(this.current ?? '')) {
      this.current = null;
    }
    return this.current;
  }
}
