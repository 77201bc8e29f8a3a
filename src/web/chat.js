// @ts-check
// chat.js: the panel with what people write

import { dress, get, make } from './dom.js';
import { splitLinks } from './links.js';
import { text } from './text.js';

const MOST_LINES = 500;

/** @param {string} content as text; what looks like a link becomes one */
function lineOf(content) {
  const line = make('p', 'words');
  for (const part of splitLinks(content)) {
    if (!part.href) {
      line.append(part.text);
      continue;
    }
    const link = make('a', '', part.text);
    link.href = part.href;
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
    line.append(link);
  }
  return line;
}

export class Chat {
  #unread = 0;
  #panel = get('chat');
  #lines = get('chat-lines');
  #toggle = get('chat-toggle');
  #badge = get('chat-unread');
  #input = /** @type {HTMLInputElement} */ (get('chat-text'));
  #last = '';

  /** @param {(text: string) => number} send returns how many got it */
  constructor(send) {
    this.#lines.append(make('li', 'begin', text.chat.begin));
    this.#toggle.addEventListener('click', () => this.toggle());
    get('chat-close').addEventListener('click', () => this.toggle(false));
    this.#panel.addEventListener('keydown', (event) => event.key === 'Escape' && this.toggle(false));
    get('chat-form').addEventListener('submit', (event) => {
      event.preventDefault();
      const content = this.#input.value.trim();
      if (!content)
        return;
      this.#input.value = '';
      this.add(text.chat.you, content, { own: true, lost: send(content) === 0 });
    });
    this.#show();
  }

  /** @param {boolean} [open] */
  toggle(open = this.#panel.hidden) {
    const changes = open === this.#panel.hidden;
    this.#panel.hidden = !open;
    if (open)
      this.#unread = 0;
    this.#show();
    if (open)
      this.#input.focus();
    else if (changes)
      this.#toggle.focus();
  }

  /**
   * @param {string} name
   * @param {string} content
   * @param {{own?: boolean, lost?: boolean}} [options] lost: nobody got it
   */
  add(name, content, { own = false, lost = false } = {}) {
    const isNear = this.#lines.scrollHeight - this.#lines.scrollTop - this.#lines.clientHeight < 60;
    const now = new Date();
    const line = make('li', own ? 'own' : '');
    const time = make('time', '', now.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }));
    time.dateTime = now.toISOString();
    // A name that follows itself within the minute is said once.
    const head = `${own}${name}${time.textContent}`;
    if (head !== this.#last) {
      const who = make('p', 'who');
      who.append(make('b', '', name), ' ', time);
      line.append(who);
    }
    this.#last = head;
    line.append(lineOf(content));
    if (lost)
      line.append(make('p', 'lost', text.chat.undelivered));
    this.#lines.append(line);
    while (this.#lines.childElementCount > MOST_LINES)
      this.#lines.firstElementChild?.remove();
    if (own || isNear)
      this.#lines.scrollTop = this.#lines.scrollHeight;
    if (this.#panel.hidden && !own)
      this.#unread += 1;
    this.#show();
  }

  #show() {
    const open = !this.#panel.hidden;
    this.#toggle.setAttribute('aria-expanded', String(open));
    this.#badge.hidden = this.#unread === 0;
    this.#badge.textContent = this.#unread > 99 ? '99+' : String(this.#unread);
    const label = open ? text.controls.chatClose : text.controls.chatOpen;
    dress(this.#toggle, 'chat', this.#unread ? `${label}, ${text.controls.unread(this.#unread)}` : label);
  }
}
