// @ts-check
// lobby.js: the list of rooms

import { createRoom, deleteRoom, getRoom, listRooms, mayDo, Refusal, roomLink, takeToken } from './api.js';
import { dress, fillTexts, get, make } from './dom.js';
import { store } from './store.js';
import { text } from './text.js';

/** @typedef {import('./api.js').Room} Room */

const POLL_MS = 3000;
const SAID_MS = 4000;
const MOST_NAMES = 6;
/** Who is in them is asked for so many rooms at once, the busiest ones. */
const MOST_ASKED = 30;

const token = takeToken(location, history);
let mayDelete = mayDo(token, 'admin');
let shown = '';
let saidTimer = 0;
const roomName = /** @type {HTMLInputElement} */ (get('room-name'));
const nameInput = /** @type {HTMLInputElement} */ (get('display-name'));

/** @param {string} words @param {number} [forMs] */
function say(words, forMs) {
  clearTimeout(saidTimer);
  get('notice').textContent = words;
  if (forMs)
    saidTimer = setTimeout(() => say(''), forMs);
}

/** @param {unknown} error */
function whyNot(error) {
  if (!(error instanceof Refusal))
    return text.lobby.unreachable;
  return error.status === 401 || error.status === 403 ? text.lobby.notAllowed : error.message;
}

/** @param {Room} room */
async function copyLink(room) {
  const link = roomLink(room.id);
  try {
    await navigator.clipboard.writeText(link);
    say(text.lobby.copied, SAID_MS);
  } catch {
    say(link);
  }
}

/** @param {Room} room */
async function askToDelete(room) {
  const dialog = /** @type {HTMLDialogElement} */ (get('confirm'));
  get('confirm-text').textContent = text.lobby.deleteText(room.name || room.id, room.memberCount);
  dialog.returnValue = '';
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener('close', resolve, { once: true }));
  if (dialog.returnValue !== 'yes')
    return;
  try {
    await deleteRoom(room.id);
    say(text.lobby.deleted(room.name || room.id), SAID_MS);
  } catch (error) {
    mayDelete &&= !(error instanceof Refusal && [401, 403].includes(error.status));
    shown = '';
    say(text.lobby.notDeleted(whyNot(error)), SAID_MS);
  }
  await refresh();
  roomName.focus();
}

/** @param {Room} room */
function whoText({ members = [], memberCount }) {
  const names = members.slice(0, MOST_NAMES).map(({ displayName }) => displayName);
  if (memberCount > names.length && names.length > 0)
    names.push(text.lobby.andMore(memberCount - names.length));
  return names.join(', ');
}

/** @param {string} icon @param {string} label @param {() => void} deed */
function iconButton(icon, label, deed) {
  const button = make('button', 'plain');
  dress(button, icon, label);
  button.addEventListener('click', deed);
  return button;
}

/** @param {Room} room */
function roomItem(room) {
  const name = room.name || room.id;
  const item = make('li', 'card room-card');
  const link = make('a', 'room-link');
  link.href = `room.html?id=${encodeURIComponent(room.id)}`;
  link.append(make('span', 'name', name));
  const who = whoText(room);
  if (who)
    link.append(make('span', 'who', who));
  link.append(make('span', room.memberCount > 0 ? 'count busy' : 'count', room.memberCount > 0 ? text.lobby.inside(room.memberCount) : text.lobby.empty));
  item.dataset.room = room.id;
  item.append(link, iconButton('copy', text.lobby.copy(name), () => copyLink(room)));
  if (mayDelete)
    item.append(iconButton('trash', text.lobby.delete(name), () => askToDelete(room)));
  return item;
}

/** With the names of those who are inside. @returns {Promise<Room[]>} */
async function fetchRooms() {
  const rooms = await listRooms();
  const busy = rooms.filter(({ memberCount }) => memberCount > 0).sort((a, b) => b.memberCount - a.memberCount).slice(0, MOST_ASKED);
  await Promise.all(busy.map(async (room) => {
    room.members = (await getRoom(room.id).catch(() => null))?.members;
  }));
  return rooms;
}

/** Drawn again only when it has changed, and then with the focus where it was. @param {Room[]} rooms */
function draw(rooms) {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement?.closest('[data-room]'))?.dataset.room;
  const at = focused ? [...document.querySelectorAll(`[data-room="${focused}"] :is(a, button)`)].indexOf(/** @type {Element} */ (document.activeElement)) : -1;
  get('rooms').replaceChildren(...rooms.map(roomItem));
  if (at >= 0)
    /** @type {HTMLElement | undefined} */ (document.querySelectorAll(`[data-room="${focused}"] :is(a, button)`)[at])?.focus();
}

let stale = false;

async function refresh() {
  try {
    const rooms = await fetchRooms();
    const now = JSON.stringify(rooms);
    if (now !== shown)
      draw(rooms);
    shown = now;
    get('empty').textContent = text.lobby.none;
    get('empty').hidden = rooms.length > 0;
    if (stale)
      say('');
    stale = false;
  } catch (error) {
    stale = true;
    get('empty').hidden = true;
    say(error instanceof Refusal && [401, 403].includes(error.status) ? text.lobby.wantsToken : text.lobby.stale(whyNot(error)));
  }
  get('list').setAttribute('aria-busy', 'false');
}

get('create').addEventListener('submit', async (event) => {
  event.preventDefault();
  const name = roomName.value.trim();
  if (!name)
    return;
  try {
    await createRoom(name);
    roomName.value = '';
    await refresh();
  } catch (error) {
    say(text.lobby.notCreated(whyNot(error)), SAID_MS);
  }
});

fillTexts(document);
document.title = text.lobby.title;
nameInput.value = store.get('displayName');
nameInput.addEventListener('change', () => store.set('displayName', nameInput.value.trim()));
refresh();
setInterval(() => document.hidden || refresh(), POLL_MS);
document.addEventListener('visibilitychange', () => document.hidden || refresh());
