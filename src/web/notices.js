// @ts-check
// notices.js: short sentences about what has just happened, for eyes and for screen readers

import { get, make } from './dom.js';

const SHOWN_MS = 6000;
const MOST = 3;

/**
 * @param {string} text
 * @param {{lasting?: boolean}} [options] lasting: until it is clicked away or said otherwise
 * @returns {() => void} takes it away
 */
export function say(text, { lasting = false } = {}) {
  const list = get('notices');
  for (const old of [...list.children])
    if (old.textContent === text)
      old.remove();
  while (list.childElementCount >= MOST)
    list.firstElementChild?.remove();
  const notice = make('p', lasting ? 'notice lasting' : 'notice', text);
  const end = () => notice.remove();
  notice.addEventListener('click', end);
  list.append(notice);
  let timer = 0;
  const wait = () => (timer = lasting ? 0 : setTimeout(end, SHOWN_MS));
  // Whoever is reading it may take longer.
  notice.addEventListener('pointerenter', () => clearTimeout(timer));
  notice.addEventListener('pointerleave', wait);
  wait();
  return end;
}
