// @ts-check
// store.js: what this browser remembers: the name, the devices, how a person likes it

/** @typedef {'displayName' | 'camera' | 'microphone' | 'speaker' | 'cameraOff' | 'microphoneOff' | 'low' | 'keysOff' | 'video'} Key */

/**
 * Storage can be forbidden: then nothing is remembered, and all else works.
 * @template {string} K
 * @param {() => Storage} storage
 */
const remember = (storage) => ({
  /** @param {K} key */
  get(key) {
    try {
      return storage().getItem(`meshbot.${key}`) ?? '';
    } catch {
      return '';
    }
  },

  /** @param {K} key @param {string | boolean} value */
  set(key, value) {
    try {
      if (value === '' || value === false)
        storage().removeItem(`meshbot.${key}`);
      else
        storage().setItem(`meshbot.${key}`, String(value));
    } catch { /* not remembered */ }
  },
});

/** Kept in this browser. @type {ReturnType<typeof remember<Key>>} */
export const store = remember(() => localStorage);
/** Kept in this tab. @type {ReturnType<typeof remember<'client' | 'joined' | 'token'>>} */
export const tab = remember(() => sessionStorage);

/** A random word that stays the same in this tab while it is reloaded. */
export function clientKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  const known = tab.get('client') || [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  tab.set('client', known);
  return known;
}
