// @ts-check
// bandwidth.js: how much is sent to whom: one uplink that everybody in the mesh gets a share of

/** @typedef {{active?: boolean, kbps?: number, height?: number, fps?: number, of?: number, priority?: RTCPriorityType, keep?: 'maintain-framerate' | 'maintain-resolution'}} Encoding */
/** @typedef {{audio: Encoding, camera: Encoding, screen: Encoding, screenAudio: Encoding}} PeerPlan */
/**
 * @typedef {object} Wish what a peer shows of us
 * @property {number} [camera] height in pixels; 0 when it is out of sight; nothing when it has not said
 * @property {number} [screen]
 */

/** What all peers get together. A home's uplink has more, but the machine has to encode for each of them, too. */
export const BUDGET_KBPS = 4000;
export const LOW_BUDGET_KBPS = 400;
const AUDIO_KBPS = 32;
const LOW_AUDIO_KBPS = 20;
/** What a screen plays is more often music than speech. */
const SCREEN_AUDIO_KBPS = 64;
/** A screen takes most of what there is: text that cannot be read is of no use, a small face is. */
const SCREEN_SHARE = 0.75;
const CAMERA_LEAST_KBPS = 40;
const SCREEN_LEAST_KBPS = 100;
const SCREEN_MOST_KBPS = 2500;
const SCREEN_FPS = 15;
/** Until a peer has said how large it shows us. */
const UNSAID_HEIGHT = 360;

/** What a picture of each height is worth sending with; above the last it gets no better to look at. */
const STEPS = [
  { height: 90, kbps: 40, most: 90, fps: 10 },
  { height: 180, kbps: 90, most: 200, fps: 15 },
  { height: 270, kbps: 200, most: 400, fps: 24 },
  { height: 360, kbps: 350, most: 800, fps: 30 },
  { height: 540, kbps: 700, most: 1300, fps: 30 },
  { height: 720, kbps: 1200, most: 2000, fps: 30 },
];

/**
 * @param {number} kbps that may be spent
 * @param {number | undefined} wish the height it is shown at
 * @param {number} height of the camera's own picture
 * @returns {Encoding}
 */
function cameraEncoding(kbps, wish, height) {
  const affordable = STEPS.findLastIndex((step) => step.kbps <= kbps);
  const shown = STEPS.findIndex((step) => step.height >= (wish ?? UNSAID_HEIGHT) * 0.9);
  const step = STEPS[Math.max(0, Math.min(affordable, shown < 0 ? STEPS.length - 1 : shown))];
  return { active: wish !== 0, kbps: Math.min(kbps, step.most), height: Math.min(step.height, height), of: height,
    fps: step.fps, keep: 'maintain-framerate' };
}

/**
 * Audio first, then a screen, then cameras. Who has us out of sight, or small, leaves its share to the others.
 * @param {Map<string, Wish>} wishes of each peer
 * @param {{low?: boolean, screen?: boolean, screenAudio?: boolean, height?: number, budget?: number}} [options] height of the camera's picture
 * @returns {Map<string, PeerPlan>}
 */
export function planUplink(wishes, { low = false, screen = false, screenAudio = false, height = 720, budget = low ? LOW_BUDGET_KBPS : BUDGET_KBPS } = {}) {
  /** @type {Map<string, PeerPlan>} */
  const plans = new Map();
  const audioKbps = low ? LOW_AUDIO_KBPS : AUDIO_KBPS;
  const screenAudioKbps = low ? LOW_AUDIO_KBPS : SCREEN_AUDIO_KBPS;
  const count = Math.max(1, wishes.size);
  const video = Math.max(0, budget - (audioKbps + (screenAudio ? screenAudioKbps : 0)) * count);
  const watching = [...wishes.values()].filter((wish) => wish.screen !== 0).length;
  const screenKbps = screen && watching
    ? Math.min(Math.max(Math.min(video * SCREEN_SHARE, video - CAMERA_LEAST_KBPS * count) / watching, SCREEN_LEAST_KBPS), SCREEN_MOST_KBPS) : 0;
  let rest = Math.max(0, video - screenKbps * watching);
  let left = count;
  // Those who want least come first, so that what they leave can be shared out among those after them.
  const order = [...wishes].sort(([, a], [, b]) => (a.camera ?? Infinity) - (b.camera ?? Infinity));
  for (const [id, wish] of order) {
    const share = Math.max(rest / left, CAMERA_LEAST_KBPS);
    const camera = cameraEncoding(share, low ? Math.min(wish.camera ?? 180, 180) : wish.camera, height);
    left -= 1;
    rest = Math.max(0, rest - (camera.active ? camera.kbps ?? 0 : 0));
    plans.set(id, {
      audio: { kbps: audioKbps, priority: 'high' },
      camera,
      screen: { active: wish.screen !== 0, kbps: screenKbps, fps: low ? 5 : SCREEN_FPS, keep: 'maintain-resolution' },
      screenAudio: { kbps: screenAudioKbps, priority: 'high' },
    });
  }
  return plans;
}

/**
 * @param {RTCRtpSender | undefined} sender
 * @param {Encoding} wanted
 */
export async function sendEncoding(sender, wanted) {
  if (!sender)
    return;
  const parameters = sender.getParameters();
  const [encoding] = parameters.encodings ?? [];
  // There are none before the first agreement.
  if (!encoding)
    return;
  const before = JSON.stringify(parameters);
  if (wanted.kbps)
    encoding.maxBitrate = Math.round(wanted.kbps) * 1000;
  if (wanted.active !== undefined)
    encoding.active = wanted.active;
  if (wanted.fps)
    encoding.maxFramerate = wanted.fps;
  if (wanted.height && wanted.of)
    encoding.scaleResolutionDownBy = Math.max(1, wanted.of / wanted.height);
  if (wanted.priority)
    encoding.priority = encoding.networkPriority = wanted.priority;
  if (wanted.keep)
    /** @type {any} */ (parameters).degradationPreference = wanted.keep;
  if (JSON.stringify(parameters) !== before)
    await sender.setParameters(parameters);
}
