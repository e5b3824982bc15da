// One row: its fields, a form for those that may be changed, its files, what is below it, and what can be done with it.

import { bdi, button, confirmed, el, link, same, table, withArticle, words } from "./dom.js";
import { files } from "./files.js";
import { Form } from "./form.js";
import { list } from "./list.js";
import { newKey } from "./session.js";
import { shown } from "./show.js";

/** A new row; `parent` is the id of the one above. */
export async function create(app, { resource, parent = null, base }) {
  const key = { value: newKey() };
  const fields = resource.fields.filter((field) => field.create);
  const form = new Form(app, fields, {
    inline: resource.inline,
    submit: `Create ${resource.noun}`,
    onsubmit: async () => {
      const body = form.values();
      if (!body) return;
      try {
        // Sent twice under one key, it is made once: an answer that was lost does no harm.
        const { json } = await app.session.post(resource.path("create", parent), body, { headers: { "idempotency-key": key.value } });
        app.guard(null);
        app.tell(bdi(resource.call(json)), " was created.");
        app.go(resource.may("read") ? `/${resource.plural}/${json.id}` : base);
      } catch (error) {
        // Without an answer it may have been made: under the same key it is not made twice.
        if (!error.status) return app.refused(error, form);
        key.value = newKey();
        const isOther = error.faults.some(({ field }) => field === "Idempotency-Key");
        const message = "What was sent before may have been made already: look at the list before you send this.";
        app.refused(isOther ? { message } : error, form);
      }
    },
  });
  app.guard(() => form.isTouched);
  return { title: `New ${resource.noun}`, node: form.node };
}

/** A row that there is. */
export async function show(app, { resource, id, below, query }) {
  const view = new RowView(app, resource, id);
  await view.load();
  if (below) return view.below(below, query);
  return view.whole();
}

class RowView {
  constructor(app, resource, id) {
    Object.assign(this, { app, resource, id });
  }

  async load() {
    const expand = this.resource.expanding(this.resource.shown);
    const query = expand.length > 0 ? `?${new URLSearchParams({ expand: expand.join(",") })}` : "";
    const { json, etag } = await this.app.session.get(`${this.resource.path("read", this.id)}${query}`);
    Object.assign(this, { row: json, etag, isSeenAbove: this.#isSeenAbove(json) });
  }

  /** Whether the row above is shown to the caller, as far as this one tells. */
  #isSeenAbove(row) {
    const { parent, above } = this.resource;
    const name = this.resource.field(parent?.field)?.expand;
    return above?.may("read") === true && row[name] !== null;
  }

  get title() {
    return this.resource.call(this.row);
  }

  /** Whether the caller may do this with this very row. */
  may(verb) {
    const { rights } = this.resource;
    return this.resource.may(verb) && (!rights.includes(verb) || this.row.can?.includes(verb) === true);
  }

  get base() {
    return `/${this.resource.plural}/${this.id}`;
  }

  /** Links to what is below, beside the row itself. */
  tabs(current) {
    const lists = this.resource.below.filter((other) => other.may("list"));
    const tab = (href, text, is) => el("a", { href: `#${href}`, "aria-current": is ? "page" : undefined }, text);
    const all = [tab(this.base, "Fields", current === null), ...lists.map((other) => tab(`${this.base}/${other.plural}`, other.title, current === other.plural))];
    if (this.resource.may("history")) all.push(tab(`${this.base}/history`, "History", current === "history"));
    return all.length > 1 ? el("nav", { className: "tabs", "aria-label": this.title }, all) : null;
  }

  async whole() {
    const { app, resource } = this;
    const changeable = this.may("update") ? resource.fields.filter((field) => field.update && !field.file) : [];
    const form = changeable.length > 0 ? this.#form(changeable) : null;
    const rest = resource.shown.filter((field) => !changeable.includes(field) && !field.file && this.row[field.key] !== undefined);
    const facts = el("dl", { className: "facts card" }, rest.map((field) => [el("dt", {}, field.title), el("dd", {}, shown(app.model, field, this.row))]));
    const node = el("div", {}, this.tabs(null), form?.node, files(app, this), this.#inline(), rest.length > 0 ? el("section", { "aria-label": "Other fields" }, facts) : null, this.#acts());
    return { title: this.title, above: this.#above(), node };
  }

  #above() {
    const { parent, above } = this.resource;
    const id = parent && this.row[parent.field];
    const found = parent && this.row[this.resource.field(parent.field)?.expand];
    if (above && id) {
      const text = found ? above.call(found) : `${above.noun} ${id}`;
      return [this.isSeenAbove ? [`/${above.plural}/${id}`, text] : [null, text], [`/${above.plural}/${id}/${this.resource.plural}`, this.resource.title]];
    }
    return this.resource.isTop && this.resource.may("list") ? [[`/${this.resource.plural}`, this.resource.title]] : [];
  }

  #form(fields) {
    const { app, resource } = this;
    const isAddress = (body) => resource.plural === app.model.account && "email" in body;
    const form = new Form(app, fields, {
      row: this.row,
      submit: "Save",
      onsubmit: async () => {
        const body = form.values({ onlyChanged: true });
        if (!body) return;
        if (Object.keys(body).length === 0) return app.tell("Nothing was changed.");
        if (isAddress(body)) {
          const password = await app.askPassword("Your own password, to change an address of e-mail");
          if (password === null) return;
          body.current_password = password;
        }
        await this.#save(form, body, this.etag);
      },
    });
    app.guard(() => form.isTouched);
    return form;
  }

  async #save(form, body, etag) {
    const { app, resource } = this;
    try {
      const { status, json } = await app.session.patch(resource.path("update", this.id), body, { headers: etag ? { "if-match": etag } : {}, asksPassword: "current_password" in body });
      if (status === 204) app.tell("Saved. You may not see it any more.");
      else app.tell(bdi(resource.call(json)), " was saved.");
      app.guard(null);
      if (status === 204) app.go("/");
      else app.reload();
    } catch (error) {
      if (error.status === 412) await this.#conflict(form, body);
      else app.refused(error, form);
    }
  }

