// @ts-check
// layout.js: where the tiles lie so that they fill the room

/** @typedef {{x: number, y: number, width: number, height: number}} Rect */

const PICTURE = 16 / 9;
/** A tile that is longer or narrower than this looks like a ribbon: the room beside it stays free then. */
const WIDEST = 2.1;
const NARROWEST = 0.56;
const STRIP_NARROWEST = 1.25;

/**
 * How many columns make the pictures in them largest.
 * @param {number} count
 * @param {number} width
 * @param {number} height
 * @param {number} gap
 */
export function bestColumns(count, width, height, gap = 0) {
  let best = 1;
  let largest = 0;
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const across = (width - gap * (columns - 1)) / columns;
    const down = (height - gap * (rows - 1)) / rows;
    const picture = Math.min(across, down * PICTURE);
    // Of two that are about as good, the one that leaves less of the room empty.
    const filled = count * Math.min(across, down * WIDEST) * Math.min(down, across / NARROWEST) / (width * height);
    const worth = picture * (0.85 + 0.15 * filled);
    if (worth > largest * 1.001) {
      largest = worth;
      best = columns;
    }
  }
  return best;
}

/**
 * Tiles of one size in rows; a last row that is not full stands in the middle.
 * @param {number} count
 * @param {number} width
 * @param {number} height
 * @param {number} gap
 * @param {number} [narrowest] width by height
 * @returns {Rect[]}
 */
export function grid(count, width, height, gap, narrowest = NARROWEST) {
  const columns = bestColumns(count, width, height, gap);
  const rows = Math.ceil(count / columns);
  const across = Math.max(0, (width - gap * (columns - 1)) / columns);
  const down = Math.max(0, (height - gap * (rows - 1)) / rows);
  const tileWidth = Math.min(across, down * WIDEST);
  const tileHeight = Math.min(down, across / narrowest);
  const top = (height - rows * tileHeight - gap * (rows - 1)) / 2;
  return Array.from({ length: count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = row === rows - 1 ? count - row * columns : columns;
    const left = (width - inRow * tileWidth - gap * (inRow - 1)) / 2;
    return {
      x: left + (index - row * columns) * (tileWidth + gap), y: top + row * (tileHeight + gap),
      width: tileWidth, height: tileHeight,
    };
  });
}

/**
 * The first tiles large, the others in a strip beside or below them.
 * @param {number} count
 * @param {number} large how many are large
 * @param {number} width
 * @param {number} height
 * @param {number} gap
 * @returns {Rect[]}
 */
export function spotlight(count, large, width, height, gap) {
  const others = count - large;
  if (others <= 0)
    return grid(count, width, height, gap);
  const beside = width > height * 1.2;
  const strip = beside ? Math.min(width * 0.22, 320) : Math.min(height * 0.26, 240);
  const stage = beside ? { width: width - strip - gap, height } : { width, height: height - strip - gap };
  const rest = beside ? { width: strip, height } : { width, height: strip };
  const at = beside ? { x: stage.width + gap, y: 0 } : { x: 0, y: stage.height + gap };
  return [
    ...grid(large, stage.width, stage.height, gap),
    ...grid(others, rest.width, rest.height, gap, STRIP_NARROWEST).map((rect) => ({ ...rect, x: rect.x + at.x, y: rect.y + at.y })),
  ];
}
