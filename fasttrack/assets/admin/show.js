// What a value of a field looks like where it is only read.

import { bytes, capitalised, el, instant, link, plain, words } from "./dom.js";
import { types } from "./model.js";

/** Longest text in a cell of a table, in characters. */
const CELL = 80;

/** A value of a field, for people; `row` may have beside it what the value leads to. */
export function shown(model, field, row, isCell = false) {
  const value = row[field.key];
  if (value === undefined) return el("span", { className: "faint" }, "not shown");
  if (value === null || value === "") return el("span", { className: "faint" }, "—");
  if (field.file) return `${value.name} (${bytes(value.bytes)})`;
  if (field.to) return led(model, field, row, value);
  const { format, enum: choices } = field.schema;
  if (format === "date-time") return instant(value);
  if (choices) return el("span", { className: "badge" }, capitalised(words(value)));
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (Array.isArray(value)) return value.map(plain).join(", ") || "—";
  if (types(field.schema).length === 0) return el("code", {}, cut(JSON.stringify(value), isCell));
  return cut(plain(value), isCell);
}

function cut(text, isCell) {
  return isCell && text.length > CELL ? `${text.slice(0, CELL)} …` : text;
}

/** Where a relation leads: in words where the row may be seen, else its number. */
function led(model, field, row, value) {
  const target = model.of(field.to);
  const one = (id, found) => {
    const text = found && target ? target.call(found) : `#${id}`;
    return target?.may("read") && found ? link(`#/${target.plural}/${id}`, text) : text;
  };
  const expanded = row[field.expand];
  if (!Array.isArray(value)) return one(value, expanded);
  const nodes = value.map((id) => one(id, expanded?.find?.((other) => other.id === id)));
  return el("span", {}, nodes.flatMap((node, at) => (at > 0 ? [", ", node] : [node])));
}
