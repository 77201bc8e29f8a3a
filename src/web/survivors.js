// @ts-check
// survivors.js: which connections outlive a lost server, and whose they are when everybody has a new id

/** @typedef {import('./peer.js').Peer} Peer */
/** @typedef {import('./signaling.js').Member} Member */

/** How long a peer whose connection to the server broke has for an answer over our own. */
export const PONG_MS = 700;
/** The same when the server was lost to all: then everybody is busy coming back, and nobody is missed yet. */
export const ALL_PONG_MS = 8000;
/** How long it may stay without coming back to the room. */
export const AWAY_MS = 30000;
/** How long a newcomer is looked at as one who may be known already, before it gets a connection of its own. */
export const HELD_MS = 5000;

/**
 * Media needs no server: when one is lost, or only we or another one lose it, what is connected goes on.
 * Whoever comes back to the room is a new member there. It says its new id over the old connection,
 * together with a secret (`moved`), and shows the same secret by a signal, whose sender the server vouches
 * for (`resume`). So nobody can take over a connection that it does not hold both ends of.
 */
export class Survivors {
  /** @type {Map<Peer, ReturnType<typeof setTimeout>>} */
  #away = new Map();
  /** @type {Map<Peer, ReturnType<typeof setTimeout>>} those of whom an answer is due */
  #probes = new Map();
  /** @type {Map<Peer, {id: string, key: string}>} what they say who they are now */
  #claims = new Map();
  /** @type {Map<Peer, string>} what we have told them */
  #keys = new Map();
  /** @type {Map<string, {member: Member, timer: ReturnType<typeof setTimeout>, shown: string, signals: any[]}>} */
  #held = new Map();
  #deed;

  /**
   * @param {object} deed
   * @param {(peer: Peer) => void} deed.drop
   * @param {(member: Member, signals: any[]) => void} deed.admit as somebody new
   * @param {(peer: Peer, member: Member) => void} deed.adopt as somebody known
   * @param {(to: string, data: object) => void} deed.signal
   */
  constructor(deed) {
    this.#deed = deed;
  }

  /** @param {Peer} peer */
  isAway(peer) {
    return this.#away.has(peer);
  }

  /** @param {Peer} peer @param {string} id our new one */
  tell(peer, id) {
    const key = crypto.randomUUID?.() ?? String([...crypto.getRandomValues(new Uint32Array(4))]);
    this.#keys.set(peer, key);
    peer.send({ type: 'moved', id, key });
  }

  /** Shows a peer whose id has stayed that we are who we were. @param {Peer} peer */
  show(peer) {
    const key = this.#keys.get(peer);
    if (key)
      this.#deed.signal(peer.id, { resume: key });
  }

  /**
   * The room has lost it; its connection is kept for as long as it answers.
   * @param {Peer} peer
   * @param {number} [patience]
   */
  leave(peer, patience = PONG_MS) {
    if (this.#away.has(peer))
      return;
    this.#away.set(peer, setTimeout(() => this.#deed.drop(peer), AWAY_MS));
    peer.suspended = true;
    this.probe(peer, patience);
  }

  /** Drops the peer unless it answers in time. @param {Peer} peer @param {number} [patience] */
  probe(peer, patience = PONG_MS) {
    this.alive(peer);
    if (peer.send({ type: 'ping' }))
      this.#probes.set(peer, setTimeout(() => this.#deed.drop(peer), patience));
    else
      this.#deed.drop(peer);
  }

  /** @param {Peer} peer that has answered */
  alive(peer) {
    clearTimeout(this.#probes.get(peer));
    this.#probes.delete(peer);
  }

  /** @param {Peer} peer that is gone */
  forget(peer) {
    this.#return(peer);
    this.#keys.delete(peer);
  }

  /**
   * A member that has come: one of those who are away, or somebody new.
   * @param {Member} member
   */
  meet(member) {
    if (this.#away.size === 0 && ![...this.#claims.values()].some(({ id }) => id === member.id))
      return this.#deed.admit(member, []);
    const timer = setTimeout(() => this.#release(member.id), HELD_MS);
    this.#held.set(member.id, { member, timer, shown: '', signals: [] });
    for (const [peer, claim] of this.#claims)
      if (claim.id === member.id)
        this.#match(peer);
  }

  /** @param {string} id */
  isHeld(id) {
    return this.#held.has(id);
  }

  /** @param {string} id that has left the room again */
  unhold(id) {
    clearTimeout(this.#held.get(id)?.timer);
    this.#held.delete(id);
  }

  /** @param {Peer} peer @param {any} message `moved` */
  claim(peer, { id, key }) {
    if (typeof id !== 'string' || typeof key !== 'string')
      return;
    this.#claims.set(peer, { id, key });
    this.#match(peer);
  }

  /**
   * A signal of somebody who is looked at. A description shows that it goes its own way.
   * @param {string} id
   * @param {any} data
   */
  take(id, data) {
    const held = this.#held.get(id);
    if (!held)
      return;
    if (typeof data?.resume === 'string') {
      held.shown = data.resume;
      for (const [peer, claim] of this.#claims)
        if (claim.id === id)
          this.#match(peer);
    } else {
      held.signals.push(data);
      if (data?.description)
        this.#release(id);
    }
  }

  clear() {
    for (const id of [...this.#held.keys()])
      this.unhold(id);
  }

  /** @param {string} id */
  #release(id) {
    const held = this.#held.get(id);
    this.unhold(id);
    if (held)
      this.#deed.admit(held.member, held.signals);
  }

  /** @param {Peer} peer whose claim may have come true */
  #match(peer) {
    const claim = this.#claims.get(peer);
    const held = claim && this.#held.get(claim.id);
    if (!held)
      return;
    const key = this.#keys.get(peer);
    if (key)
      this.#deed.signal(claim.id, { resume: key });
    if (held.shown !== claim.key)
      return;
    this.unhold(claim.id);
    this.#return(peer);
    peer.suspended = false;
    this.#deed.adopt(peer, held.member);
  }

  /** @param {Peer} peer */
  #return(peer) {
    clearTimeout(this.#away.get(peer));
    this.#away.delete(peer);
    this.#claims.delete(peer);
    this.alive(peer);
  }
}
