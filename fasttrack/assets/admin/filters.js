// What a list is narrowed to: a line for each condition, out of the filters that are declared. Conditions stand in the address
// of the view as the API spells them (`priority[in]=low,high`), so that a view can be kept and passed on.

import { button, capitalised, el, newId, words } from "./dom.js";
import { types } from "./model.js";

const ASKS = {
  "": "is",
  ne: "is not",
  in: "is one of",
  gt: "is more than",
  gte: "is at least",
  lt: "is less than",
  lte: "is at most",
  contains: "contains",
  has: "has",
  null: "is empty",
};

/** Parameters of a list that are no conditions. */
const OTHERS = new Set(["q", "sort", "limit", "cursor", "expand", "fields", "count", "columns"]);

/** The conditions in a query: `[{ key, operator, value }]`. */
export function conditions(query) {
  const found = [];
  for (const [name, value] of query) {
    if (OTHERS.has(name)) continue;
    const [, key, operator = ""] = /^([^[]+)(?:\[(\w+)\])?$/.exec(name) ?? [];
    if (key) found.push({ key, operator, value });
  }
  return found;
}

export const nameOf = ({ key, operator }) => (operator ? `${key}[${operator}]` : key);

/** A condition in words. */
export function inWords(resource, { key, operator, value }) {
  const title = resource.field(key)?.title ?? words(key);
  if (operator === "null") return `${title} ${value === "true" ? "is empty" : "is not empty"}`;
  const said = operator === "in" ? value.split(",").join(", ") : value;
  return `${title} ${ASKS[operator] ?? operator} ${said}`;
}

/** The part of a view in which conditions are made; `apply` gets all of them. */
export function filters(resource, query, apply) {
  const fields = resource.fields.filter((field) => field.filter?.length > 0);
  if (fields.length === 0) return null;
  const present = conditions(query);
  const list = el("div", { className: "conditions" });
  const lines = [];
  const add = (condition) => {
    const line = new Line(fields, condition, () => {
      lines.splice(lines.indexOf(line), 1);
      line.node.remove();
      more.focus();
    });
    lines.push(line);
    list.append(line.node);
    return line;
  };
  present.forEach(add);
  const more = button("Add a condition", () => add({ key: fields[0].key, operator: fields[0].filter[0], value: "" }).focus(), { className: "quiet" });
  const done = el("button", { type: "submit" }, "Apply");
  const none = present.length > 0 ? button("Remove all", () => apply([]), { className: "quiet" }) : null;
  const form = el("form", { className: "filters" }, list, el("div", { className: "bar" }, more, done, none));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply(lines.map((line) => line.condition).filter(({ value }) => value !== ""));
  });
  const title = present.length > 0 ? `Filter (${present.length})` : "Filter";
  return el("details", { className: "tool" }, el("summary", {}, title), form);
}

class Line {
  constructor(fields, condition, drop) {
    this.fields = fields;
    this.value = el("span", { className: "value" });
    const option = (field) => el("option", { value: field.key, selected: field.key === condition.key }, field.title);
    this.key = el("select", { "aria-label": "Field" }, fields.map(option));
    this.operator = el("select", { "aria-label": "Condition" });
    this.node = el("div", { className: "condition" }, this.key, this.operator, this.value, el("button", { type: "button", className: "quiet", "aria-label": "Remove this condition", onclick: drop }, "×"));
    this.key.addEventListener("change", () => this.#operators(this.field.filter[0], ""));
    this.operator.addEventListener("change", () => this.#control(this.input.value));
    this.#operators(condition.operator, condition.value);
  }

  get field() {
    return this.fields.find((field) => field.key === this.key.value);
  }

  get condition() {
    return { key: this.key.value, operator: this.operator.value, value: this.#read() };
  }

  focus() {
    this.key.focus();
  }

  #operators(operator, value) {
    const option = (name) => el("option", { value: name, selected: name === operator }, ASKS[name] ?? name);
    this.operator.replaceChildren(...this.field.filter.map(option));
    this.#control(value);
  }

  #control(value) {
    const { schema } = this.field;
    const operator = this.operator.value;
    const choices = operator === "null" || types(schema)[0] === "boolean" ? ["true", "false"] : operator === "" || operator === "ne" ? schema.enum?.filter((word) => word !== null) : null;
    const kinds = { date: "date", "date-time": "datetime-local" };
    const isOne = !["in", "contains"].includes(operator);
    const label = operator === "in" ? "Values, separated by commas" : "Value";
    if (choices) {
      const text = { true: "Yes", false: "No" };
      const option = (word) => el("option", { value: word, selected: word === value }, text[word] ?? capitalised(words(word)));
      this.input = el("select", { id: newId("value"), "aria-label": label }, choices.map(option));
    } else {
      const type = isOne ? (kinds[schema.format] ?? "text") : "text";
      const isInstant = type === "datetime-local" && value;
      this.input = el("input", { id: newId("value"), type, step: type === "datetime-local" ? "1" : undefined, "aria-label": label, maxLength: 2000, autocomplete: "off", value: isInstant ? toLocal(value) : value });
    }
    this.value.replaceChildren(this.input);
  }

  #read() {
    const { value, type } = this.input;
    if (type === "datetime-local" && value) return new Date(value).toISOString();
    return type === "text" ? value.trim() : value;
  }
}

function toLocal(text) {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return "";
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
