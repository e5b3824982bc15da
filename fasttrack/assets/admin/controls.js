// A control for each kind of field, out of what its declaration says: type, format, bounds, choices.

import { capitalised, el, plain, words } from "./dom.js";
import { lookup, lookups } from "./lookup.js";
import { types } from "./model.js";

/** Texts that may be longer than this get several lines. */
const ONE_LINE = 300;

/**
 * A control with what it holds: `{ node, read }`, where `read` gives the value or throws with what it should be.
 * `row` has the value, and beside it what that leads to.
 */
export function control(app, field, { id, row = {}, describedBy }) {
  const { schema } = field;
  const given = row[field.key];
  const value = given === undefined ? (schema.default ?? null) : given;
  const common = { id, "aria-describedby": describedBy, required: field.required && !field.nullable };
  if (field.to) {
    const options = { id, value: given ?? (field.many ? [] : null), found: row[field.expand], describedBy };
    return field.many ? lookups(app, field, options) : lookup(app, field, options);
  }
  if (schema.enum) return choice(field, value, common, given);
  const [type] = types(schema);
  if (type === "boolean") return flag(field, value, common);
  if (type === "integer" || type === "number") return number(field, value, common, type);
  if (type === "array") return several(schema, value, common);
  if (type === "string") return text(field, value, common);
  return json(field, value, common);
}

function choice(field, value, common, given) {
  const words_of = field.schema.enum.filter((word) => word !== null);
  // Of what a flow knows, only what can follow is offered.
  const steps = field.flow && given ? [given, ...(field.flow[given] ?? [])] : words_of;
  const option = (word) => el("option", { value: word, selected: word === value }, capitalised(words(word)));
  const none = field.nullable || value === null ? [el("option", { value: "", selected: value === null }, "—")] : [];
  const select = el("select", common, none, words_of.filter((word) => steps.includes(word)).map(option));
  return { node: select, read: () => (select.value === "" ? (field.nullable ? null : undefined) : select.value) };
}

function flag(field, value, common) {
  if (field.nullable) {
    const option = (text, word) => el("option", { value: text, selected: value === word }, { "": "—", true: "Yes", false: "No" }[text]);
    const select = el("select", common, option("", null), option("true", true), option("false", false));
    return { node: select, read: () => ({ "": null, true: true, false: false })[select.value] };
  }
  const box = el("input", { ...common, required: false, type: "checkbox", checked: value === true });
  return { node: box, read: () => box.checked };
}

function number(field, value, common, type) {
  const input = el("input", { ...common, inputMode: type === "integer" ? "numeric" : "decimal", autocomplete: "off", value: value === null ? "" : plain(value) });
  const { minimum, maximum } = field.schema;
  const read = () => {
    const text = input.value.trim();
    if (text === "") return empty(field);
    if (type === "number") {
      const read = Number(text);
      if (!Number.isFinite(read)) throw new Error("a number");
      return read;
    }
    if (!/^-?[0-9]+$/.test(text)) throw new Error("a whole number");
    const exact = BigInt(text);
    if (minimum !== undefined && exact < BigInt(minimum)) throw new Error(`at least ${minimum}`);
    if (maximum !== undefined && exact > BigInt(maximum)) throw new Error(`at most ${maximum}`);
    if (Number.isSafeInteger(Number(exact))) return Number(exact);
    if (!JSON.rawJSON) throw new Error("a number that this browser can write exactly");
    return JSON.rawJSON(String(exact));
  };
  return { node: input, read };
}

const empty = (field) => (field.nullable ? null : undefined);

function text(field, value, common) {
  const { format, maxLength, minLength } = field.schema;
  if (format === "date-time") return moment(field, value, common);
  const kinds = { email: "email", uri: "url", date: "date", password: "password" };
  const isLong = /[\r\n]/.test(value ?? "") || !kinds[format] && (maxLength === undefined || maxLength > ONE_LINE) && format === undefined && !field.schema.pattern;
  const common_text = { ...common, value: value ?? "", maxLength: maxLength === undefined ? undefined : 2 * maxLength, spellcheck: format === undefined ? undefined : "false" };
  const node = isLong
    ? el("textarea", { ...common_text, rows: 5 })
    : el("input", { ...common_text, type: kinds[format] ?? "text", autocomplete: format === "password" ? "new-password" : "off" });
  const read = () => {
    const read = node.value;
    if (read === "" && field.nullable) return null;
    if (read === "" && (kinds[format] || format || field.required || minLength > 0)) return undefined;
    // As the server counts: Unicode scalar values.
    const length = [...read].length;
    if (maxLength !== undefined && length > maxLength) throw new Error(`at most ${maxLength} characters`);
    return read;
  };
  return { node, read };
}

/** An instant, in the time zone of whoever looks at it. */
function moment(field, value, common) {
  const local = (text) => {
    const time = new Date(text);
    return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 23);
  };
  const shown = value ? local(value) : "";
  const input = el("input", { ...common, type: "datetime-local", step: "0.001", value: shown });
  const first = input.value;
  const read = () => {
    // What nobody touched keeps its microseconds.
    if (input.value === first && value) return value;
    if (input.value === "") return empty(field);
    return new Date(input.value).toISOString();
  };
  return { node: input, read };
}

/** Values one below the other. */
function several(schema, value, common) {
  const isNumber = types(schema.items ?? {})[0] === "integer";
  const area = el("textarea", { ...common, rows: 4, value: (value ?? []).map(plain).join("\n"), placeholder: "One on each line" });
  const read = () => {
    const lines = area.value.split("\n").map((line) => line.replace(/\r$/, "")).filter((line) => line !== "");
    if (!isNumber) return lines;
    return lines.map((line) => {
      const number = Number(line);
      if (!/^\s*-?[0-9]+\s*$/.test(line) || !Number.isSafeInteger(number)) throw new Error("a whole number on each line");
      return number;
    });
  };
  return { node: area, read };
}

function json(field, value, common) {
  const area = el("textarea", { ...common, rows: 6, className: "code", spellcheck: "false", value: value === null ? "" : JSON.stringify(value, null, 2) });
  const read = () => {
    if (area.value.trim() === "") return empty(field);
    try {
      return JSON.parse(area.value, (_, read, context) => {
        const isLarge = typeof read === "number" && Number.isInteger(read) && !Number.isSafeInteger(read);
        return isLarge && context?.source && JSON.rawJSON ? JSON.rawJSON(context.source) : read;
      });
    } catch {
      throw new Error("JSON, such as { \"key\": 1 }");
    }
  };
  return { node: area, read };
}

const count = (number) => number.toLocaleString("en");

/** What the bounds of a field are, for whoever fills it in. */
export function bounds({ schema, many, file, to }) {
  if (file || (to && !many)) return "";
  const { minLength, maxLength, minimum, maximum, maxItems, format } = schema;
  const parts = [];
  if (minLength > 0 && maxLength) parts.push(minLength === maxLength ? `${maxLength} characters` : `${minLength} to ${count(maxLength)} characters`);
  else if (maxLength) parts.push(`at most ${count(maxLength)} characters`);
  if (minimum !== undefined && maximum !== undefined) parts.push(`${minimum} to ${maximum}`);
  else if (minimum !== undefined) parts.push(`at least ${minimum}`);
  else if (maximum !== undefined) parts.push(`at most ${maximum}`);
  if (maxItems) parts.push(`at most ${maxItems}${many ? " of them" : " values"}`);
  if (format === "date-time") parts.push(`in your time zone, ${Intl.DateTimeFormat().resolvedOptions().timeZone}`);
  return parts.length > 0 ? `${capitalised(parts.join(", "))}.` : "";
}
