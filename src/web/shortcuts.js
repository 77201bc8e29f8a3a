// @ts-check
// shortcuts.js: keys for what is done often, and the list of them

import { get, make } from './dom.js';
import { store } from './store.js';
import { text } from './text.js';

/**
 * Which shortcut a key press is. None while somebody writes, holds another key down, or does not want any.
 * @param {{key: string, ctrlKey?: boolean, altKey?: boolean, metaKey?: boolean, repeat?: boolean, target?: any}} event
 * @returns {string} the key, or nothing
 */
export function shortcutOf({ key, ctrlKey, altKey, metaKey, repeat, target }) {
  if (ctrlKey || altKey || metaKey || repeat || target?.closest?.('input:not([type=checkbox]), select, textarea, [contenteditable]'))
    return '';
  const name = key.toLowerCase();
  return Object.hasOwn(text.shortcuts.keys, name) ? name : '';
}

/** @param {Record<string, () => void>} deeds by key */
export function bindShortcuts(deeds) {
  const enabled = /** @type {HTMLInputElement} */ (get('keys-enabled'));
  enabled.checked = !store.get('keysOff');
  enabled.addEventListener('change', () => store.set('keysOff', !enabled.checked));
  get('keys').replaceChildren(...Object.entries(text.shortcuts.keys).flatMap(([key, meaning]) => {
    const term = make('dt');
    term.append(make('kbd', '', key.toUpperCase()));
    return [term, make('dd', '', meaning)];
  }));
  addEventListener('keydown', (event) => {
    const key = enabled.checked && !document.querySelector('dialog[open]') ? shortcutOf(event) : '';
    if (!key || !deeds[key])
      return;
    event.preventDefault();
    deeds[key]();
  });
}
