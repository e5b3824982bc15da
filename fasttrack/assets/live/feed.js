// The connection: one loop that connects, listens, and comes back with `since` for as long as the session lives. Knows
// nothing of the document; what happens is told to a view.

import { Ended, Unreachable, asSentence } from "./session.js";

const HISTORY = 20;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
// The server pings too, but a page never sees that; without a question of its own it would trust a dead line for minutes.
const ASK_AFTER_MS = 25_000;
const ANSWER_WITHIN_MS = 10_000;

const UNAUTHORIZED = 4001;
const TOO_SLOW = 4008;
const GOING_AWAY = 1001;

export class Feed {
  #session;
  #view;
  #socket = null;
  #isStopped = false;
  #isFirst = false;
  #wake = () => {};
  #wasRenewed = false;

  /** `since` is the last message that the view has, or null to begin with the latest few. */
  constructor(session, view, since = null) {
    this.#session = session;
    this.#view = view;
    this.since = since;
  }

  /** Listens until the session ends or `stop` is called. */
  async run() {
    let failures = 0;
    while (!this.#isStopped) {
      this.#view.connecting();
      const end = await this.#connect().catch((error) => failed(error));
      if (this.#isStopped) return;
      failures = end.wasLive ? 0 : failures + 1;
      if (end.isFinal) return this.#view.ended(end.why);
      this.#view.lost(end.why);
      if (!end.isRenewed) await this.#pause(Math.max(pauseMs(failures), end.retryAfterMs ?? 0), end.why);
    }
  }

  stop() {
    this.#isStopped = true;
    this.#socket?.close(1000);
    this.#wake();
  }

  /** Ends the pause before the next attempt. */
  hurry() {
    this.#wake();
  }

  async #connect() {
    // Asked over HTTP first, because a browser hides from a page why a WebSocket was refused; and to know which of the
    // messages to come were missed.
    this.#isFirst = this.since === null;
    const page = await this.#session.get(`/notifications?sort=-id&limit=${this.#isFirst ? HISTORY : 1}`);
    const newest = page.items[0]?.id ?? 0;
    if (this.#isFirst) {
      this.#view.history(page.items.toReversed());
      this.since = newest;
    }
    if (this.#isStopped) return { wasLive: false };
    const end = await this.#listen(newest);
    return end.code === UNAUTHORIZED ? this.#renewed(end) : end;
  }

  /** Resolves when the socket is closed, with why. */
  #listen(newest) {
    const { promise, resolve } = Promise.withResolvers();
    const socket = new WebSocket(this.#session.socketUrl(this.since));
    this.#socket = socket;
    let wasLive = false;
    let deadline = null;
    const end = (why) => {
      clearInterval(asking);
      clearTimeout(deadline);
      resolve({ wasLive, ...why });
    };
    const ask = () => {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send('{"type":"ping"}');
      deadline = setTimeout(() => {
        end({ why: "The server no longer answers." });
        socket.close();
      }, ANSWER_WITHIN_MS);
    };
    const asking = setInterval(ask, ASK_AFTER_MS);
    socket.onopen = ask;
    socket.onclose = ({ code, reason }) => end({ code, reason, why: explain(code, reason, wasLive) });
    socket.onmessage = ({ data }) => {
      if (this.#isStopped) return;
      clearTimeout(deadline);
      // Not live when it opens: a refused token is closed with 4001 only after that.
      if (!wasLive) {
        wasLive = true;
        this.#wasRenewed = false;
        this.#view.live(newest > this.since);
      }
      this.#take(JSON.parse(data), newest);
    };
    return promise;
  }

  #take(message, newest) {
    if (message.type === "resync" && message.id === undefined) {
      // On a first visit nothing was missed: what is older was never here.
      if (!this.#isFirst) this.#view.resync();
      return;
    }
    // A pong has no id.
    if (!(message.id > this.since)) return;
    this.since = message.id;
    this.#view.message(message, message.id <= newest);
    if (message.id === newest) this.#view.caughtUp();
  }

  /** After 4001: with new tokens at once, or not at all. */
  async #renewed(end) {
    const final = { ...end, isFinal: true, why: end.reason ? asSentence(end.reason) : end.why };
    if (this.#wasRenewed) return final;
    try {
      await this.#session.renew();
    } catch (error) {
      if (error instanceof Ended) return final;
      return { ...end, why: `${end.why} ${error.message}`, retryAfterMs: error.retryAfterMs };
    }
    this.#wasRenewed = true;
    return { ...end, isRenewed: true, why: `${end.why} A new one was fetched.` };
  }

  async #pause(ms, why) {
    const { promise, resolve } = Promise.withResolvers();
    this.#wake = resolve;
    this.#view.waiting(ms, why);
    const timer = setTimeout(resolve, ms);
    await promise;
    clearTimeout(timer);
  }
}

/** Doubles with each failure; half of it by chance, so that many pages do not come back at the same moment. */
function pauseMs(failures) {
  const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10));
  return longest / 2 + (Math.random() * longest) / 2;
}

function failed(error) {
  if (error instanceof Ended) return { isFinal: true, why: `The session has ended: ${error.message}` };
  if (error instanceof Unreachable || error.status) return { why: error.message, retryAfterMs: error.retryAfterMs };
  throw error;
}

function explain(code, reason, wasLive) {
  const said = reason ? ` (${reason})` : "";
  switch (code) {
    case UNAUTHORIZED:
      return `The server no longer takes the access token${said}.`;
    case TOO_SLOW:
      return "This page read too slowly to keep up, so the server closed the connection.";
    case GOING_AWAY:
      return "The server is stopping.";
    case 1006:
      // All that a browser tells of a handshake that was refused, too.
      return wasLive ? "The connection broke." : "The connection was refused, or broke on the way.";
    default:
      return `The server closed the connection with ${code}${said}.`;
  }
}
