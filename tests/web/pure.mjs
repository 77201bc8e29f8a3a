// pure.mjs: the page's modules that only calculate: layout, links, speaker, streams, quality

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bestColumns, grid, spotlight } from '../../src/web/layout.js';
import { splitLinks } from '../../src/web/links.js';
import { sessionOf, versionOf } from '../../src/web/peer.js';
import { ActiveSpeaker } from '../../src/web/speaker.js';
import { qualityOf, readStats } from '../../src/web/stats.js';
import { groupTracks, readState } from '../../src/web/streams.js';
import { troubleOf } from '../../src/web/media.js';

const SIZES = [[320, 400], [390, 700], [568, 250], [1280, 700], [2560, 1300], [3840, 2000]];

/** Nothing lies over anything else, or outside. */
function assertApart(rects, width, height, what) {
  for (const [n, a] of rects.entries()) {
    assert.ok(a.x >= -0.01 && a.y >= -0.01 && a.x + a.width <= width + 0.01 && a.y + a.height <= height + 0.01, `${what}: tile ${n} is outside`);
    assert.ok(a.width > 0 && a.height > 0, `${what}: tile ${n} is empty`);
    for (const b of rects.slice(n + 1))
      assert.ok(a.x + a.width <= b.x + 0.01 || b.x + b.width <= a.x + 0.01 || a.y + a.height <= b.y + 0.01 || b.y + b.height <= a.y + 0.01, `${what}: tiles overlap`);
  }
}

describe('layout', () => {
  test('one to sixteen tiles lie apart and fill most of any room', () => {
    for (const [width, height] of SIZES)
      for (let count = 1; count <= 16; count += 1) {
        const rects = grid(count, width, height, 8);
        assert.equal(rects.length, count);
        assertApart(rects, width, height, `${count} in ${width} × ${height}`);
        const used = rects.reduce((sum, rect) => sum + rect.width * rect.height, 0) / (width * height);
        assert.ok(used > 0.55, `${count} in ${width} × ${height} fill ${used.toFixed(2)}`);
      }
  });

  test('pictures of two are as large as they can be, beside or above each other', () => {
    assert.equal(bestColumns(2, 1600, 700), 2);
    assert.equal(bestColumns(2, 400, 800), 1);
    assert.equal(bestColumns(1, 400, 800), 1);
    assert.equal(bestColumns(16, 1600, 900), 4);
  });

  test('a screen takes most of the room, the others a strip', () => {
    for (const [width, height] of SIZES)
      for (let count = 1; count <= 16; count += 1) {
        const rects = spotlight(count, 1, width, height, 8);
        assertApart(rects, width, height, `${count} with a screen in ${width} × ${height}`);
        const area = ({ width, height }) => width * height;
        assert.ok(rects.slice(1).every((rect) => area(rect) < area(rects[0])), 'the screen is the largest');
      }
  });
});

describe('links', () => {
  const table = [
    ['nothing here', ['nothing here']],
    ['https://a.example', [['https://a.example']]],
    ['see https://a.example/b?c=d#e.', ['see ', ['https://a.example/b?c=d#e'], '.']],
    ['(https://a.example/x)', ['(', ['https://a.example/x'], ')']],
    ['https://a.example/x_(y)', [['https://a.example/x_(y)']]],
    ['javascript:alert(1) data:text/html,x file:///etc', ['javascript:alert(1) data:text/html,x file:///etc']],
    ['<a href="https://a.example">', ['<a href="', ['https://a.example'], '">']],
    ['HTTP://A.example, https://b.example', [['HTTP://A.example'], ', ', ['https://b.example']]],
    ['http://', ['http://']],
    ['https://[', ['https://[']],
    ['', []],
  ];
  for (const [text, parts] of table)
    test(JSON.stringify(text), () => {
      const found = splitLinks(text);
      assert.deepEqual(found.map((part) => (part.href ? [part.text] : part.text)), parts);
      assert.equal(found.map((part) => part.text).join(''), text, 'no letter is lost');
      assert.ok(found.every(({ href }) => !href || /^https?:/.test(href)));
    });
});

