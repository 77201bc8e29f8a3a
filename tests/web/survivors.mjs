// survivors.mjs: a connection is taken along to a new id when, and only when, both ends have shown that they hold it

import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { beforeEach, mock, test } from 'node:test';
import { AWAY_MS, HELD_MS, PONG_MS, Survivors } from '../../src/web/survivors.js';

globalThis.crypto ??= webcrypto;
let log, peer, survivors;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  log = [];
  peer = { id: 'old', suspended: false, sent: [], open: true, send(message) {
    this.sent.push(message);
    return this.open;
  } };
  survivors = new Survivors({
    drop: (each) => log.push(['drop', each.id]),
    admit: (member, signals) => log.push(['admit', member.id, signals.length]),
    adopt: (each, member) => log.push(['adopt', each.id, member.id]),
    signal: (to, data) => log.push(['signal', to, Boolean(data.resume)]),
  });
});

const away = () => {
  survivors.tell(peer, 'me-now');
  survivors.leave(peer);
  survivors.alive(peer);
};

test('known by both the connection and the server: adopted, in any order', () => {
  for (const order of [['claim', 'meet', 'show'], ['meet', 'claim', 'show'], ['meet', 'show', 'claim']]) {
    log.length = 0;
    away();
    for (const step of order) {
      if (step === 'claim')
        survivors.claim(peer, { id: 'new', key: 'k' });
      else if (step === 'meet')
        survivors.meet({ id: 'new' });
      else
        survivors.take('new', { resume: 'k' });
    }
    assert.deepEqual(log.at(-1), ['adopt', 'old', 'new'], order.join());
    assert.ok(log.some(([what]) => what === 'signal'), 'it is shown who we are');
    assert.equal(peer.suspended, false);
    assert.equal(survivors.isAway(peer), false);
  }
});

test('a claim to be somebody else comes to nothing', () => {
  away();
  survivors.claim(peer, { id: 'victim', key: 'k' });
  survivors.meet({ id: 'victim' });
  survivors.take('victim', { resume: 'something else' });
  survivors.take('other', { resume: 'k' });
  mock.timers.tick(HELD_MS);
  assert.deepEqual(log.filter(([what]) => what !== 'signal'), [['admit', 'victim', 0]]);
});

test('a stranger is admitted at once when nobody is away, and after a while, or with its offer, when somebody is', () => {
  survivors.meet({ id: 'first' });
  away();
  survivors.meet({ id: 'second' });
  survivors.meet({ id: 'third' });
  assert.deepEqual(log, [['admit', 'first', 0]]);
  survivors.take('third', { candidate: null });
  survivors.take('third', { description: {} });
  assert.deepEqual(log.at(-1), ['admit', 'third', 2]);
  mock.timers.tick(HELD_MS);
  assert.deepEqual(log.at(-1), ['admit', 'second', 0]);
});

test('who does not answer is dropped soon, who answers but does not come back later', () => {
  survivors.leave(peer);
  assert.equal(peer.suspended, true);
  mock.timers.tick(PONG_MS);
  assert.deepEqual(log, [['drop', 'old']]);
  survivors.forget(peer);
  away();
  mock.timers.tick(AWAY_MS - 1);
  assert.equal(log.length, 1);
  mock.timers.tick(1);
  assert.deepEqual(log.at(-1), ['drop', 'old']);
});

test('who cannot even be asked is dropped at once', () => {
  peer.open = false;
  survivors.leave(peer);
  assert.deepEqual(log, [['drop', 'old']]);
});

test('nonsense in a claim changes nothing', () => {
  away();
  for (const message of [{}, { id: 7, key: 'k' }, { id: 'new', key: null }])
    survivors.claim(peer, message);
  survivors.meet({ id: 'new' });
  survivors.take('new', { resume: undefined });
  survivors.take('nobody', null);
  assert.deepEqual(log, []);
});