  /** Somebody else changed the row since it was read: what it is now, beside what was to be saved. */
  async #conflict(form, body) {
    const { app, resource } = this;
    const before = this.row;
    await this.load();
    const wanted = { ...before, ...body };
    const keys = resource.shown.filter(({ key }) => key in body || !same(before[key], this.row[key]));
    const rows = keys.filter(({ key }) => key !== "updated_at").map((field) => [
      el("th", { scope: "row" }, field.title),
      shown(app.model, field, before),
      shown(app.model, field, this.row),
      field.key in body ? shown(app.model, field, { ...wanted, [field.expand]: undefined }) : "",
    ]);
    const over = button("Save mine over it", async () => {
      told.remove();
      await this.#save(form, body, this.etag);
    });
    const theirs = button("Take what is there", () => {
      app.guard(null);
      app.reload();
    }, { className: "quiet" });
    const told = el(
      "section",
      { className: "notice conflict", role: "alert", tabIndex: -1 },
      el("p", {}, el("strong", {}, "Somebody else has changed this meanwhile."), " Nothing of yours is saved yet."),
      table("What was changed", ["Field", "When you began", "Now", "Yours"], rows),
      el("div", { className: "bar" }, over, theirs),
    );
    form.node.querySelector(".conflict")?.remove();
    form.bar.before(told);
    told.focus();
  }

  /** Rows that were made along with this one. */
  #inline() {
    return this.resource.inline.filter(({ key }) => Array.isArray(this.row[key])).map((along) => {
      const rows = this.row[along.key].map((row) => along.fields.map((field) => shown(this.app.model, field, row, true)));
      return el("section", {}, el("h2", {}, along.title), rows.length > 0 ? table(along.title, along.fields.map(({ title }) => title), rows) : el("p", { className: "faint" }, "None."));
    });
  }

  #acts() {
    if (!this.may("delete")) return null;
    return el("div", { className: "bar" }, button(`Delete this ${this.resource.noun}`, () => this.#delete(), { className: "danger" }));
  }

  async #delete() {
    const { app, resource } = this;
    const rest = resource.keeps_deleted ? "? It is kept, and gone for everybody." : "? This cannot be taken back.";
    const question = ["Delete ", bdi(this.title), rest];
    if (!(await confirmed(question, "Delete"))) return;
    await app.attempt(async () => {
      await app.session.delete(resource.path("delete", this.id), { headers: this.etag ? { "if-match": this.etag } : {} });
      app.guard(null);
      const back = resource.may("restore") ? button("Restore it", () => app.attempt(async () => {
        await app.session.post(resource.path("restore", this.id));
        app.tell(bdi(this.title), " is back.");
        app.go(this.base);
      }), { className: "quiet" }) : null;
      const above = this.#above().at(-1)?.[0] ?? "/";
      app.go(above);
      app.tell(bdi(this.title), " was deleted. ", back);
    });
  }

  async below(plural, query) {
    const { app, resource } = this;
    const crumbs = [...this.#above(), [this.base, this.title]];
    if (plural === "history") return { title: "History", above: crumbs, node: el("div", {}, this.tabs("history"), await this.#history(query)) };
    const other = app.model.of(plural);
    const creates = (await resource.creatableBelow(app.session, this.id)).has(plural);
    const { title, node } = await list(app, { resource: other, parent: this.id, creates, query, base: `${this.base}/${plural}` });
    return { title, above: crumbs, node: el("div", {}, this.tabs(plural), node) };
  }

  async #history(query) {
    const ask = new URLSearchParams({ limit: 50, sort: "-id", ...(query.has("cursor") ? { cursor: query.get("cursor") } : {}) });
    const page = (await this.app.session.get(`${this.resource.path("history", this.id)}?${ask}`)).json;
    const change = ({ at, actor_id: actor, verb, changes }) => {
      const fields = Object.entries(changes ?? {}).map(([key, { old, new: now }]) => {
        const field = this.resource.field(key) ?? { key, title: words(key), schema: {} };
        const told = (value) => shown(this.app.model, field, { [key]: value }, true);
        return el("li", {}, `${field.title}: `, told(old), " → ", told(now));
      });
      return [shown(this.app.model, { key: "at", schema: { format: "date-time" } }, { at }), this.app.who(actor), verb, fields.length > 0 ? el("ul", { className: "plain" }, fields) : ""];
    };
    if (page.items.length === 0) return el("p", { className: "empty" }, "Nothing has changed.");
    const more = page.has_more ? link(`#${this.base}/history?${new URLSearchParams({ cursor: page.next_cursor })}`, "Older changes") : null;
    return el("section", { "aria-label": "History" }, table(`History of ${withArticle(this.resource.noun)}`, ["When", "Who", "What", "Fields"], page.items.map(change)), more);
  }
}
