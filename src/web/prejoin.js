// @ts-check
// prejoin.js: the look into the mirror before the call

import { getRoom, listRooms } from './api.js';
import { dress, get } from './dom.js';
import { DEVICE } from './media.js';
import { store } from './store.js';
import { text } from './text.js';

/** @typedef {import('./media.js').Devices} Devices */
/** @typedef {import('./peer.js').Kind} Kind */

const MOST_NAMES = 5;
/** @type {Kind[]} */
const KINDS = ['audio', 'video'];

/** @param {Devices} devices */
function show(devices) {
  const preview = /** @type {HTMLVideoElement} */ (get('preview'));
  const { video } = devices.tracks;
  preview.srcObject = video && new MediaStream([video]);
  get('preview-off').hidden = Boolean(video);
  get('preview-off').textContent = text.join.off;
  for (const kind of KINDS) {
    const on = devices.isOn(kind);
    const [name, label] = kind === 'audio'
      ? ['microphone', on ? text.controls.mute : text.controls.unmute]
      : ['camera', on ? text.controls.cameraOff : text.controls.cameraOn];
    const button = get(`preview-${name}`);
    dress(button, on ? name : `${name}-off`, label);
    button.setAttribute('aria-pressed', String(on));
  }
  const { audio: sound, video: picture } = devices.trouble;
  const sentences = [picture && text.trouble.camera[picture], sound && text.trouble.microphone[sound]];
  get('trouble').textContent = [...new Set(sentences.filter(Boolean))].join(' ');
  const silent = KINDS.every((kind) => !devices.tracks[kind]);
  get('join').textContent = silent ? text.join.joinSilent : text.join.join;
}

/** @param {string} roomId */
async function showWhoIsThere(roomId) {
  try {
    // Asked for by the list: a room that is not there yet is no fault.
    const room = (await listRooms()).find(({ id }) => id === roomId);
    const { name, members = [] } = room ? await getRoom(roomId) : { name: '' };
    get('room-title').textContent = name || roomId;
    document.title = text.room.title(name || roomId);
    const names = members.slice(0, MOST_NAMES).map((member) => member.displayName);
    if (members.length > MOST_NAMES)
      names.push(text.lobby.andMore(members.length - MOST_NAMES));
    get('who').textContent = names.length ? text.join.inside(names.join(', ')) : text.join.alone;
  } catch {
    get('who').textContent = text.join.alone;
  }
}

/**
 * Waits until the person wants to join. The devices may still be on their way then.
 * @param {Devices} devices
 * @param {string} roomId
 * @param {string} suggested name
 * @returns {Promise<string>} the name to join with
 */
export function prepare(devices, roomId, suggested) {
  const name = /** @type {HTMLInputElement} */ (get('join-name'));
  name.value = suggested || store.get('displayName');
  const update = () => show(devices);
  devices.addEventListener('change', update);
  for (const kind of KINDS)
    get(`preview-${DEVICE[kind]}`).onclick = () => devices.toggle(kind);
  update();
  if (devices.wanted.video && !devices.tracks.video)
    get('preview-off').textContent = text.join.looking;
  showWhoIsThere(roomId);
  get('prejoin').hidden = false;
  return new Promise((resolve) => {
    get('join-form').addEventListener('submit', (event) => {
      event.preventDefault();
      devices.removeEventListener('change', update);
      /** @type {HTMLVideoElement} */ (get('preview')).srcObject = null;
      store.set('displayName', name.value.trim());
      resolve(name.value.trim() || text.join.guest);
    }, { once: true });
  });
}
