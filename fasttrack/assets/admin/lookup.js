// Choosing a row of another resource: what is typed is looked for, and one of what is found is taken (a combobox with a list,
// WAI-ARIA authoring practices).

import { bdi, el, newId } from "./dom.js";

const FOUND = 10;
const PAUSE_MS = 200;

/**
 * How rows of a resource are looked for; null where they are not listed for the caller, so that only a number helps. Accounts
 * that are disabled are left out, since the server would refuse them.
 */
function searcher(app, target) {
  if (!target?.isTop || !target.may("list")) return null;
  const label = target.field(target.label);
  const asks = target.searches ? "q" : label?.filter?.includes("contains") ? `${label.key}[contains]` : null;
  const isAccount = target.plural === app.model.account;
  const only = isAccount && target.field("is_active")?.filter?.includes("") ? { is_active: "true" } : {};
  return async (text) => {
    const ask = async (more) => (await app.session.get(`${target.path("list")}?${new URLSearchParams({ limit: FOUND, ...only, ...more })}`)).json.items;
    const isNumber = /^#?[0-9]{1,15}$/.test(text);
    const byNumber = isNumber ? await ask({ "id[in]": text.replace("#", "") }) : [];
    const found = text && !asks ? [] : await ask(text ? { [asks]: text.slice(0, 200) } : {});
    return [...byNumber, ...found.filter(({ id }) => !byNumber.some((row) => row.id === id))];
  };
}

/** A control for one row. `read()` gives its id, or null. */
export function lookup(app, field, { id, value, found, describedBy }) {
  const target = app.model.of(field.to);
  const search = searcher(app, target);
  let chosen = value === null || value === undefined ? null : { id: value, text: found && target ? target.call(found) : `#${value}` };
  if (!search) return byNumber(field, { id, value, describedBy });

  const list = el("ul", { id: newId("found"), role: "listbox", "aria-label": field.title, hidden: true });
  const input = el("input", {
    id,
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "Type to search",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": list.id,
    "aria-describedby": describedBy,
  });
  let timer = null;
  let turn = 0;
  let active = -1;
  /** Whether something was typed that is no row yet. */
  let isOpen = false;

  const settle = () => {
    input.value = chosen ? `${chosen.text} (#${chosen.id})` : "";
    isOpen = false;
    close();
  };
  const close = () => {
    clearTimeout(timer);
    turn += 1;
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const take = (option) => {
    chosen = option.row;
    settle();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const options = () => [...list.children].filter((item) => item.row !== undefined);
  const mark = (at) => {
    const all = options();
    active = all.length === 0 ? -1 : (at + all.length) % all.length;
    all.forEach((item, place) => item.setAttribute("aria-selected", String(place === active)));
    if (active >= 0) {
      input.setAttribute("aria-activedescendant", all[active].id);
      all[active].scrollIntoView({ block: "nearest" });
    }
  };
  const offer = async (text) => {
    const mine = (turn += 1);
    let rows;
    try {
      rows = await search(text);
    } catch (error) {
      rows = null;
      list.replaceChildren(el("li", { className: "faint", role: "option", "aria-disabled": "true" }, error.message));
    }
    if (mine !== turn || document.activeElement !== input) return;
    const item = (row, ...text) => {
      const node = el("li", { id: newId("option"), role: "option", "aria-selected": "false" }, text);
      node.row = row;
      // Before the field loses the focus, which would close the list.
      node.addEventListener("mousedown", (event) => {
        event.preventDefault();
        take(node);
      });
      return node;
    };
    if (rows) {
      const items = rows.map((row) => item({ id: row.id, text: target.call(row) }, bdi(target.call(row)), ` (#${row.id})`));
      const none = field.nullable && !text ? [item(null, "None")] : [];
      const nothing = items.length === 0 ? [el("li", { className: "faint", role: "option", "aria-disabled": "true" }, "Nothing is found")] : [];
      list.replaceChildren(...none, ...items, ...nothing);
    }
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    mark(text && options().length > 0 ? 0 : -1 + (options().length > 0 ? 1 : 0));
  };

  input.addEventListener("input", () => {
    isOpen = true;
    clearTimeout(timer);
    timer = setTimeout(() => offer(input.value.trim()), PAUSE_MS);
  });
  input.addEventListener("focus", () => input.select());
  input.addEventListener("click", () => list.hidden && offer(""));
  input.addEventListener("blur", () => {
    if (input.value.trim() === "" && field.nullable && chosen) {
      chosen = null;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
    if (!isOpen || input.value.trim() === "") return settle();
    // What stands out is what was meant; what is nobody's name stays, and is said when the form is sent.
    if (active >= 0) take(options()[active]);
    else close();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) offer("");
      else mark(active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && !list.hidden) {
      event.preventDefault();
      if (active >= 0) take(options()[active]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      settle();
    }
  });
  settle();
  const node = el("div", { className: "lookup" }, input, list);
  const read = () => {
    if (isOpen) throw new Error("one of those that are found, by a click or with Enter");
    return chosen ? chosen.id : null;
  };
  return { node, read, clear: () => ((chosen = null), settle()) };
}

/** Where nothing can be looked for: the number of the row. */
function byNumber(field, { id, value, describedBy }) {
  const input = el("input", { id, inputMode: "numeric", autocomplete: "off", value: value ?? "", placeholder: "Number of the row", "aria-describedby": describedBy });
  const read = () => {
    const text = input.value.trim();
    if (text === "") return null;
    if (!/^[0-9]{1,15}$/.test(text)) throw new Error("the number of a row");
    return Number(text);
  };
  return { node: input, read, clear: () => (input.value = "") };
}

/** A control for a set of rows: those that are in it, and a lookup that adds one. */
export function lookups(app, field, { id, value, found, describedBy }) {
  const target = app.model.of(field.to);
  const chosen = new Map((value ?? []).map((one) => [one, found?.find?.((row) => row.id === one)]));
  const list = el("ul", { className: "chips" });
  const text = (one, row) => (row && target ? target.call(row) : (texts.get(one) ?? `#${one}`));
  const texts = new Map();
  const draw = () => {
    const chip = ([one, row]) => {
      const drop = () => {
        chosen.delete(one);
        draw();
        single.node.querySelector?.("input")?.focus();
        list.dispatchEvent(new Event("change", { bubbles: true }));
      };
      return el("li", {}, text(one, row), el("button", { type: "button", className: "quiet", "aria-label": `Remove ${text(one, row)}`, onclick: drop }, "×"));
    };
    list.replaceChildren(...[...chosen].map(chip));
    list.hidden = chosen.size === 0;
  };
  const single = lookup(app, { ...field, nullable: false }, { id, value: null, describedBy });
  single.node.addEventListener("change", (event) => {
    if (event.target === list) return;
    let added;
    try {
      added = single.read();
    } catch {
      return;
    }
    if (added === null) return;
    const input = single.node.querySelector?.("input") ?? single.node;
    texts.set(added, input.value.replace(/ \(#[0-9]+\)$/, ""));
    chosen.set(added, undefined);
    single.clear();
    draw();
  });
  draw();
  return { node: el("div", { className: "several" }, list, single.node), read: () => [...chosen.keys()].sort((a, b) => a - b) };
}
