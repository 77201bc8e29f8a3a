// @ts-check
// links.js: the links in a line of chat

/** @typedef {{text: string, href?: string}} Part */

const LINK = /\bhttps?:\/\/[^\s<>"'`{}|\\^]+/gi;

/**
 * Takes a text apart. Only what begins with http:// or https:// becomes a link; a full stop or bracket at
 * its end belongs to the sentence around it.
 * @param {string} text
 * @returns {Part[]}
 */
export function splitLinks(text) {
  /** @type {Part[]} */
  const parts = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(LINK)) {
    let end = found.replace(/[.,;:!?…]+$/, '');
    // A bracket is of the link if it was opened in it.
    while (/[)\]]$/.test(end) && end.split(/[([]/).length <= end.split(/[)\]]/).length - 1)
      end = end.slice(0, -1).replace(/[.,;:!?…]+$/, '');
    if (!URL.canParse(end))
      continue;
    if (index > from)
      parts.push({ text: text.slice(from, index) });
    parts.push({ text: end, href: new URL(end).href });
    from = index + end.length;
  }
  if (from < text.length)
    parts.push({ text: text.slice(from) });
  return parts;
}
