// The list of messages, newest on top, with marks where the connection dropped. Builds nodes and sets their text; nothing
// that arrives is ever taken for markup.

import { sentence } from "./sentences.js";

// Bounds the memory of a page that is left open.
const MOST_ENTRIES = 500;

export class Log {
  #list;
  /** The mark of a drop that is not over. */
  #gap = null;
  #isLive = false;

  constructor(list) {
    this.#list = list;
  }

  get isEmpty() {
    return this.#list.childElementCount === 0;
  }

  /** Whether a connection that stood was lost and is not back. */
  get isInterrupted() {
    return this.#gap !== null && !this.#isLive;
  }

  clear() {
    this.#list.replaceChildren();
    this.#gap = null;
    this.#isLive = false;
  }

  /** `origin` is `earlier` (kept from before), `replayed` (missed while away) or `live`. */
  message(message, origin, ownId) {
    const item = element("li", { className: "message" });
    item.dataset.id = message.id;
    item.dataset.origin = origin;
    const raw = element("details", {}, [
      element("summary", { textContent: "Raw data" }),
      element("pre", { textContent: JSON.stringify(message, null, 2), tabIndex: 0 }),
    ]);
    item.append(
      element("p", { className: "sentence", textContent: sentence(message) }),
      element("p", { className: "facts" }, facts(message, origin, ownId)),
      raw,
    );
    this.#add(item);
    if (origin === "replayed" && this.#gap) this.#gap.replayed += 1;
  }

  /** Marks where a connection that stood was lost; failures to come back change nothing about that. */
  lost(why) {
    if (!this.#isLive) return;
    this.#isLive = false;
    const now = new Date();
    const title = element("p", { className: "sentence" }, ["Connection lost at ", clock(now)]);
    const outcome = element("p", { className: "outcome" });
    const reason = element("p", { className: "reason", textContent: why });
    this.#add(element("li", { className: "gap" }, [title, reason, outcome]));
    this.#gap = { outcome, since: now, replayed: 0 };
  }

  /** Says in the last mark that the connection is back. */
  back(isBehind) {
    this.#isLive = true;
    if (!this.#gap) return;
    const seconds = ((Date.now() - this.#gap.since) / 1000).toFixed(1);
    this.#gap.away ??= `Back after ${seconds} s`;
    const outcome = isBehind ? "reading what was missed …" : "nothing was missed.";
    this.#gap.outcome.textContent = `${this.#gap.away}: ${outcome}`;
    if (!isBehind) this.#gap = null;
  }

  /** Says in the last mark what was replayed, and draws the line above it. */
  caughtUp() {
    if (!this.#gap) return;
    const { away, outcome, replayed } = this.#gap;
    outcome.textContent = `${away}: ${replayed === 1 ? "1 message was" : `${replayed} messages were`} missed and replayed.`;
    this.#add(element("li", { className: "line", textContent: "Live again" }));
    this.#gap = null;
  }

  /** Says that some of what was missed is gone. */
  resync() {
    const text = "What was missed reaches further back than the server keeps messages: some are gone for good.";
    this.#add(element("li", { className: "gap resync" }, [element("p", { className: "sentence", textContent: text })]));
  }

  #add(item) {
    this.#list.prepend(item);
    while (this.#list.childElementCount > MOST_ENTRIES) this.#list.lastElementChild.remove();
  }
}

function facts({ id, actor_id: actorId, timestamp }, origin, ownId) {
  const time = new Date(timestamp);
  const parts = [isNaN(time) ? String(timestamp) : clock(time), `#${id}`];
  if (actorId != null) parts.push(actorId === ownId ? "by you" : `by user ${actorId}`);
  const badge = { earlier: "before you came", replayed: "replayed" }[origin];
  const nodes = parts.map((part) => element("span", {}, [part]));
  return badge ? [...nodes, element("span", { className: "badge", textContent: badge })] : nodes;
}

/** The time of day, with the date when that is another. */
function clock(time) {
  const isToday = time.toDateString() === new Date().toDateString();
  const text = isToday ? time.toLocaleTimeString() : time.toLocaleString();
  return element("time", { dateTime: time.toISOString(), textContent: text });
}

function element(name, properties = {}, children = []) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}
