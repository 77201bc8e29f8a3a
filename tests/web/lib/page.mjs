// page.mjs: a document for modules that draw: the real room.html, in a DOM without a browser

import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

globalThis.crypto ??= webcrypto;
const require = createRequire(new URL('../../e2e/package.json', import.meta.url));
const { parseHTML } = require('linkedom');

/** A storage as browsers have it. */
export function makeStorage() {
  const values = new Map();
  return {
    getItem: (/** @type {string} */ key) => values.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void values.set(key, String(value)),
    removeItem: (/** @type {string} */ key) => void values.delete(key),
  };
}

/** Makes a page of src/web the global document. @param {string} name */
export function openPage(name) {
  const window = parseHTML(readFileSync(new URL(`../../../src/web/${name}`, import.meta.url), 'utf8'));
  Object.assign(globalThis, { document: window.document, Event: window.Event, CustomEvent: window.CustomEvent,
    localStorage: makeStorage(), sessionStorage: makeStorage() });
  return window.document;
}

/** A package of the end-to-end tests. @param {string} name */
export const fromTests = (name) => require(name);
