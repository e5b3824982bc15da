// Nodes, and what values look like. Everything that somebody wrote becomes the text of a node, and never markup.

/** An element with these properties, attributes (`aria-…`, `data-…`, `for`, `role`) and children; null children are left out. */
export function el(name, properties = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key in node && !key.includes("-") && !(typeof value === "string" && typeof node[key] === "boolean")) node[key] = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

let lastId = 0;

/** An id that no other element has. */
export const newId = (stem) => `${stem}-${(lastId += 1)}`;

/** A button that does something and cannot be pressed meanwhile. */
export function button(text, act, properties = {}) {
  const node = el("button", { type: "button", ...properties }, text);
  node.addEventListener("click", async () => {
    if (node.disabled) return;
    node.disabled = true;
    try {
      await act(node);
    } finally {
      node.disabled = false;
      if (document.activeElement === document.body) node.focus();
    }
  });
  return node;
}

export const link = (href, ...children) => el("a", { href }, ...children);

/** What somebody wrote, inside a sentence of the page's own: it must not turn the rest of it (Unicode isolates, UAX #9). */
export const bdi = (text) => el("bdi", {}, text);

export const capitalised = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export const words = (snake) => String(snake).replaceAll("_", " ");

export const withArticle = (noun) => `${/^[aeiou]/i.test(noun) ? "an" : "a"} ${noun}`;

/** An instant in the time zone of whoever looks at it, with the exact text as a hint. */
export function instant(text) {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return String(text);
  const shown = time.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
  return el("time", { dateTime: text, title: text }, shown);
}

export function bytes(count) {
  const units = ["bytes", "KiB", "MiB", "GiB"];
  let at = 0;
  while (count >= 1024 && at < units.length - 1) [count, at] = [count / 1024, at + 1];
  return `${at === 0 ? count : count.toFixed(1)} ${units[at]}`;
}

/** A whole number beyond what a script can count exactly stays the text that it came as. */
export const isExact = (value) => typeof JSON.isRawJSON === "function" && JSON.isRawJSON(value);

export const plain = (value) => (isExact(value) ? value.rawJSON : typeof value === "string" ? value : JSON.stringify(value));

export const same = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

/** Asks before something that cannot be taken back, in words and nodes; answers whether to go on. */
export function confirmed(question, action) {
  const { promise, resolve } = Promise.withResolvers();
  const title = newId("question");
  const dialog = el(
    "dialog",
    { "aria-labelledby": title },
    el("p", { id: title, className: "question" }, question),
    el(
      "div",
      { className: "bar" },
      el("button", { type: "button", className: "danger", onclick: () => dialog.close("yes") }, action),
      el("button", { type: "button", className: "quiet", autofocus: true, onclick: () => dialog.close("") }, "Cancel"),
    ),
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    resolve(dialog.returnValue === "yes");
  });
  document.body.append(dialog);
  dialog.showModal();
  return promise;
}

/** A table with a caption that is heard and not seen; it scrolls by itself where it is too wide. */
export function table(caption, heads, rows) {
  const head = el("tr", {}, heads.map((text) => (text instanceof Node ? text : el("th", { scope: "col" }, text))));
  const body = rows.map((cells) => el("tr", {}, cells.map((cell) => (cell?.nodeName === "TD" || cell?.nodeName === "TH" ? cell : el("td", {}, cell)))));
  const whole = el("table", {}, el("caption", { className: "unseen" }, caption), el("thead", {}, head), el("tbody", {}, body));
  return el("div", { className: "wide", tabIndex: 0, role: "region", "aria-label": caption }, whole);
}
