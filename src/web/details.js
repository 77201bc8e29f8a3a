// @ts-check
// details.js: the panel that says how each connection fares

import { get, make } from './dom.js';
import { text } from './text.js';

/** @typedef {import('./stats.js').Figures} Figures */
/** @typedef {import('./stats.js').TrackFigures} TrackFigures */

/** @param {TrackFigures} track */
function describe(track) {
  return [
    track.codec, track.kind === 'video' && track.width > 0 && text.details.size(track.width, track.height, track.fps),
    text.details.rate(track.kbps), text.details.loss(track.loss),
  ].filter(Boolean).join(' · ');
}

/** @param {string} name @param {Figures} figures */
function section(name, figures) {
  const element = make('section');
  const list = make('dl');
  const row = (/** @type {string} */ term, /** @type {string} */ value) => list.append(make('dt', '', term), make('dd', '', value));
  const { candidate, protocol, rttMs, tracks } = figures;
  const kind = text.details.candidates[/** @type {keyof typeof text.details.candidates} */ (candidate)] ?? candidate;
  row(text.details.path, protocol ? `${kind} (${protocol})` : kind);
  row(text.details.roundTrip, rttMs === null ? text.details.none : text.details.ms(rttMs));
  for (const [way, title] of /** @type {['in' | 'out', string][]} */ ([['in', text.details.receiving], ['out', text.details.sending]]))
    for (const track of tracks.filter((each) => each.way === way && each.kbps > 0))
      row(`${title}: ${text.details.kind[track.kind]}`, describe(track));
  element.append(make('h3', '', name), list);
  return element;
}

/** @param {[string, Figures][]} all by name */
export function showDetails(all) {
  const sections = all.map(([name, figures]) => section(name, figures));
  get('details-body').replaceChildren(...(sections.length ? sections : [make('p', 'quiet', text.details.nobody)]));
}
