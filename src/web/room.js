// @ts-check
// room.js: the page of one room: before, during and after the call

import { getIceServers, getRoom, isRefused, mayDo, takeToken } from './api.js';
import { Call } from './call.js';
import { Chat } from './chat.js';
import { bindControls, showDevices, showHand, showScreen } from './controls.js';
import { showDetails } from './details.js';
import { DeviceForm } from './device-form.js';
import { fillTexts, get } from './dom.js';
import { DEVICE, Devices, openScreen } from './media.js';
import { say } from './notices.js';
import { People } from './people.js';
import { prepare } from './prejoin.js';
import { signalingUrl } from './signaling.js';
import { Stage } from './stage.js';
import { clientKey, store, tab } from './store.js';
import { text } from './text.js';
import { Tile } from './tile.js';

/** @typedef {import('./peer.js').Kind} Kind */
/** @typedef {import('./peer.js').Peer} Peer */

const GATHER_MS = 4000;
/** A connection that is interrupted for less is not worth a word. */
const LOST_MS = 3000;
const query = new URLSearchParams(location.search);
const roomId = query.get('id') ?? '';
const devices = new Devices();
/** @type {Kind[]} */
const KINDS = ['audio', 'video'];

/** A reload in the middle of a call goes on with it. */
function isReload() {
  const [entry] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType('navigation'));
  return entry?.type === 'reload' && tab.get('joined') === roomId;
}

/** @param {Call} call @param {Stage} stage */
function showState(call, stage) {
  const others = call.peers.size;
  const texts = {
    connecting: text.room.connecting, lost: text.room.lost, closed: text.room.left,
    joined: others === 0 ? text.room.alone : text.room.count(others + 1, stage.nHidden),
  };
  get('state').textContent = texts[call.state];
}

/** @param {People} people */
function showRecorders(people) {
  const names = people.recorders;
  get('recording').hidden = names.length === 0;
  get('recording').textContent = text.room.recording(names.join(', '));
}

/** The name is asked for when we are in it: a room that nobody has made is there only while somebody is in it. */
async function showRoomName() {
  const name = (await getRoom(roomId).catch(() => null))?.name || roomId;
  get('room-title').textContent = name;
  document.title = text.room.title(name);
}

/** @param {Call} call @param {Stage} stage */
function bindLocalMedia(call, stage) {
  const local = new Tile(text.room.you(call.displayName), { local: true });
  stage.add('local', local);
  const show = () => {
    const { video } = devices.tracks;
    local.play(video ? [video] : []);
    local.showPicture(Boolean(video));
    local.showSilent(!devices.isOn('audio'));
    showDevices(devices);
  };
  devices.addEventListener('change', (event) => {
    const kind = /** @type {CustomEvent<Kind>} */ (event).detail;
    if (call.media[kind] !== devices.tracks[kind])
      call.setTrack(kind, devices.tracks[kind]);
    else
      call.announceState();
    show();
  });
  devices.addEventListener('lost', async (event) => {
    const kind = /** @type {CustomEvent<Kind>} */ (event).detail;
    say(kind === 'audio' ? text.notice.microphoneLost : text.notice.cameraLost);
    // Another one may be there to take over.
    const others = (await devices.list())[kind];
    if (others.length > 0) {
      store.set(DEVICE[kind], '');
      await devices.set(kind, true);
      if (devices.isOn(kind))
        say(text.notice.deviceFound);
    }
  });
  for (const kind of KINDS)
    if (devices.tracks[kind])
      call.setTrack(kind, devices.tracks[kind]);
  show();
  return local;
}

/** @param {Call} call @param {Stage} stage */
function bindScreen(call, stage) {
  const stop = () => {
    for (const track of call.media.screen?.stream.getTracks() ?? [])
      track.stop();
    call.setScreen(null);
    stage.remove('local-screen');
    showScreen(false);
  };
  return async () => {
    if (call.media.screen)
      return stop();
    try {
      const stream = await openScreen(call.low);
      const [track] = stream.getVideoTracks();
      track.contentHint = 'detail';
      track.onended = () => {
        stop();
        say(text.notice.screenEnded);
      };
      call.setScreen(stream);
      const tile = new Tile(text.room.yourScreen, { local: true, kind: 'screen' });
      stage.add('local-screen', tile);
      tile.showPicture(true);
      tile.play([track]);
      showScreen(true);
    } catch (error) {
      // Whoever was asked and said no need not be told.
      if (/** @type {DOMException} */ (error).name !== 'NotAllowedError')
        say(text.notice.noScreen);
    }
  };
}

/**
 * Says who came or went, those of a moment in one sentence.
 * @param {(names: string[]) => string} sentence
 */
function gatherer(sentence) {
  /** @type {string[]} */
  let names = [];
  let end = () => {};
  let timer = 0;
  return (/** @type {string} */ name) => {
    names.push(name);
    end();
    end = say(sentence(names));
    clearTimeout(timer);
    timer = setTimeout(() => (names = []), GATHER_MS);
  };
}

/** A handshake does not say why it failed. @param {Call} call */
async function leaveIfRefused(call) {
  if (!await isRefused() || call.state !== 'lost')
    return;
  call.leave();
  say(text.notice.unauthorized, { lasting: true });
}

