// @ts-check
// lobby.js: the list of rooms

/** @typedef {{id: string, name: string, memberCount: number, maxMembers?: number}} Room */

const POLL_MS = 3000;
const MOST_PAGES = 10;
const NAME_KEY = 'meshbot.displayName';

/** @param {string} id */
const get = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
const roomName = /** @type {HTMLInputElement} */ (get('room-name'));
const nameInput = /** @type {HTMLInputElement} */ (get('display-name'));

/** @param {string} text */
function say(text) {
  get('notice').textContent = text;
  get('notice').hidden = text === '';
}

/** @returns {Promise<Room[]>} */
async function fetchRooms() {
  /** @type {Room[]} */
  const rooms = [];
  /** @type {string | undefined} */
  let next = 'api/rooms';
  for (let page = 0; next && page < MOST_PAGES; page += 1) {
    const answer = await fetch(next, { cache: 'no-store' });
    if (!answer.ok)
      throw new Error(`the server answered ${answer.status}`);
    rooms.push(...await answer.json());
    next = /<([^>]+)>;\s*rel="next"/.exec(answer.headers.get('Link') ?? '')?.[1];
  }
  return rooms;
}

/** @param {number} count */
function countText(count) {
  return count === 0 ? 'empty' : `${count} inside`;
}

/** @param {Room} room */
function roomItem(room) {
  const item = document.createElement('li');
  const link = document.createElement('a');
  link.href = `room.html?id=${encodeURIComponent(room.id)}`;
  link.className = 'card row';
  const name = document.createElement('span');
  name.className = 'grow name';
  name.textContent = room.name || room.id;
  const count = document.createElement('span');
  count.className = room.memberCount > 0 ? 'count busy' : 'count';
  count.textContent = countText(room.memberCount);
  link.append(name, count);
  item.append(link);
  return item;
}

let shown = '';

async function refresh() {
  try {
    const rooms = await fetchRooms();
    const text = JSON.stringify(rooms);
    // Drawn again only when it has changed: a link must not lose the focus every few seconds.
    if (text !== shown)
      get('rooms').replaceChildren(...rooms.map(roomItem));
    shown = text;
    get('empty').textContent = 'No room yet. Create the first one.';
    get('empty').hidden = rooms.length > 0;
    say('');
  } catch (error) {
    say(`The list is not up to date: ${/** @type {Error} */ (error).message}.`);
  }
}

/** @param {SubmitEvent} event */
async function create(event) {
  event.preventDefault();
  const name = roomName.value.trim();
  if (!name)
    return;
  try {
    const answer = await fetch('api/rooms', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name }),
    });
    const body = await answer.json();
    if (!answer.ok)
      throw new Error(body.detail ?? body.title ?? String(answer.status));
    roomName.value = '';
    await refresh();
  } catch (error) {
    say(`The room was not created: ${/** @type {Error} */ (error).message}.`);
  }
}

get('create').addEventListener('submit', create);
nameInput.value = localStorage.getItem(NAME_KEY) ?? '';
nameInput.addEventListener('change', () => localStorage.setItem(NAME_KEY, nameInput.value.trim()));
refresh();
setInterval(() => document.hidden || refresh(), POLL_MS);
