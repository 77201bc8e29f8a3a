// bandwidth.mjs: who gets which share of the uplink, and what a sender is told

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUDGET_KBPS, LOW_BUDGET_KBPS, planUplink, sendEncoding } from '../../src/web/bandwidth.js';

const wishes = (count, wish = {}) => new Map(Array.from({ length: count }, (_, n) => [`p${n}`, { ...wish }]));
const total = (plans, sound = false) => [...plans.values()].reduce((sum, { audio, camera, screen, screenAudio }) =>
  sum + audio.kbps + (sound ? screenAudio.kbps : 0) + (camera.active ? camera.kbps : 0) + (screen.active ? screen.kbps : 0), 0);

test('the budget holds for any number of peers, with and without a screen and its sound', () => {
  for (let count = 1; count <= 16; count += 1)
    for (const [screen, screenAudio] of [[false, false], [true, false], [true, true]]) {
      const plans = planUplink(wishes(count, { camera: 720, screen: screen ? 1080 : 0 }), { screen, screenAudio });
      assert.ok(total(plans, screenAudio) <= BUDGET_KBPS + 0.01, `${count} peers: ${total(plans, screenAudio)}`);
      for (const { audio } of plans.values())
        assert.deepEqual([audio.kbps, audio.priority], [32, 'high']);
    }
});

test('the more there are, the smaller the picture; the rate of frames is kept longest', () => {
  const of = (count) => planUplink(wishes(count, { camera: 720 })).get('p0')?.camera ?? {};
  assert.deepEqual([of(1).height, of(1).fps], [720, 30]);
  assert.deepEqual([of(7).height, of(7).fps], [360, 30]);
  assert.ok(of(15).height < of(7).height);
  assert.ok([1, 7, 15].every((count) => of(count).keep === 'maintain-framerate'));
  assert.equal(planUplink(wishes(1, { screen: 900 }), { screen: true }).get('p0')?.screen.keep, 'maintain-resolution');
});

test('low bandwidth sends small pictures within a tenth', () => {
  const plans = planUplink(wishes(3, { camera: 720 }), { low: true });
  assert.ok(total(plans) <= LOW_BUDGET_KBPS);
  assert.ok([...plans.values()].every(({ camera }) => camera.height <= 180));
});

test('who shows us small gets little, and leaves the rest to the others', () => {
  const plans = planUplink(new Map([['large', { camera: 720 }], ['small', { camera: 100 }], ['away', { camera: 0 }]]));
  assert.equal(plans.get('away')?.camera.active, false);
  assert.ok((plans.get('small')?.camera.height ?? 0) <= 180);
  assert.equal(plans.get('large')?.camera.height, 720);
  assert.ok((plans.get('large')?.camera.kbps ?? 0) > BUDGET_KBPS / 3);
});

test('a sender is told only what has changed, and nothing before it was agreed upon', async () => {
  const calls = [];
  let encodings = [{ active: true }];
  const sender = { getParameters: () => ({ encodings: structuredClone(encodings) }), setParameters: async (set) => calls.push(set) };
  await sendEncoding(sender, { active: true, kbps: 700.4, height: 360, of: 720, fps: 24, keep: 'maintain-framerate' });
  assert.deepEqual(calls, [{ degradationPreference: 'maintain-framerate', encodings: [{ active: true, maxBitrate: 700000, maxFramerate: 24, scaleResolutionDownBy: 2 }] }]);
  encodings = calls[0].encodings;
  await sendEncoding(sender, { active: true, kbps: 700.4, height: 360, of: 720, fps: 24 });
  assert.equal(calls.length, 1);
  encodings = [];
  await sendEncoding(sender, { active: false });
  await sendEncoding(undefined, { active: false });
  assert.equal(calls.length, 1);
});