/** @param {Call} call @param {People} people @param {Stage} stage */
function bindNotices(call, people, stage) {
  /** @type {WeakMap<Peer, {hand: boolean, screen: boolean, lost: boolean}>} */
  const known = new WeakMap();
  /** @type {() => void} */
  let endLost = () => {};
  const sayJoined = gatherer(text.notice.joined);
  const sayLeft = gatherer(text.notice.left);
  stage.addEventListener('layout', () => showState(call, stage));
  /** @type {(type: string, handler: (detail: any) => void) => void} */
  const on = (type, handler) => call.addEventListener(type, (event) => handler(/** @type {CustomEvent} */ (event).detail));
  on('state', () => {
    showState(call, stage);
    if (call.state === 'lost') {
      endLost = say(text.notice.lost, { lasting: true });
      leaveIfRefused(call);
    }
    if (call.state === 'joined') {
      endLost();
      showRoomName();
    }
  });
  on('peer-added', (/** @type {Peer} */ peer) => {
    known.set(peer, { hand: false, screen: false, lost: false });
    if (peer.role === 'recorder')
      say(text.notice.recorderJoined(peer.displayName));
    else if (peer.isNew)
      sayJoined(peer.displayName);
    showState(call, stage);
    showRecorders(people);
  });
  on('peer-removed', (/** @type {Peer} */ peer) => {
    if (peer.role === 'recorder')
      say(text.notice.recorderLeft(peer.displayName));
    else if (call.state === 'joined')
      sayLeft(peer.displayName);
    showState(call, stage);
    showRecorders(people);
  });
  on('peer-changed', (/** @type {Peer} */ peer) => {
    const before = known.get(peer);
    const { hand, screen } = call.remoteOf(peer);
    if (!before)
      return;
    if (hand && !before.hand)
      say(text.notice.handUp(peer.displayName));
    if (screen && !before.screen)
      say(text.notice.screenOn(peer.displayName));
    Object.assign(before, { hand, screen });
    if (peer.state === 'disconnected' || peer.state === 'failed')
      setTimeout(() => {
        if (before.lost || peer.state === 'connected' || call.peers.get(peer.id) !== peer)
          return;
        before.lost = true;
        say(text.notice.peerLost(peer.displayName));
      }, LOST_MS);
    else if (before.lost && peer.state === 'connected') {
      before.lost = false;
      say(text.notice.peerBack(peer.displayName));
    }
  });
  on('error', ({ code, message }) => say({
    'room-full': text.notice.full, 'rate-limited': text.notice.rateLimited, unauthorized: text.notice.unauthorized,
  }[/** @type {string} */ (code)] ?? text.notice.error(message ?? code), { lasting: true }));
  on('closed', () => say(text.notice.closed, { lasting: true }));
}

/** @param {string} displayName @param {string} token */
async function enter(displayName, token) {
  get('prejoin').hidden = true;
  get('call').hidden = get('controls').hidden = false;
  document.body.classList.add('in-call');
  const call = new Call(signalingUrl(location, token), roomId, displayName);
  if (!devices.mayPublish)
    call.media.direction = 'recvonly';
  call.client = clientKey();
  call.low = Boolean(store.get('low'));
  tab.set('joined', roomId);
  const stage = new Stage(get('stage'));
  const people = new People(call, stage);
  const local = bindLocalMedia(call, stage);
  const chat = new Chat((words) => call.chat(words));
  bindNotices(call, people, stage);
  bindControls(roomId, people, {
    microphone: () => devices.toggle('audio'),
    camera: () => devices.toggle('video'),
    screen: bindScreen(call, stage),
    hand: () => {
      call.setHand(!call.hand);
      local.showHand(call.hand);
      showHand(call.hand);
    },
    chat: () => chat.toggle(),
  });
  if (!devices.mayPublish)
    get('screen').hidden = true;
  call.addEventListener('chat', (event) => {
    const { peer, text: words } = /** @type {CustomEvent} */ (event).detail;
    chat.add(peer.displayName, words);
  });
  bindSettings(call, people);
  people.addEventListener('silenced', () => (get('sound').hidden = false));
  get('sound').addEventListener('click', () => {
    get('sound').hidden = true;
    people.unsilence();
  });
  get('leave').addEventListener('click', () => tab.set('joined', ''));
  addEventListener('pagehide', () => call.leave());
  addEventListener('pageshow', ({ persisted }) => persisted && location.reload());
  addEventListener('online', () => call.networkChanged());
  showState(call, stage);
  call.join(await getIceServers());
}

/** @param {Call} call @param {People} people */
function bindSettings(call, people) {
  get('settings-body').prepend(get('devices'));
  get('choose-speaker').addEventListener('change', () => people.setSpeaker(store.get('speaker')));
  people.setSpeaker(store.get('speaker'));
  const low = /** @type {HTMLInputElement} */ (get('low'));
  low.checked = call.low;
  low.addEventListener('change', () => {
    store.set('low', low.checked);
    call.setLow(low.checked);
  });
  people.addEventListener('figures', () => {
    if (/** @type {HTMLDialogElement} */ (get('details')).open)
      showDetails([...people.figures].map(([{ displayName }, figures]) => [displayName, figures]));
  });
}

async function start() {
  fillTexts(document);
  const token = takeToken(location, history);
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(roomId))
    return say(text.join.noRoom, { lasting: true });
  get('room-title').textContent = roomId;
  document.title = text.room.title(roomId);
  for (const dialog of document.querySelectorAll('dialog'))
    dialog.querySelector('.close')?.addEventListener('click', () => dialog.close());
  if (await isRefused()) {
    get('refused').hidden = false;
    return;
  }
  const name = (query.get('name') ?? '').trim().slice(0, 64);
  devices.mayPublish = mayDo(token, 'publish');
  new DeviceForm(devices).refresh();
  const opened = devices.open();
  if (isReload()) {
    await opened;
    return enter(store.get('displayName') || name || text.join.guest, token);
  }
  await enter(await prepare(devices, roomId, name), token);
}

start();
