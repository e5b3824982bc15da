// Rows of a resource as a table: searched, filtered, sorted, counted, page by page, with the columns that are wanted.

import { bdi, button, capitalised, confirmed, el, link, newId, table, words } from "./dom.js";
import { conditions, filters, inWords, nameOf } from "./filters.js";
import { shown } from "./show.js";

const SIZES = [20, 50, 100];

/** The view of a list; `parent` is the id of the row above, where it has one. */
export async function list(app, { resource, parent = null, creates = resource.may("create"), query, base }) {
  const view = new List(app, { resource, parent, creates, query, base });
  try {
    await view.begin();
  } catch (error) {
    // What was asked can be mended where it stands.
    if (error.status !== 422) throw error;
    view.refuse(error);
  }
  return { title: resource.title, node: view.node };
}

class List {
  /** Those that lead to the pages up to this one: they stay with the entry in the history of the browser. */
  #cursors = history.state?.cursors ?? [null];
  #rows = el("div", { "aria-busy": "false" });
  #pager = el("div", { className: "bar pager" });

  constructor(app, { resource, parent, creates, query, base }) {
    Object.assign(this, { app, resource, parent, creates, query, base });
    this.columns = this.#chosen();
    this.node = el("div", {}, this.#tools(), this.#conditions(), this.#rows, this.#pager);
  }

  /** Columns that somebody chose before, else the usual ones. */
  #chosen() {
    const kept = this.app.preference(`columns.${this.resource.plural}`)?.split(",") ?? [];
    const fields = kept.map((key) => this.resource.field(key)).filter((field) => field?.shown);
    return fields.length > 0 ? fields : this.resource.usual;
  }

