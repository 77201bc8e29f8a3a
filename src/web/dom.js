// @ts-check
// dom.js: small helpers for the page: elements, icons, and the texts of text.js put in their places

import { text } from './text.js';

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 */
export const get = (id) => /** @type {T} */ (document.getElementById(id));

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} [className]
 * @param {string} [content] as text
 */
export function make(tag, className = '', content = '') {
  const element = document.createElement(tag);
  if (className)
    element.className = className;
  element.textContent = content;
  return element;
}

/** Drawn on 24 × 24 with a round pen. A name with `-off` is the same with a stroke through it. */
const PATHS = {
  microphone: 'M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21',
  camera: 'M4 6.5h10a1.5 1.5 0 0 1 1.5 1.5v8a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 16V8A1.5 1.5 0 0 1 4 6.5zM15.5 10.5l6-3.5v10l-6-3.5',
  screen: 'M4 4.5h16A1.5 1.5 0 0 1 21.5 6v9a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 15V6A1.5 1.5 0 0 1 4 4.5zM8.5 20h7M12 13.5v-6M9 10l3-3 3 3',
  chat: 'M4.5 4.5h15A1.5 1.5 0 0 1 21 6v9a1.5 1.5 0 0 1-1.5 1.5H11l-5 4v-4H4.5A1.5 1.5 0 0 1 3 15V6a1.5 1.5 0 0 1 1.5-1.5z',
  hand: 'M8 12.5V6a1.4 1.4 0 0 1 2.8 0v5V4.4a1.4 1.4 0 0 1 2.8 0V11V5.4a1.4 1.4 0 0 1 2.8 0V12V8a1.4 1.4 0 0 1 2.8 0v6.5c0 4-2.5 6.5-6 6.5s-4.7-1.5-6.2-4L4 13.3c-.9-1.6 1.2-2.9 2.3-1.6L8 14',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  leave: 'M3 14.5c0-6 18-6 18 0v1.5l-5-1v-2.7c-2.6-.8-5.4-.8-8 0V15l-5 1z',
  copy: 'M9 8.5h9.5v12H9zM15 8.5v-5H5.5v12H9',
  expand: 'M9 3.5H3.5V9M15 3.5h5.5V9M9 20.5H3.5V15M15 20.5h5.5V15',
  picture: 'M3.5 5h17v14h-17zM12.5 12h5.5v4.5h-5.5z',
  keyboard: 'M3 6h18v12H3zM7 10h.01M11 10h.01M15 10h.01M7 14h10',
  settings: 'M4 7h9M17 7h3M15 5v4M4 17h3M11 17h9M9 15v4',
  details: 'M4 20V11M10 20V5M16 20v-7M21 20H3',
  close: 'M6 6l12 12M18 6L6 18',
  trash: 'M4 6.5h16M9 6.5V4h6v2.5M6 6.5l1 14h10l1-14M10 10.5v6M14 10.5v6',
  pin: 'M12 15v6M8 3.5h8l-1 6 3 3.5v2H6v-2l3-3.5z',
};

const SVG = 'http://www.w3.org/2000/svg';

/** @param {string} name of PATHS, perhaps with `-off` */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  const base = name.replace('-off', '');
  path.setAttribute('d', PATHS[/** @type {keyof typeof PATHS} */ (base)] + (base === name ? '' : 'M3.5 3.5l17 17'));
  svg.append(path);
  return svg;
}

/**
 * A button that shows an icon and says a text.
 * @param {HTMLElement} button
 * @param {string} name of the icon
 * @param {string} label
 */
export function dress(button, name, label) {
  const old = button.querySelector('.icon');
  if (old?.getAttribute('data-name') !== name) {
    const drawn = icon(name);
    drawn.setAttribute('data-name', name);
    if (old)
      old.replaceWith(drawn);
    else
      button.prepend(drawn);
  }
  const caption = button.querySelector('.caption');
  if (caption) {
    caption.textContent = label;
  } else {
    button.setAttribute('aria-label', label);
    button.title = label;
  }
}

/** @param {string} key of text.js, with dots */
export function lookUp(key) {
  return String(key.split('.').reduce((/** @type {any} */ at, part) => at?.[part], text) ?? key);
}

/**
 * Puts the texts where the page asks for them: `data-t` the content, `data-t-label` the name for those who
 * do not see it, `data-t-hint` what stands in an empty field, `data-icon` the icon.
 * @param {ParentNode} root
 */
export function fillTexts(root) {
  const each = (/** @type {string} */ name, /** @type {(element: HTMLElement, value: string) => void} */ put) => {
    for (const element of root.querySelectorAll(`[data-${name}]`))
      put(/** @type {HTMLElement} */ (element), element.getAttribute(`data-${name}`) ?? '');
  };
  each('t', (element, key) => (element.textContent = lookUp(key)));
  each('t-label', (element, key) => element.setAttribute('aria-label', lookUp(key)));
  each('t-hint', (element, key) => element.setAttribute('placeholder', lookUp(key)));
  each('icon', (element, name) => element.prepend(icon(name)));
}
