// @ts-check
// stats.js: what getStats() says about a connection, in figures that a person can read

/**
 * @typedef {object} TrackFigures one track in one direction
 * @property {'in' | 'out'} way
 * @property {'audio' | 'video'} kind
 * @property {string} codec
 * @property {number} width
 * @property {number} height
 * @property {number} fps
 * @property {number} kbps
 * @property {number} loss 0 to 1, of the time since the look before
 * @property {number} jitterMs
 * @property {number} level 0 to 1
 * @property {string} track id of the receiver's track
 * @property {number} freezes
 */
/** @typedef {{rttMs: number | null, candidate: string, protocol: string, tracks: TrackFigures[]}} Figures */
/** @typedef {'good' | 'fair' | 'poor'} Quality */
/** @typedef {Map<string, any>} Report */

const FAIR_LOSS = 0.02;
const POOR_LOSS = 0.08;
const FAIR_RTT_MS = 250;
const POOR_RTT_MS = 600;

/** @param {Report} report */
function pairOf(report) {
  const all = [...report.values()];
  const transport = all.find(({ type }) => type === 'transport');
  return report.get(transport?.selectedCandidatePairId ?? '') ??
    all.find(({ type, state, nominated, selected }) => type === 'candidate-pair' && (selected || (nominated && state === 'succeeded')));
}

/**
 * @param {Report} report
 * @param {Report | null} before the one of the look before
 * @returns {Figures}
 */
export function readStats(report, before) {
  const pair = pairOf(report);
  const local = report.get(pair?.localCandidateId ?? '');
  const remote = report.get(pair?.remoteCandidateId ?? '');
  /** @type {TrackFigures[]} */
  const tracks = [];
  for (const each of report.values()) {
    const isIn = each.type === 'inbound-rtp';
    if (!isIn && each.type !== 'outbound-rtp')
      continue;
    const old = before?.get(each.id);
    const seconds = old ? (each.timestamp - old.timestamp) / 1000 : 0;
    const rate = (/** @type {string} */ field) =>
      (seconds > 0 ? Math.max(0, (each[field] ?? 0) - (old[field] ?? 0)) / seconds : 0);
    const lost = rate('packetsLost');
    const arrived = rate('packetsReceived');
    const far = report.get(each.remoteId ?? '');
    tracks.push({
      way: isIn ? 'in' : 'out', kind: each.kind,
      codec: (report.get(each.codecId ?? '')?.mimeType ?? '').split('/')[1] ?? '',
      width: each.frameWidth ?? 0, height: each.frameHeight ?? 0,
      fps: each.framesPerSecond ?? Math.round(rate(isIn ? 'framesDecoded' : 'framesEncoded')),
      kbps: rate(isIn ? 'bytesReceived' : 'bytesSent') * 8 / 1000,
      loss: isIn ? (lost + arrived > 0 ? lost / (lost + arrived) : 0) : far?.fractionLost ?? 0,
      jitterMs: (isIn ? each.jitter ?? 0 : far?.jitter ?? 0) * 1000,
      level: each.audioLevel ?? 0, track: each.trackIdentifier ?? '', freezes: (each.freezeCount ?? 0) - (old?.freezeCount ?? 0),
    });
  }
  const relayed = [local, remote].some((each) => each?.candidateType === 'relay');
  return {
    rttMs: pair?.currentRoundTripTime === undefined ? null : pair.currentRoundTripTime * 1000,
    candidate: relayed ? 'relay' : local?.candidateType ?? '', protocol: local?.protocol ?? '', tracks,
  };
}

/**
 * How well somebody is seen and heard.
 * @param {Figures} figures
 * @returns {Quality}
 */
export function qualityOf(figures) {
  const coming = figures.tracks.filter(({ way }) => way === 'in');
  const loss = Math.max(0, ...coming.map((each) => each.loss));
  const freezes = Math.max(0, ...coming.map((each) => each.freezes));
  const rtt = figures.rttMs ?? 0;
  if (loss >= POOR_LOSS || rtt >= POOR_RTT_MS || freezes > 1)
    return 'poor';
  return loss >= FAIR_LOSS || rtt >= FAIR_RTT_MS || freezes > 0 ? 'fair' : 'good';
}
