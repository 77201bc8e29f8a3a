// @ts-check
// controls.js: the buttons below the tiles, and what is behind More

import { roomLink } from './api.js';
import { dress, get } from './dom.js';
import { say } from './notices.js';
import { bindShortcuts } from './shortcuts.js';
import { text } from './text.js';

/** @typedef {import('./media.js').Devices} Devices */
/** @typedef {import('./people.js').People} People */

/** @param {Devices} devices */
export function showDevices(devices) {
  const microphone = devices.isOn('audio');
  const camera = devices.isOn('video');
  dress(get('microphone'), microphone ? 'microphone' : 'microphone-off', microphone ? text.controls.mute : text.controls.unmute);
  dress(get('camera'), camera ? 'camera' : 'camera-off', camera ? text.controls.cameraOff : text.controls.cameraOn);
  get('microphone').setAttribute('aria-pressed', String(microphone));
  get('camera').setAttribute('aria-pressed', String(camera));
}

/** @param {boolean} shared */
export function showScreen(shared) {
  dress(get('screen'), 'screen', shared ? text.controls.screenOff : text.controls.screenOn);
  get('screen').setAttribute('aria-pressed', String(shared));
}

/** @param {boolean} raised */
export function showHand(raised) {
  dress(get('hand'), 'hand', raised ? text.controls.handDown : text.controls.handUp);
  get('hand').setAttribute('aria-pressed', String(raised));
}

/** @param {string} roomId */
export async function copyLink(roomId) {
  const link = roomLink(roomId);
  try {
    await navigator.clipboard.writeText(link);
    say(text.notice.copied);
  } catch {
    say(text.notice.link(link), { lasting: true });
  }
}

/** @param {string} id of a dialog */
function openDialog(id) {
  const dialog = /** @type {HTMLDialogElement} */ (get(id));
  get('menu').hidePopover?.();
  if (!dialog.open)
    dialog.showModal();
}

function toggleFullscreen() {
  if (document.fullscreenElement)
    document.exitFullscreen();
  else
    document.documentElement.requestFullscreen().catch(() => {});
}

/** @param {People} people */
async function togglePicture(people) {
  const { mainVideo } = people;
  if (document.pictureInPictureElement)
    await document.exitPictureInPicture();
  else if (mainVideo?.readyState)
    await mainVideo.requestPictureInPicture().catch(() => {});
}

/**
 * @param {string} roomId
 * @param {People} people
 * @param {{microphone: () => void, camera: () => void, screen: () => void, hand: () => void, chat: () => void}} deeds
 */
export function bindControls(roomId, people, deeds) {
  for (const name of /** @type {const} */ (['microphone', 'camera', 'screen', 'hand']))
    get(name).addEventListener('click', () => deeds[name]());
  get('screen').hidden = !navigator.mediaDevices?.getDisplayMedia;
  dress(get('more'), 'more', text.controls.more);
  dress(get('leave'), 'leave', text.controls.leave);
  /** @param {string} id in the menu, which closes with it @param {() => void} deed */
  const choose = (id, deed) => get(id).addEventListener('click', () => {
    get('menu').hidePopover?.();
    deed();
  });
  choose('copy', () => copyLink(roomId));
  for (const id of ['settings', 'details', 'shortcuts'])
    get(`open-${id}`).addEventListener('click', () => openDialog(id));
  get('menu').addEventListener('toggle', (event) =>
    get('more').setAttribute('aria-expanded', String(/** @type {any} */ (event).newState === 'open')));
  get('fullscreen').hidden = !document.fullscreenEnabled;
  choose('fullscreen', toggleFullscreen);
  document.addEventListener('fullscreenchange', () =>
    dress(get('fullscreen'), 'expand', document.fullscreenElement ? text.controls.leaveFullscreen : text.controls.fullscreen));
  get('picture').hidden = !document.pictureInPictureEnabled;
  choose('picture', () => togglePicture(people));
  showScreen(false);
  showHand(false);
  bindShortcuts({
    m: deeds.microphone, v: deeds.camera, s: deeds.screen, c: deeds.chat, h: deeds.hand, f: toggleFullscreen,
    p: () => togglePicture(people), d: () => openDialog('details'), '?': () => openDialog('shortcuts'),
  });
}