describe('speaker', () => {
  const levels = (object) => new Map(Object.entries(object));
  const settle = (speaker, object, from, to) => {
    for (let now = from; now <= to; now += 250)
      speaker.update(levels(object), now);
    return speaker.current;
  };

  test('silence marks nobody, a voice its owner', () => {
    const speaker = new ActiveSpeaker();
    assert.equal(settle(speaker, { a: 0, b: 0.001 }, 0, 1000), null);
    assert.equal(settle(speaker, { a: 0, b: 0.2 }, 1250, 2000), 'b');
  });

  test('a cough does not take the mark, a louder voice does', () => {
    const speaker = new ActiveSpeaker();
    settle(speaker, { a: 0.2, b: 0 }, 0, 2000);
    assert.equal(speaker.update(levels({ a: 0.2, b: 0.25 }), 2250), 'a');
    assert.equal(settle(speaker, { a: 0.02, b: 0.3 }, 2500, 4500), 'b');
  });

  test('the mark stays for a breath and goes after it', () => {
    const speaker = new ActiveSpeaker();
    settle(speaker, { a: 0.2 }, 0, 1000);
    assert.equal(speaker.update(levels({ a: 0 }), 1250), 'a');
    assert.equal(settle(speaker, { a: 0 }, 1500, 6000), null);
  });

  test('who is gone is not marked', () => {
    const speaker = new ActiveSpeaker();
    settle(speaker, { a: 0.2 }, 0, 1000);
    assert.equal(speaker.update(levels({}), 1250), null);
  });
});

describe('streams', () => {
  const owner = { id: 'ann', displayName: 'Ann', role: 'member' };
  const track = (kind, streamId) => ({ track: { kind }, streamId });
  const shape = (groups) => groups.map(({ key, name, kind, tracks }) => [key, name, kind, tracks.length]);

  test('somebody with nothing has a tile all the same', () => {
    assert.deepEqual(shape(groupTracks([], {}, owner)), [['camera', 'Ann', 'camera', 0]]);
  });

  test('what nothing was said about is the camera, in one stream or in two', () => {
    assert.deepEqual(shape(groupTracks([track('audio', 'x'), track('video', 'x')], {}, owner)), [['camera', 'Ann', 'camera', 2]]);
    assert.deepEqual(shape(groupTracks([track('audio', 'x'), track('video', 'y')], {}, owner)), [['camera', 'Ann', 'camera', 2]]);
    assert.deepEqual(shape(groupTracks([track('video', ''), track('video', 'z')], {}, owner)),
      [['camera', 'Ann', 'camera', 1], ['extra/z', 'Ann', 'camera', 1]]);
  });

  test('a screen has a tile of its own for as long as it is named', () => {
    const tracks = [track('audio', 'c'), track('video', 'c'), track('video', 's'), track('audio', 's')];
    const on = readState({ streams: { c: { kind: 'camera' }, s: { kind: 'screen' } } });
    assert.deepEqual(shape(groupTracks(tracks, on.streams, owner)), [['camera', 'Ann', 'camera', 2], ['screen', 'Ann', 'screen', 2]]);
    const off = readState({ streams: { c: { kind: 'camera' } } }, on);
    assert.deepEqual(shape(groupTracks(tracks, off.streams, owner)), [['camera', 'Ann', 'camera', 2]]);
  });

  test('a relay carries several participants, each named', () => {
    const streams = { a: { participant: 'bob', name: 'Bob', video: false }, b: { participant: 'cleo', name: 'Cleo' }, d: { participant: 'cleo', name: 'Cleo', kind: 'screen' } };
    const state = readState({ streams }, undefined, 'relay');
    const groups = groupTracks([track('audio', 'a'), track('video', 'b'), track('video', 'd')], state.streams, { id: 'r', displayName: 'Relay', role: 'relay' });
    assert.deepEqual(shape(groups), [['bob/camera', 'Bob', 'camera', 1], ['cleo/camera', 'Cleo', 'camera', 1], ['cleo/screen', 'Cleo', 'screen', 1]]);
    assert.deepEqual(groups.map(({ participant, note }) => [participant, note?.video]), [['bob', false], ['cleo', true], ['cleo', true]]);
  });

  test('nobody but a relay is believed about others', () => {
    const state = readState({ streams: { a: { participant: 'bob', name: 'Bob' } } }, undefined, 'member');
    assert.deepEqual(shape(groupTracks([track('video', 'a')], state.streams, owner)), [['camera', 'Ann', 'camera', 1]]);
  });

  test('a state is taken as it should be, whatever is sent', () => {
    for (const message of [{}, { audio: 'x', video: 1, hand: null, streams: 7, client: {} }, { streams: null }, { streams: [] }])
      assert.deepEqual({ ...readState(message), streams: 0 }, { audio: true, video: true, screen: false, hand: false, client: '', streams: 0 });
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`s${n}`, { kind: 'screen' }]));
    assert.ok(Object.keys(readState({ streams: many }).streams).length <= 100);
    let state = readState({});
    for (let n = 0; n < 1000; n += 1)
      state = readState({ streams: { [`t${n}`]: {} } }, state);
    assert.ok(Object.keys(state.streams).length <= 300, 'what is gone is forgotten in the end');
    assert.equal(readState({ client: 'k'.repeat(1000) }).client.length, 128);
  });
});

