// page.mjs: the modules that draw: texts in their places, tiles, chat, notices, details, keys, the token

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { openPage } from './lib/page.mjs';

const WEB = new URL('../../src/web/', import.meta.url);
const document = openPage('room.html');
globalThis.MediaStream = class {
  list = [];
  getTracks = () => [...this.list];
  addTrack = (track) => this.list.includes(track) || this.list.push(track);
  removeTrack = (track) => (this.list = this.list.filter((each) => each !== track));
};
const { dress, fillTexts, lookUp } = await import('../../src/web/dom.js');
const { text } = await import('../../src/web/text.js');
const { hueOf, initialsOf, Tile } = await import('../../src/web/tile.js');
const { Chat } = await import('../../src/web/chat.js');
const { showDetails } = await import('../../src/web/details.js');
const { say } = await import('../../src/web/notices.js');
const { shortcutOf } = await import('../../src/web/shortcuts.js');
const { clientKey, store, tab } = await import('../../src/web/store.js');
const { mayDo, takeToken } = await import('../../src/web/api.js');
const EVIL = '<img src=x onerror=alert(1)>';

describe('texts', () => {
  test('every text that a page asks for is there', () => {
    for (const name of ['index.html', 'room.html'])
      for (const [, key] of readFileSync(new URL(name, WEB), 'utf8').matchAll(/data-t(?:-label|-hint)?="([^"]+)"/g))
        assert.notEqual(lookUp(key), key, `${name}: ${key}`);
  });

  test('they are put in their places', () => {
    fillTexts(document);
    assert.equal(document.querySelector('#join').textContent, 'Join');
    assert.equal(document.querySelector('#controls').getAttribute('aria-label'), 'Call controls');
    assert.equal(document.querySelector('#chat-text').getAttribute('placeholder'), text.chat.hint);
  });

  test('every module is served, and loaded ahead by the pages that need it', () => {
    const resource = readFileSync(new URL('meshbot.gresource.xml', WEB), 'utf8');
    const html = readFileSync(new URL('room.html', WEB), 'utf8');
    const imports = (name, seen = new Set()) => {
      for (const [, each] of readFileSync(new URL(name, WEB), 'utf8').matchAll(/^import .*?'\.\/(.+?)'/gms))
        if (!seen.has(each))
          imports(each, seen.add(each));
      return seen;
    };
    for (const name of readdirSync(WEB).filter((each) => /\.(js|css|html|svg)$/.test(each)))
      assert.ok(resource.includes(`<file>${name}</file>`), `${name} is not served`);
    for (const name of imports('room.js'))
      assert.ok(html.includes(`<link rel="modulepreload" fetchpriority="low" href="${name}">`), `${name} is not loaded ahead`);
  });

  test('pages have nothing inline and nothing of elsewhere', () => {
    for (const name of ['index.html', 'room.html']) {
      const html = readFileSync(new URL(name, WEB), 'utf8');
      assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=|https?:|\/\//i, name);
    }
    for (const name of readdirSync(WEB).filter((each) => each.endsWith('.js')))
      assert.doesNotMatch(readFileSync(new URL(name, WEB), 'utf8'), /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/, name);
  });
});

describe('tile', () => {
  test('initials and colours', () => {
    assert.deepEqual(['Ada Lovelace', 'ann', '  ', '🙂', 'Jean-Luc van Dam', EVIL].map(initialsOf), ['AL', 'A', '?', '?', 'JD', 'IO']);
    assert.equal(hueOf('Ada'), hueOf('Ada'));
    assert.notEqual(hueOf('Ada'), hueOf('Bert'));
  });

  test('a name is a text, and a recorder is marked', () => {
    const tile = new Tile(EVIL, { role: 'recorder' });
    assert.equal(tile.element.querySelector('.name').textContent, EVIL);
    assert.equal(tile.element.querySelector('img'), null);
    assert.equal(tile.element.querySelector('.mark.recording').textContent, 'recording');
    assert.equal(new Tile('Ann').element.querySelector('.mark'), null);
  });

  test('picture, silence, hand, state, quality and speech are shown and taken back', () => {
    const tile = new Tile('Ann');
    const hidden = (part) => tile.element.querySelector(part).hidden;
    assert.ok(tile.element.classList.contains('dark') && hidden('.silent') && hidden('.hand') && hidden('.status') && hidden('.quality'));
    tile.showPicture(true);
    tile.showSilent(true);
    tile.showHand(true);
    tile.showStatus('No contact');
    tile.showQuality('fair');
    tile.showSpeaking(true);
    assert.ok(!tile.element.classList.contains('dark') && !hidden('.silent') && !hidden('.hand') && !hidden('.status'));
    assert.equal(tile.element.querySelector('.quality').dataset.quality, 'fair');
    assert.equal(tile.element.getAttribute('aria-label'), 'Ann, speaking');
    tile.showQuality(null);
    tile.showSpeaking(false);
    assert.ok(hidden('.quality'));
    assert.equal(tile.element.getAttribute('aria-label'), 'Ann');
  });
});

