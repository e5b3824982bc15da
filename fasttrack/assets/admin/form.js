// A form out of a declaration: a control for each field, its bounds, and what the server finds wrong with it.

import { button, capitalised, el, newId, same } from "./dom.js";
import { bounds, control } from "./controls.js";

/**
 * A form for these fields. `values()` gives what was filled in, or null where something is wrong with it, which is shown;
 * `refuse(error)` shows what the server found.
 */
export class Form {
  #parts = [];
  #message = el("p", { className: "error", role: "alert" });

  constructor(app, fields, { row = {}, inline = [], submit, onsubmit }) {
    this.row = row;
    this.send = el("button", { type: "submit" }, submit);
    this.bar = el("div", { className: "bar" }, this.send);
    this.body = el("div", { className: "fields" }, fields.map((field) => this.#field(app, field)));
    this.inlines = inline.map((along) => new Inline(app, along));
    this.node = el("form", { noValidate: true, className: "card" }, this.body, this.inlines.map((one) => one.node), this.#message, this.bar);
    this.node.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (this.send.disabled) return;
      this.send.disabled = true;
      app.tell("");
      try {
        await onsubmit(this);
      } finally {
        this.send.disabled = false;
      }
    });
  }

  #field(app, field) {
    const id = newId("field");
    const [hint, fault] = [newId("hint"), newId("fault")];
    const made = control(app, field, { id, row: this.row, describedBy: `${hint} ${fault}` });
    const first = read(made);
    const told = [field.schema.description?.replaceAll("`", ""), bounds(field)].filter(Boolean).join(" ");
    const error = el("p", { id: fault, className: "fault" });
    const isBox = made.node.type === "checkbox";
    const name = el("label", { htmlFor: id }, field.title, field.required ? el("span", { className: "faint" }, " (required)") : null);
    const says = el("p", { id: hint, className: "hint" }, told);
    const part = { field, made, first, error, input: made.node.matches("input, select, textarea") ? made.node : made.node.querySelector("input") };
    this.#parts.push(part);
    return el("div", { className: isBox ? "field check" : "field", "data-key": field.key }, isBox ? [made.node, name] : [name, made.node], says, error);
  }

  /** What was filled in: everything that was, or with `onlyChanged` what is another than before. Null, where it cannot be. */
  values({ onlyChanged = false } = {}) {
    this.clear();
    const found = {};
    let isSound = true;
    for (const part of this.#parts) {
      const { field, made, first } = part;
      let value;
      try {
        value = made.read();
      } catch (error) {
        this.#blame(part, error.message);
        isSound = false;
        continue;
      }
      if (value === undefined) {
        if (onlyChanged ? first !== undefined && !field.nullable : field.required) {
          this.#blame(part, "is missing");
          isSound = false;
        }
        continue;
      }
      if (!onlyChanged || !same(value, first)) found[field.key] = value;
    }
    for (const along of this.inlines) {
      const rows = along.values();
      if (rows === null) isSound = false;
      else found[along.key] = rows;
    }
    if (!isSound) this.#toFirst();
    return isSound ? found : null;
  }

  /** Whether anything is another than before. */
  get isTouched() {
    return this.#parts.some(({ made, first }) => !same(read(made), first));
  }

  clear() {
    this.#message.textContent = "";
    for (const { error, input } of this.#parts) {
      error.textContent = "";
      input?.removeAttribute("aria-invalid");
    }
    for (const along of this.inlines) along.clear();
  }

  /** Shows what was wrong: beside the fields that it concerns, and the rest below. */
  refuse(error) {
    const rest = [];
    for (const { field, message } of error.faults ?? []) {
      const part = this.#parts.find((part) => part.field.key === field);
      const along = this.inlines.find((along) => field.startsWith(along.key));
      if (part) this.#blame(part, message);
      else if (!along?.blame(field, message)) rest.push(field ? `${field}: ${message}` : message);
    }
    const isAll = (error.faults?.length ?? 0) > 0 && rest.length === 0;
    this.#message.textContent = isAll ? "Some of it cannot be taken: see above." : rest.length > 0 ? rest.map(capitalised).join(". ") : error.message;
    this.#toFirst();
  }

  #blame({ error, input }, message) {
    error.textContent = `${capitalised(message)}.`;
    input?.setAttribute("aria-invalid", "true");
  }

  #toFirst() {
    this.node.querySelector("[aria-invalid=true]")?.focus();
  }
}

function read(made) {
  try {
    return made.read();
  } catch {
    return NaN;
  }
}

/** Rows that are made along with the one of the form. */
class Inline {
  #rows = [];

  constructor(app, along) {
    this.key = along.key;
    this.along = along;
    this.list = el("div", { className: "rows" });
    this.message = el("p", { className: "fault", role: "alert" });
    const add = button(`Add ${along.noun}`, () => this.#add(app), { className: "quiet" });
    this.node = el("fieldset", {}, el("legend", {}, along.title), this.list, this.message, add);
    for (let at = 0; at < along.min; at += 1) this.#add(app);
  }

  #add(app) {
    if (this.#rows.length >= this.along.max) {
      this.message.textContent = `At most ${this.along.max}.`;
      return;
    }
    const fields = this.along.fields.filter((field) => field.create);
    const form = new Form(app, fields, { submit: "", onsubmit: () => {} });
    const remove = button("Remove", () => {
      this.#rows = this.#rows.filter((row) => row !== entry);
      part.remove();
    }, { className: "quiet" });
    const part = el("div", { className: "row", role: "group", "aria-label": this.along.noun }, form.body, remove);
    const entry = { form, part };
    this.#rows.push(entry);
    this.list.append(part);
    part.querySelector("input, select, textarea")?.focus();
  }

  clear() {
    this.message.textContent = "";
  }

  values() {
    const values = this.#rows.map(({ form }) => form.values());
    if (this.#rows.length < this.along.min) {
      this.message.textContent = `At least ${this.along.min}.`;
      return null;
    }
    return values.includes(null) ? null : values;
  }

  /** Shows a fault of one of the rows (`lines.0.amount`), or of all of them (`lines`). */
  blame(field, message) {
    const [, at, key] = field.split(".");
    const entry = at === undefined ? null : this.#rows[Number(at)];
    const isKnown = entry && this.along.fields.some((known) => known.create && known.key === key);
    if (isKnown) entry.form.refuse({ faults: [{ field: key, message }] });
    else this.message.textContent = `${capitalised(message)}.`;
    return true;
  }
}