describe('stats', () => {
  const report = (at, more = {}) => new Map([
    ['T', { id: 'T', type: 'transport', selectedCandidatePairId: 'P' }],
    ['P', { id: 'P', type: 'candidate-pair', currentRoundTripTime: 0.05, localCandidateId: 'L', remoteCandidateId: 'R', ...more.pair }],
    ['L', { id: 'L', type: 'local-candidate', candidateType: 'host', protocol: 'udp' }],
    ['R', { id: 'R', type: 'remote-candidate', candidateType: more.remote ?? 'host' }],
    ['C', { id: 'C', type: 'codec', mimeType: 'video/VP8' }],
    ['V', { id: 'V', type: 'inbound-rtp', kind: 'video', codecId: 'C', timestamp: at * 1000, bytesReceived: at * 125000, packetsReceived: at * 100,
      packetsLost: at * (more.lost ?? 0), frameWidth: 640, frameHeight: 360, framesPerSecond: 30, freezeCount: more.freezes ?? 0 }],
    ['O', { id: 'O', type: 'outbound-rtp', kind: 'audio', remoteId: 'F', timestamp: at * 1000, bytesSent: at * 4000 }],
    ['F', { id: 'F', type: 'remote-inbound-rtp', fractionLost: 0.25, jitter: 0.004 }],
  ]);

  test('codec, size, rate, loss, round trip and path', () => {
    const { rttMs, candidate, protocol, tracks: [video, audio] } = readStats(report(3, { lost: 100 / 3 }), report(1));
    assert.deepEqual([rttMs, candidate, protocol], [50, 'host', 'udp']);
    assert.deepEqual([video.codec, video.width, video.height, video.fps, video.kbps], ['VP8', 640, 360, 30, 1000]);
    assert.ok(Math.abs(video.loss - 100 / 300) < 1e-9);
    assert.deepEqual([audio.way, audio.kbps, audio.loss, audio.jitterMs], ['out', 32, 0.25, 4]);
  });

  test('the first look has no rates, and a relay at either end is said', () => {
    const figures = readStats(report(3, { remote: 'relay' }), null);
    assert.deepEqual([figures.candidate, figures.tracks[0].kbps, figures.tracks[0].loss], ['relay', 0, 0]);
    assert.equal(readStats(new Map(), null).rttMs, null);
  });

  test('quality is as bad as the worst of loss, round trip and freezes', () => {
    const quality = (more) => qualityOf(readStats(report(3, more), report(1, { ...more, freezes: 0 })));
    assert.equal(quality({}), 'good');
    assert.equal(quality({ lost: 4 }), 'fair');
    assert.equal(quality({ lost: 20 }), 'poor');
    assert.equal(quality({ pair: { currentRoundTripTime: 0.3 } }), 'fair');
    assert.equal(quality({ pair: { currentRoundTripTime: 0.9 } }), 'poor');
    assert.equal(quality({ freezes: 1 }), 'fair');
    assert.equal(quality({ freezes: 3 }), 'poor');
  });
});

describe('peer', () => {
  test('the session and the version of a description', () => {
    const sdp = 'v=0\r\no=- 4611 2 IN IP4 127.0.0.1\r\ns=-\r\n';
    assert.deepEqual([sessionOf(sdp), versionOf(sdp), sessionOf('x'), versionOf(undefined)], ['4611', '4611 2', '', '']);
  });
});

describe('media', () => {
  test('each failure of a device has a sentence of its own', () => {
    const names = ['NotAllowedError', 'SecurityError', 'NotFoundError', 'OverconstrainedError', 'NotReadableError', 'AbortError', 'TypeError'];
    assert.deepEqual(names.map((name) => troubleOf({ name })), ['refused', 'refused', 'missing', 'missing', 'busy', 'busy', 'broken']);
    assert.equal(troubleOf(undefined), 'broken');
  });
});