describe('chat', () => {
  test('lines are texts with links; what comes to a closed panel is counted', () => {
    const sent = [];
    const chat = new Chat((words) => sent.push(words));
    assert.match(document.querySelector('#chat-lines').textContent, /before you came is not shown/);
    chat.add(EVIL, `${EVIL} https://a.example/?b`);
    chat.add('Ann', 'second');
    assert.equal(document.querySelector('#chat-unread').textContent, '2');
    assert.match(document.querySelector('#chat-toggle').getAttribute('aria-label'), /2 new messages/);
    assert.equal(document.querySelectorAll('#chat-lines img').length, 0);
    assert.equal(document.querySelector('#chat-lines a').getAttribute('href'), 'https://a.example/?b');
    chat.toggle(true);
    assert.equal(document.querySelector('#chat-unread').hidden, true);
    for (let n = 0; n < 600; n += 1)
      chat.add('Ann', `line ${n}`);
    assert.equal(document.querySelector('#chat-lines').childElementCount, 500);
    chat.add('You', 'to nobody', { own: true, lost: true });
    assert.match(document.querySelector('#chat-lines').lastElementChild.textContent, /Nobody was there/);
  });
});

describe('notices', () => {
  test('three at most, none twice, and they can be taken away', () => {
    for (const words of ['a', 'b', 'b', 'c', 'd'])
      say(words, { lasting: true });
    const shown = () => [...document.querySelector('#notices').children].map((each) => each.textContent);
    assert.deepEqual(shown(), ['b', 'c', 'd']);
    say('e', { lasting: true })();
    assert.deepEqual(shown(), ['c', 'd']);
  });
});

describe('details', () => {
  test('a section for each peer, by name', () => {
    showDetails([[EVIL, { rttMs: 12.3, candidate: 'relay', protocol: 'udp', tracks: [
      { way: 'in', kind: 'video', codec: 'VP8', width: 640, height: 360, fps: 29.6, kbps: 512.2, loss: 0.0123 }] }]]);
    const panel = document.querySelector('#details-body');
    assert.equal(panel.querySelector('h3').textContent, EVIL);
    assert.match(panel.textContent, /through a relay \(udp\).*12 ms.*VP8 · 640 × 360, 30 a second · 512 kb\/s · 1\.2 % lost/s);
    showDetails([]);
    assert.equal(panel.textContent, 'Nobody is connected.');
  });
});

describe('keys', () => {
  test('only bare keys count, and none while somebody writes', () => {
    assert.deepEqual(['m', 'M', 'v', '?', 'q', 'Enter', 'constructor'].map((key) => shortcutOf({ key })), ['m', 'm', 'v', '?', '', '', '']);
    for (const held of ['ctrlKey', 'altKey', 'metaKey', 'repeat'])
      assert.equal(shortcutOf({ key: 'm', [held]: true }), '');
    assert.equal(shortcutOf({ key: 'm', target: document.querySelector('#chat-text') }), '');
    assert.equal(shortcutOf({ key: 'm', target: document.querySelector('#keys-enabled') }), 'm');
  });
});

describe('controls', () => {
  test('a button shows an icon and has a name', () => {
    const button = document.createElement('button');
    dress(button, 'microphone', 'Mute');
    dress(button, 'microphone-off', 'Unmute');
    assert.equal(button.getAttribute('aria-label'), 'Unmute');
    assert.equal(button.querySelectorAll('svg').length, 1);
    assert.equal(button.querySelector('svg').getAttribute('aria-hidden'), 'true');
  });
});

describe('store', () => {
  test('what is remembered, and that nothing breaks where nothing may be', () => {
    store.set('displayName', 'Ann');
    store.set('low', true);
    assert.deepEqual([store.get('displayName'), store.get('low'), store.get('camera')], ['Ann', 'true', '']);
    store.set('low', false);
    assert.equal(store.get('low'), '');
    assert.equal(clientKey(), clientKey());
    assert.match(clientKey(), /^[0-9a-f]{24}$/);
    const kept = globalThis.localStorage;
    Object.defineProperty(globalThis, 'localStorage', { configurable: true, get: () => {
      throw new Error('forbidden');
    } });
    store.set('displayName', 'x');
    assert.equal(store.get('displayName'), '');
    Object.defineProperty(globalThis, 'localStorage', { configurable: true, writable: true, value: kept });
  });
});

describe('token', () => {
  const claims = (grants) => `x.${Buffer.from(JSON.stringify({ grants })).toString('base64url')}.y`;

  test('it is taken out of the address and kept for the tab', () => {
    const replaced = [];
    const history = { state: null, replaceState: (state, unused, url) => replaced.push(url) };
    assert.equal(takeToken({ hash: '#token=a.b.c', pathname: '/room.html', search: '?id=x' }, history), 'a.b.c');
    assert.deepEqual(replaced, ['/room.html?id=x']);
    assert.equal(takeToken({ hash: '', pathname: '/', search: '' }, history), 'a.b.c');
    assert.equal(replaced.length, 1);
    tab.set('token', '');
    assert.equal(takeToken({ hash: '', pathname: '/', search: '' }, history), '');
  });

  test('what it grants is read from it; without one the host decides', () => {
    assert.deepEqual([claims(['join']), claims(['admin', 'join']), claims(undefined), '', 'x', 'a.!.b'].map((token) => mayDo(token, 'admin')),
      [false, true, true, true, true, true]);
  });
});
