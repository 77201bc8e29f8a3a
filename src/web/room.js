// @ts-check
// room.js: the page of one room

import { Call } from './call.js';
import { signalingUrl } from './signaling.js';
import { Tile, bestColumns } from './tile.js';

/** @typedef {import('./peer.js').Kind} Kind */
/** @typedef {import('./peer.js').Peer} Peer */

/** How long joining waits for the devices: a question to the person may stay open for ever. */
const DEVICE_MS = 2000;
const NAME_KEY = 'meshbot.displayName';

const query = new URLSearchParams(location.search);
const roomId = query.get('id') ?? '';
const displayName = (query.get('name') ?? localStorage.getItem(NAME_KEY) ?? '').trim().slice(0, 64) || 'guest';

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 */
const get = (id) => /** @type {T} */ (document.getElementById(id));
const tiles = get('tiles');
const notice = get('notice');
const soundButton = get('sound');

const call = new Call(signalingUrl(location), roomId, displayName);
const localTile = new Tile(displayName, { local: true });
/** @type {Map<string, Tile>} */
const tileOf = new Map();

/** @param {string} text */
function say(text) {
  notice.textContent = text;
  notice.hidden = text === '';
}

function layOut() {
  const columns = bestColumns(tiles.childElementCount, tiles.clientWidth, tiles.clientHeight);
  tiles.style.setProperty('--columns', String(columns));
  tiles.style.setProperty('--rows', String(Math.ceil(tiles.childElementCount / columns)));
}

function showState() {
  const others = call.peers.size;
  const texts = {
    connecting: 'connecting …',
    joined: others === 0 ? 'nobody else is here yet' : `${others + 1} in the room`,
    lost: 'lost the server, trying again …',
    closed: 'left',
  };
  get('state').textContent = texts[call.state];
}

/**
 * @param {Peer} peer
 * @param {Tile} tile
 */
async function showTracks(peer, tile) {
  const video = peer.stream.getVideoTracks()[0];
  tile.showPicture(Boolean(video) && !video.muted && video.readyState === 'live');
  if (peer.stream.getTracks().length > 0 && !await tile.play(peer.stream))
    soundButton.hidden = false;
}

/** @param {Peer} peer */
function addPeer(peer) {
  const tile = new Tile(peer.displayName, { role: peer.role });
  tile.element.dataset.peer = peer.id;
  tileOf.set(peer.id, tile);
  tiles.append(tile.element);
  const states = { new: 'connecting …', connecting: 'connecting …', connected: '', disconnected: 'no contact',
    failed: 'reconnecting …', closed: '' };
  const showPeerState = () => tile.showStatus(states[peer.state]);
  peer.addEventListener('state', showPeerState);
  peer.addEventListener('tracks', () => showTracks(peer, tile));
  showPeerState();
  layOut();
  showState();
}

/** @param {Peer} peer */
function removePeer(peer) {
  tileOf.get(peer.id)?.element.remove();
  tileOf.delete(peer.id);
  layOut();
  showState();
}

/**
 * @param {string} name
 * @param {string} text
 */
function addLine(name, text) {
  const line = document.createElement('li');
  const who = document.createElement('b');
  who.textContent = name;
  line.append(who, ` ${text}`);
  get('chat-lines').append(line);
  line.scrollIntoView({ block: 'nearest' });
  if (get('chat').hidden)
    get('chat-toggle').classList.add('news');
}

/** @param {unknown} error */
function deviceText(error) {
  switch (/** @type {DOMException} */ (error)?.name) {
    case 'NotAllowedError': return 'The browser does not let this page use the camera and microphone.';
    case 'NotFoundError': return 'There is no camera or microphone.';
    case 'NotReadableError': return 'Another program uses the camera or microphone.';
    default: return 'The camera and microphone cannot be used.';
  }
}

/** @param {MediaStream} stream */
function useStream(stream) {
  for (const track of stream.getTracks()) {
    const kind = /** @type {Kind} */ (track.kind);
    call.setTrack(kind, track);
    const device = kind === 'audio' ? 'microphone' : 'camera';
    /** @type {HTMLButtonElement} */ (get(device)).disabled = false;
    track.onended = () => say(`The ${device} has gone.`);
  }
  localTile.play(call.media.stream);
  localTile.showPicture(Boolean(call.media.video));
}

