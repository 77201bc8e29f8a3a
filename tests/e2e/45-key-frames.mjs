// 45-key-frames.mjs: who asks a bot for a key frame has it within 200 ms

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setUp } from './lib/lab.mjs';

const TIMES = 8;
const LIMIT_MS = 200;

/** In a worker: tells when key frames come, and asks for one. */
const WORKER = `
  onrtctransform = async ({ transformer }) => {
    onmessage = () => transformer.sendKeyFrameRequest();
    const writer = transformer.writable.getWriter();
    for (const reader = transformer.readable.getReader();;) {
      const { value, done } = await reader.read();
      if (done)
        return;
      if (value.type === 'key')
        postMessage('key');
      writer.write(value);
    }
  };`;

test('a key frame that is asked for', { timeout: 60000 }, async (t) => {
  const { run, wait } = await setUp(t, ['--fps', '30']);
  await run(`globalThis.me = await lab.join({ polite: false, prepare: (pc) => {
    const worker = globalThis.worker = new Worker(URL.createObjectURL(new Blob([${JSON.stringify(WORKER)}])));
    pc.addTransceiver('video', { direction: 'recvonly' }).receiver.transform = new RTCRtpScriptTransform(worker);
  } });`);
  await wait('stats.decoded > 30', 'the bot\'s picture');
  // The bot's own key frames come every few seconds: all but the asking would take longer.
  const waits = await run(`const waits = [];
    for (let n = 0; n < ${TIMES}; n += 1) {
      await new Promise((resolve) => setTimeout(resolve, 350 + 37 * n));
      const asked = performance.now();
      worker.postMessage('ask');
      await new Promise((resolve) => (worker.onmessage = resolve));
      waits.push(Math.round(performance.now() - asked));
    }
    return waits;`);
  t.diagnostic(`${waits} ms`);
  assert.ok(waits.filter((ms) => ms <= LIMIT_MS).length >= TIMES - 1, `${waits}`);
});
