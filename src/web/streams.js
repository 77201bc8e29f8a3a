// @ts-check
// streams.js: what members say about their streams, and whose tile each track belongs to

/** @typedef {{kind: 'camera' | 'screen' | 'gone', participant?: string, name?: string, role?: string, audio?: boolean, video?: boolean}} StreamNote */
/** @typedef {{audio: boolean, video: boolean, screen: boolean, hand: boolean, client: string, streams: Record<string, StreamNote>}} RemoteState */
/**
 * @template T
 * @typedef {object} Group the tracks of one tile
 * @property {string} key the same for as long as the tile is to stay
 * @property {string} participant id of the member whose they are
 * @property {string} name
 * @property {string} role
 * @property {'camera' | 'screen'} kind
 * @property {StreamNote | null} note what was said about it
 * @property {string[]} streamIds
 * @property {T[]} tracks
 */

const MOST_STREAMS = 100;
const MOST_NAME = 128;

/** @param {unknown} value */
const text = (value) => (typeof value === 'string' && value.trim() ? value.trim().slice(0, MOST_NAME) : undefined);

/**
 * Only a relay carries others' streams; nobody else is believed when it names another participant. What is
 * named no more is gone, though its track may remain for a moment.
 * @param {any} streams
 * @param {string} role
 * @param {Record<string, StreamNote>} before
 */
function readStreams(streams, role, before) {
  /** @type {Record<string, StreamNote>} */
  const notes = Object.create(null);
  if (typeof streams !== 'object' || streams === null)
    return notes;
  for (const [id, note] of Object.entries(streams).slice(0, MOST_STREAMS)) {
    notes[id] = { kind: note?.kind === 'screen' ? 'screen' : 'camera' };
    if (role === 'relay' && text(note?.participant))
      Object.assign(notes[id], {
        participant: text(note.participant), name: text(note.name), role: text(note.role),
        audio: note.audio !== false, video: note.video !== false,
      });
  }
  for (const id of Object.keys(before).slice(-MOST_STREAMS))
    notes[id] ??= { kind: 'gone' };
  return notes;
}

/**
 * A `state` message with its fields as they should be; what is not said stays as it was.
 * @param {any} message
 * @param {RemoteState} [before]
 * @param {string} [role]
 * @returns {RemoteState}
 */
export function readState(message, before = { audio: true, video: true, screen: false, hand: false, client: '', streams: {} }, role = 'member') {
  const flag = (/** @type {unknown} */ value, /** @type {boolean} */ old) => (typeof value === 'boolean' ? value : old);
  return {
    audio: flag(message.audio, before.audio),
    video: flag(message.video, before.video),
    screen: flag(message.screen, before.screen),
    hand: flag(message.hand, before.hand),
    client: text(message.client) ?? before.client,
    streams: message.streams ? readStreams(message.streams, role, before.streams) : before.streams,
  };
}

/**
 * Sorts the tracks of one connection by tile. Tracks of a stream that nothing was said about belong to the
 * peer itself: the first of each kind to its camera, further pictures to tiles of their own.
 * @template {{track: {kind: string}, streamId: string}} T
 * @param {T[]} tracks
 * @param {Record<string, StreamNote>} notes
 * @param {{id: string, displayName: string, role: string}} owner of the connection
 * @returns {Group<T>[]} always with the owner's camera, unless it is a relay with nothing of its own
 */
export function groupTracks(tracks, notes, owner) {
  const own = () => group('camera', owner.id, owner.displayName, owner.role, 'camera', null);
  /** @type {Map<string, Group<T>>} */
  const groups = new Map();
  /** @type {(key: string, participant: string, name: string, role: string, kind: 'camera' | 'screen', note: StreamNote | null) => Group<T>} */
  function group(key, participant, name, role, kind, note) {
    const found = groups.get(key) ?? { key, participant, name, role, kind, note, streamIds: [], tracks: [] };
    groups.set(key, found);
    return found;
  }
  const has = (/** @type {Group<T>} */ { tracks }, /** @type {string} */ kind) => tracks.some(({ track }) => track.kind === kind);
  if (owner.role !== 'relay')
    own();
  for (const each of tracks) {
    const note = notes[each.streamId];
    let place;
    if (note?.kind === 'gone')
      continue;
    if (note?.participant)
      place = group(`${note.participant}/${note.kind}`, note.participant, note.name ?? note.participant,
        note.role ?? 'member', note.kind, note);
    else if (note)
      place = note.kind === 'screen' ? group('screen', owner.id, owner.displayName, owner.role, 'screen', note) : own();
    else if (each.track.kind === 'audio' || !has(own(), 'video'))
      place = own();
    else
      place = group(`extra/${each.streamId}`, owner.id, owner.displayName, owner.role, 'camera', null);
    place.tracks.push(each);
    if (!place.streamIds.includes(each.streamId))
      place.streamIds.push(each.streamId);
  }
  return [...groups.values()];
}