  #go(change) {
    const query = new URLSearchParams(this.query);
    change(query);
    this.app.go(this.base, query);
  }

  #tools() {
    const { resource } = this;
    const tools = el("div", { className: "tools" });
    if (resource.searches) {
      const id = newId("search");
      const input = el("input", { id, type: "search", placeholder: "Search", maxLength: 200, value: this.query.get("q") ?? "", autocomplete: "off" });
      const form = el("form", { role: "search", className: "search" }, el("label", { htmlFor: id, className: "unseen" }, `Search ${words(resource.plural)}`), input, el("button", { type: "submit", className: "quiet" }, "Search"));
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const text = input.value.trim();
        this.#go((query) => (text ? query.set("q", text) : query.delete("q")));
      });
      tools.append(form);
    }
    const made = filters(resource, this.query, (all) =>
      this.#go((query) => {
        for (const condition of conditions(this.query)) query.delete(nameOf(condition));
        for (const condition of all) query.append(nameOf(condition), condition.value);
      }),
    );
    tools.append(...[made, this.#columnChooser()].filter(Boolean));
    tools.append(button("Save as CSV", () => this.#save(), { className: "quiet" }));
    if (this.creates) tools.append(el("a", { href: `#${this.base}/new`, className: "button" }, `New ${resource.noun}`));
    return tools;
  }

  #columnChooser() {
    const boxes = this.resource.shown.map((field) => {
      const id = newId("column");
      const box = el("input", { type: "checkbox", id, checked: this.columns.includes(field), value: field.key });
      return el("div", { className: "field check" }, box, el("label", { htmlFor: id }, field.title));
    });
    const whole = el("details", { className: "tool" }, el("summary", {}, "Columns"), el("fieldset", { className: "columns" }, el("legend", { className: "unseen" }, "Columns that are shown"), boxes));
    whole.addEventListener("change", () => {
      const keys = boxes.map((box) => box.firstChild).filter((box) => box.checked).map((box) => box.value);
      this.app.prefer(`columns.${this.resource.plural}`, keys.join(","));
      this.columns = this.#chosen();
      this.load(this.#cursors.at(-1));
    });
    return whole;
  }

  #conditions() {
    const all = conditions(this.query);
    const q = this.query.get("q");
    if (all.length === 0 && !q) return null;
    const said = [...(q ? [`“${q}”`] : []), ...all.map((one) => inWords(this.resource, one))];
    return el("p", { className: "faint only" }, `Only: ${said.join("; ")}. `, link(`#${this.base}`, "Show all"));
  }

  /** What the API is asked. */
  #ask(more = {}) {
    const query = new URLSearchParams(this.query);
    // Which columns there are is the page's own: what an address leaves out must not look like what may not be seen.
    for (const name of ["columns", "fields", "expand", "count", "cursor"]) query.delete(name);
    if (!query.has("limit")) query.set("limit", SIZES[0]);
    for (const [key, value] of Object.entries(more)) query.set(key, value);
    return `${this.resource.path("list", this.parent)}?${query}`;
  }

  /** Shows the page where one was; the first, where the server takes that cursor no more. */
  async begin() {
    try {
      await this.load(this.#cursors.at(-1));
    } catch (error) {
      if (error.status !== 422 || this.#cursors.length < 2) throw error;
      this.#cursors = [null];
      await this.load(null);
    }
  }

  /** Shows the page that a cursor leads to; null is the first. */
  async load(cursor) {
    this.#rows.ariaBusy = "true";
    const expand = this.resource.expanding(this.columns);
    const more = { ...(expand.length > 0 ? { expand: expand.join(",") } : {}), ...(cursor ? { cursor } : {}) };
    try {
      const page = (await this.app.session.get(this.#ask(more))).json;
      this.#rows.replaceChildren(page.items.length > 0 ? this.#table(page.items) : this.#nothing());
      this.#pages(page);
    } finally {
      this.#rows.ariaBusy = "false";
    }
  }

  /** Says what is wrong with what was asked. */
  refuse(error) {
    const said = error.faults.map(({ field, message }) => `${capitalised(words(field))}: ${message}.`);
    this.#rows.replaceChildren(el("p", { className: "empty", role: "alert" }, said.join(" ") || error.message));
  }

  #nothing() {
    const isAll = conditions(this.query).length === 0 && !this.query.has("q");
    return el("p", { className: "empty" }, isAll ? `There are no ${words(this.resource.plural)} that you may see.` : "Nothing fits.");
  }

  #table(rows) {
    const { resource, columns } = this;
    const open = resource.may("read");
    const hasActs = !open && rows.some((row) => row.can?.includes("delete"));
    const cells = (row) => {
      const at = Math.max(0, columns.findIndex(({ key }) => key === resource.label));
      const cell = (field, place) => {
        const content = shown(this.app.model, field, row, true);
        const isName = place === at && open;
        const name = plainly(content);
        // What is seen of nothing but blanks cannot be clicked.
        const text = field.to || (typeof name === "string" && !name.trim()) ? resource.call(row) : name;
        return el(place === at ? "th" : "td", place === at ? { scope: "row" } : {}, isName ? link(`#/${resource.plural}/${row.id}`, text) : content);
      };
      const acts = el("td", {}, row.can?.includes("delete") ? button("Delete", () => this.#delete(row), { className: "quiet danger", "aria-label": `Delete ${resource.call(row)}` }) : null);
      return [...columns.map(cell), ...(hasActs ? [acts] : [])];
    };
    const heads = columns.map((field) => this.#head(field));
    return table(resource.title, hasActs ? [...heads, el("th", { scope: "col" }, "Actions")] : heads, rows.map(cells));
  }

  #head(field) {
    if (!field.sort) return el("th", { scope: "col" }, field.title);
    const [first] = (this.query.get("sort") ?? "id").split(",");
    const order = first === field.key ? "ascending" : first === `-${field.key}` ? "descending" : null;
    const turn = () => this.#go((query) => query.set("sort", order === "ascending" ? `-${field.key}` : field.key));
    const mark = el("span", { "aria-hidden": "true", className: "order" }, { ascending: "▲", descending: "▼" }[order] ?? "");
    return el("th", { scope: "col", "aria-sort": order ?? "none" }, button([field.title, mark], turn, { className: "head" }));
  }

  async #delete(row) {
    if (!(await confirmed(["Delete ", bdi(this.resource.call(row)), "?"], "Delete"))) return;
    await this.app.attempt(async () => {
      await this.app.session.delete(this.resource.path("delete", row.id));
      this.app.tell("Deleted.");
      await this.load(this.#cursors.at(-1));
    });
  }

  #pages(page) {
    const turn = (cursors) => this.app.attempt(async () => {
      const before = this.#cursors;
      this.#cursors = cursors;
      try {
        await this.load(cursors.at(-1));
      } catch (error) {
        this.#cursors = before;
        throw error;
      }
      this.app.keep({ cursors });
      this.#pager.querySelector("output").scrollIntoView({ block: "nearest" });
    });
    const back = button("Previous", () => turn(this.#cursors.slice(0, -1)), { className: "quiet", disabled: this.#cursors.length < 2 });
    const next = button("Next", () => turn([...this.#cursors, page.next_cursor]), { className: "quiet", disabled: !page.has_more });
    const said = el("output", {}, page.items.length === 0 ? "" : `Page ${this.#cursors.length}${page.has_more ? "" : ", the last"}`);
    const count = button("Count all", () => this.app.attempt(async () => {
      const { total } = (await this.app.session.get(this.#ask({ count: "true", limit: 1 }))).json;
      said.textContent = `${total.toLocaleString()} in all`;
    }), { className: "quiet" });
    const size = el("select", { "aria-label": "Rows on a page" }, SIZES.map((size) => el("option", { value: size, selected: String(size) === (this.query.get("limit") ?? "20") }, `${size} a page`)));
    size.addEventListener("change", () => this.#go((query) => query.set("limit", size.value)));
    this.#pager.replaceChildren(back, next, said, count, size);
    // What a turn of the page has disabled was just pressed: the focus must not fall out of the page.
    if (document.activeElement === document.body) (next.disabled ? back : next).focus();
  }

  async #save() {
    await this.app.attempt(async () => {
      const query = new URLSearchParams(this.query);
      for (const name of ["limit", "columns", "fields", "expand", "count", "cursor"]) query.delete(name);
      const path = `${this.resource.path("list", this.parent)}?${query}`;
      const { blob } = await this.app.session.get(path, { accept: "text/csv", raw: true });
      save(blob, `${this.resource.plural}.csv`);
    });
  }
}

const plainly = (content) => (content instanceof HTMLAnchorElement ? content.textContent : content);

/** Has the browser keep bytes as a file. */
export function save(blob, name) {
  const url = URL.createObjectURL(blob);
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