/** Both devices if there are both, else the one there is, else none: nobody is kept out. */
async function openDevices() {
  if (!navigator.mediaDevices)
    return say('Camera and microphone need https, or a server on this machine. You can still see and hear the others.');
  const video = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 30 } };
  let failure;
  for (const constraints of [{ audio: true, video }, { audio: true }, { video }]) {
    try {
      useStream(await navigator.mediaDevices.getUserMedia(constraints));
      return failure && say(call.media.video ? 'Without a microphone.' : 'Without a camera.');
    } catch (error) {
      failure = error;
    }
  }
  say(`${deviceText(failure)} You can still see and hear the others.`);
}

/** @returns {Promise<RTCConfiguration>} */
async function iceConfiguration() {
  try {
    const answer = await fetch('api/ice-servers');
    const { iceServers } = answer.ok ? await answer.json() : { iceServers: [] };
    return { iceServers };
  } catch {
    return {};
  }
}

/** Asked for when we are in it: a room that nobody has made is there only while somebody is in it. */
async function showRoomName() {
  const answer = await fetch(`api/rooms/${encodeURIComponent(roomId)}`);
  if (!answer.ok)
    return;
  const { name } = await answer.json();
  get('room-title').textContent = name || roomId;
  document.title = `${name || roomId} · meshbot`;
}

/**
 * @param {string} id of the button
 * @param {Kind} kind
 */
function bindDevice(id, kind) {
  const button = get(id);
  button.addEventListener('click', () => {
    const track = call.media[kind];
    if (!track)
      return;
    track.enabled = !track.enabled;
    button.setAttribute('aria-pressed', String(track.enabled));
    if (kind === 'video')
      localTile.showPicture(track.enabled);
    else
      localTile.showSilent(!track.enabled);
    call.announceState();
  });
}

function bindControls() {
  bindDevice('microphone', 'audio');
  bindDevice('camera', 'video');
  soundButton.addEventListener('click', () => {
    soundButton.hidden = true;
    for (const { video } of tileOf.values()) {
      video.muted = false;
      video.play().catch(() => {});
    }
  });
  get('copy').addEventListener('click', async () => {
    const link = new URL(`room.html?id=${encodeURIComponent(roomId)}`, location.href).href;
    try {
      await navigator.clipboard.writeText(link);
      get('copy').textContent = 'Copied';
      setTimeout(() => (get('copy').textContent = 'Copy link'), 2000);
    } catch {
      say(link);
    }
  });
  get('chat-toggle').addEventListener('click', () => {
    const hidden = get('chat').toggleAttribute('hidden');
    get('chat-toggle').setAttribute('aria-expanded', String(!hidden));
    get('chat-toggle').classList.remove('news');
    if (!hidden)
      get('chat-text').focus();
  });
  get('chat-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const input = /** @type {HTMLInputElement} */ (get('chat-text'));
    const text = input.value.trim();
    if (!text)
      return;
    addLine(displayName, call.chat(text) > 0 ? text : `${text} (nobody got it)`);
    input.value = '';
  });
}

function bindCall() {
  /** @type {(type: string, handler: (detail: any) => void) => void} */
  const on = (type, handler) =>
    call.addEventListener(type, (event) => handler(/** @type {CustomEvent} */ (event).detail));
  on('state', () => {
    showState();
    if (call.state === 'joined')
      showRoomName().catch(() => {});
  });
  on('peer-added', addPeer);
  on('peer-removed', removePeer);
  on('chat', ({ peer, text }) => addLine(peer.displayName, text));
  on('peer-state', ({ peer, audio, video }) => {
    const tile = tileOf.get(peer.id);
    tile?.showSilent(audio === false);
    const track = peer.stream.getVideoTracks()[0];
    tile?.showPicture(video !== false && Boolean(track) && !track.muted);
  });
  on('error', ({ code, message }) => say(code === 'room-full' ? 'The room is full.' : `${message ?? code}`));
  on('closed', () => say('The room has been closed.'));
  addEventListener('pagehide', () => call.leave());
}

async function start() {
  tiles.append(localTile.element);
  new ResizeObserver(layOut).observe(tiles);
  layOut();
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(roomId)) {
    get('state').textContent = '';
    return say('This link names no room. Go back to the list and choose one.');
  }
  get('room-title').textContent = roomId;
  document.title = `${roomId} · meshbot`;
  bindControls();
  bindCall();
  const [configuration] = await Promise.all([
    iceConfiguration(),
    Promise.race([openDevices(), new Promise((resolve) => setTimeout(resolve, DEVICE_MS))]),
  ]);
  call.join(configuration);
}

start();
