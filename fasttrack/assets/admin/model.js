// What is declared, as it is for whoever is logged in: resources, their fields, and where their rows are.

/** Fields that a table begins with, unless it is told which. */
const COLUMNS = 7;

export class Model {
  constructor(description) {
    Object.assign(this, description);
    this.resources = description.resources.map((resource) => new Resource(resource, this));
  }

  /** The resource with this plural. */
  of(plural) {
    return this.resources.find((resource) => resource.plural === plural) ?? null;
  }

  /** The resource of which one row is called so. */
  named(name) {
    return this.resources.find((resource) => resource.name === name) ?? null;
  }
}

export class Resource {
  constructor(description, model) {
    Object.assign(this, description);
    this.model = model;
    this.shown = this.fields.filter((field) => field.shown);
  }

  field(key) {
    return this.fields.find((field) => field.key === key) ?? null;
  }

  may(verb) {
    return verb in this.paths;
  }

  /** The path of a verb; `id` is the row's, or the parent's. */
  path(verb, id) {
    return this.paths[verb].replace("{id}", id);
  }

  /** Whether it is listed and made without a parent. */
  get isTop() {
    return this.parent === null;
  }

  /** What lists of it are below. */
  get above() {
    return this.parent && this.model.of(this.parent.resource);
  }

  /** Resources that are listed, or made, below one of its rows. */
  get below() {
    const isBelow = (other) => other.parent?.resource === this.plural && (other.may("list") || other.may("create"));
    return this.model.resources.filter(isBelow);
  }

  /** What may be made below one of its rows by whoever the row lets: a set of plurals. */
  async creatableBelow(session, id) {
    const may = this.below.some((other) => other.may("create"));
    return new Set(may ? (await session.get(`/admin/${this.plural}/${id}/below`)).json.create : []);
  }

  /** What `expand` has to name for these fields to be shown in words; at most ten. */
  expanding(fields) {
    const names = fields.filter((field) => field.expand && this.model.of(field.to)).map((field) => field.expand);
    return [...(this.rights.length > 0 ? ["can"] : []), ...names].slice(0, 10);
  }

  /** Fields that a table shows unless it is told which. */
  get usual() {
    const isShort = ({ key, schema, file, many }) =>
      key !== this.label && key !== this.parent?.field && !(schema.maxLength > 500) && schema.type !== undefined && !file && !many && !isSet(schema);
    const first = this.shown.filter(({ key }) => key === "id" || key === this.label);
    return [...first, ...this.shown.filter((field) => field.key !== "id" && isShort(field))].slice(0, COLUMNS);
  }

  /** What a row is called. */
  call(row) {
    const text = String((this.label && row[this.label]) ?? "");
    return text.trim() ? text : `${this.noun} ${row.id}`;
  }
}

const isSet = (schema) => types(schema).includes("array");

/** The types of a schema, without null. */
export function types(schema) {
  return [schema.type ?? []].flat().filter((type) => type !== "null");
}
