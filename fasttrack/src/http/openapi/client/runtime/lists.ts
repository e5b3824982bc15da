// ---- Rows and lists

/** What is known of a file that a row has; its bytes are read by `files`. */
export interface StoredFile {
  readonly name: string;
  /** Its media type. */
  readonly type: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly url: string;
}

/** A row that another one refers to. */
interface One<Row, Inside> {
  readonly one: Row;
  readonly inside: Inside;
}

/** Rows that another one refers to, or that refer to it. */
interface Several<Row, Inside> {
  readonly several: Row;
  readonly inside: Inside;
}

/** What can be done with a row. */
interface Rights<Word> {
  readonly rights: Word;
}

type Head<Path extends string> = Path extends `${infer First}.${string}` ? First : Path;
type Tail<Path extends string, First extends string> = Path extends `${First}.${infer Rest}` ? Rest : never;

/** What `expand` adds to a row, by the names that are asked for. */
type Added<Relations, Path extends string> = {
  [Name in Head<Path> & keyof Relations & string]: Relations[Name] extends One<infer Row, infer Inside>
    ? Shaped<Row, Inside, Tail<Path, Name>, never> | null
    : Relations[Name] extends Several<infer Row, infer Inside>
      ? Shaped<Row, Inside, Tail<Path, Name>, never>[]
      : Relations[Name] extends Rights<infer Word>
        ? Word[]
        : never;
} & {
  [Name in Head<Path> & keyof Relations & string as Relations[Name] extends Several<unknown, unknown>
    ? `${Name}_has_more`
    : never]: boolean;
};

/** A row as it is asked for: with what `expand` adds, and only the fields that `fields` names. */
export type Shaped<Row, Relations, Path extends string, Field> = [Path] extends [never]
  ? Picked<Row, Field>
  : Omit<Picked<Row, Field>, keyof Added<Relations, Path>> & Added<Relations, Path>;

type Picked<Row, Field> = [Field] extends [never] ? Row : Pick<Row, Field & keyof Row>;

/** What is shown of rows. */
export interface ShapeOptions<Path extends string, Field> {
  /** Rows to show inside, and `can`. */
  readonly expand?: readonly Path[];
  /** The fields to show; all, unless it is said. */
  readonly fields?: readonly Field[];
}

/** How a row is read. */
export interface ReadOptions<Path extends string, Field> extends ShapeOptions<Path, Field>, RequestOptions {}

/** How any list is read. */
export interface PageOptions extends RequestOptions {
  /** Most rows on a page: 1 to 100; 20 unless it is said. */
  readonly limit?: number;
}

/** Which rows a list has, in which order, and what is shown of them. */
export interface ListOptions<Filter, Sort extends string, Path extends string, Field>
  extends ShapeOptions<Path, Field>,
    PageOptions {
  /** Which rows: of each field a value, or operators. */
  readonly filter?: Filter;
  /** In which order; `-` is descending. */
  readonly sort?: Sort | readonly Sort[];
}

/** A list that can be searched. */
export interface SearchOptions {
  /** Words, or how they begin. */
  readonly q?: string;
}

/** A filter: a value, or operators. */
export type Filter<Value, Name extends keyof Operators<Value>> = Value | Partial<Pick<Operators<Value>, Name>>;

/** Operators alone. */
export type Operated<Value, Name extends keyof Operators<Value>> = Partial<Pick<Operators<Value>, Name>>;

/** A change of a row, of which it is kept what it was. */
export interface RowChange<Row> {
  readonly at: string;
  readonly actor_id: number | null;
  readonly verb: "create" | "update" | "delete" | "restore";
  readonly changes: { readonly [Key in keyof Row]?: { readonly old: Row[Key] | null; readonly new: Row[Key] | null } };
}

/** A page of a list. */
export interface Page<Row> {
  readonly items: readonly Row[];
  /** Continues the list; `null` on its last page. */
  readonly next_cursor: string | null;
  readonly has_more: boolean;
  /** How many rows the whole list has, where that was asked. */
  readonly total?: number;
}

/** What a list is of, by which it is known what it has to do with an event. */
interface ListFacts {
  /** The resource. */
  readonly of: string;
  /** The key by which its rows refer to the one that the list is under, and the id of that. */
  readonly under?: readonly [key: string, id: number];
  /** Where a row of it is. */
  readonly row?: string;
}

/** What a list is of that has to do with every event. */
const ANYTHING = "*";

type Asked = ListOptions<object, string, string, PropertyKey> & SearchOptions;

/** A list: `for await (const row of list)` walks through all of it, page by page. */
export class List<Row> implements AsyncIterable<Row> {
  readonly #transport: Transport;
  readonly #path: string;
  readonly #asked: Asked;
  /** For `live`. */
  readonly facts: ListFacts;

  constructor(transport: Transport, path: string, asked: object = {}, facts: ListFacts = { of: "" }) {
    this.#transport = transport;
    this.#path = path;
    this.#asked = asked;
    this.facts = facts;
  }

  /** One page: the first, or the one that `cursor` continues with. */
  async page(options: PageOptions & { readonly cursor?: string; readonly count?: boolean } = {}): Promise<Page<Row>> {
    const query = queryOf(this.#asked);
    const limit = options.limit ?? this.#asked.limit;
    if (limit !== undefined) query.set("limit", String(limit));
    if (options.cursor !== undefined) query.set("cursor", options.cursor);
    if (options.count === true) query.set("count", "true");
    const signal = options.signal ?? this.#asked.signal;
    const call: Call = { method: "GET", path: this.#path, query, options: signal === undefined ? {} : { signal } };
    const page = await this.#transport.json<Page<Row>>(call);
    this.#compare(page.items);
    return page;
  }

  /** Page after page. */
  async *pages(options: PageOptions = {}): AsyncGenerator<Page<Row>, void, undefined> {
    let page = await this.page(options);
    yield page;
    while (page.next_cursor !== null) {
      page = await this.page({ ...options, cursor: page.next_cursor });
      yield page;
    }
  }

  /** Row after row. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Row, void, undefined> {
    for await (const page of this.pages()) yield* page.items;
  }

  /** The first rows; all there are, unless it is said how many. */
  async rows(most = Number.POSITIVE_INFINITY, options: RequestOptions = {}): Promise<Row[]> {
    const found: Row[] = [];
    for await (const page of this.pages({ ...options, limit: Math.max(1, Math.min(100, most)) })) {
      found.push(...page.items);
      if (found.length >= most) break;
    }
    return found.slice(0, most);
  }

  /** How many rows there are. Not of every list: of those of resources. */
  async count(options: RequestOptions = {}): Promise<number> {
    return (await this.page({ ...options, limit: 1, count: true })).total ?? 0;
  }

  /** Whether an event may be about rows of it, or about what is shown in them; `resource` is what the event is declared for. */
  concerns(resource: string | undefined, data: Readonly<Record<string, unknown>>): boolean {
    const { of, under } = this.facts;
    if (of === ANYTHING) return true;
    if (resource !== of) return `${of}_id` in data || (this.#asked.expand ?? []).length > 0;
    return under === undefined || !(under[0] in data) || data[under[0]] === under[1];
  }

  #compare(rows: readonly unknown[]): void {
    const { row } = this.facts;
    if (row === undefined || this.#asked.expand !== undefined || this.#asked.fields !== undefined) return;
    for (const shown of rows) this.#transport.versions.compare(`${row}/${(shown as { id: number }).id}`, shown);
  }
}

/** What is asked of a list, or of a row, as a query string. */
function queryOf(asked: Asked): URLSearchParams {
  const query = new URLSearchParams();
  for (const [key, wanted] of Object.entries(asked.filter ?? {})) {
    if (wanted === undefined) continue;
    if (typeof wanted !== "object" || wanted === null) {
      query.set(key, String(wanted));
      continue;
    }
    for (const [operator, value] of Object.entries(wanted as Record<string, unknown>)) {
      if (value !== undefined) query.set(`${key}[${operator}]`, textOf(value));
    }
  }
  if (asked.sort !== undefined) query.set("sort", textOf(asked.sort));
  if (asked.q !== undefined) query.set("q", asked.q);
  if (asked.expand !== undefined && asked.expand.length > 0) query.set("expand", asked.expand.join(","));
  if (asked.fields !== undefined && asked.fields.length > 0) query.set("fields", asked.fields.join(","));
  return query;
}

function textOf(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  const texts = value.map(String);
  // Values are separated by commas, and nothing says that one belongs to a value.
  const torn = texts.find((text) => text.includes(","));
  if (torn !== undefined) throw new TypeError(`a value with a comma cannot stand in a list: ${torn}`);
  return texts.join(",");
}

/** What the objects of all resources have in common: rows are read and changed with their versions. */
class Rows {
  protected readonly transport: Transport;

  constructor(transport: Transport) {
    this.transport = transport;
  }

  protected async readRow<Row>(path: string, asked: ReadOptions<string, PropertyKey> = {}): Promise<Row> {
    const { versions } = this.transport;
    const isWhole = asked.expand === undefined && asked.fields === undefined;
    const known = isWhole ? versions.of(path) : undefined;
    const headers: Record<string, string> = {};
    if (typeof known?.text === "string") headers["if-none-match"] = known.tag;
    const query = queryOf(asked as Asked);
    const reply = await this.transport.send({ method: "GET", path: PREFIX + path, query, headers, options: asked });
    if (reply.status === 304 && typeof known?.text === "string") return JSON.parse(known.text) as Row;
    versions.keep(path, reply.headers.get("etag"), isWhole ? reply.text : null);
    return valueOf(reply) as Row;
  }

  protected async addRow<Row>(path: string, row: string, body: unknown, call: Partial<Call>): Promise<Row> {
    const reply = await this.transport.send({ method: "POST", path: PREFIX + path, body, ...call });
    const added = valueOf(reply) as Row;
    const id = (added as { id?: number } | null)?.id;
    if (id !== undefined) this.transport.versions.keep(`${row}/${id}`, reply.headers.get("etag"), reply.text);
    return added;
  }

  /** Changes a row, and remembers it as it is then; `null` where the caller may not see that. */
  protected async changeRow<Row>(path: string, call: Partial<Call> & { readonly method: string }, options: RowChangeOptions = {}): Promise<Row> {
    const { versions } = this.transport;
    const tag = options.ifMatch ?? versions.of(path)?.tag;
    const headers: Record<string, string> = { ...call.headers };
    if (typeof tag === "string") headers["if-match"] = tag;
    const reply = await this.transport.send({ path: PREFIX + path, ...call, headers, options });
    versions.keep(path, reply.headers.get("etag"), reply.text === "" ? null : reply.text);
    return valueOf(reply) as Row;
  }

  /** Takes a row away, or something that belongs to it. */
  protected async takeAway(path: string, row: string, keyed: boolean, options: RowChangeOptions = {}): Promise<void> {
    const headers: Record<string, string> = {};
    if (typeof options.ifMatch === "string") headers["if-match"] = options.ifMatch;
    await this.transport.send({ method: "DELETE", path: PREFIX + path, headers, keyed, options });
    this.transport.versions.forget(row);
  }

  /** Sends a file. */
  protected putFile<Row>(path: string, field: string, file: FileInput, options: RowChangeOptions & { readonly name?: string } = {}): Promise<Row> {
    const headers: Record<string, string> = {};
    const name = options.name ?? (file as { name?: string }).name;
    if (name !== undefined) headers["content-disposition"] = `attachment; filename*=UTF-8''${extended(name)}`;
    const type = (file as { type?: string }).type;
    headers["content-type"] = type === undefined || type === "" ? "application/octet-stream" : type;
    return this.changeRow<Row>(path, { method: "PUT", path: `${PREFIX}${path}/${field}`, bytes: file, headers }, options);
  }

  /** Reads a file, as it comes. */
  protected async getFile(path: string, options: FileReadOptions = {}): Promise<Response> {
    const headers: Record<string, string> = options.range === undefined ? {} : { range: options.range };
    const call: Call = { method: "GET", path: PREFIX + path, headers, streamed: true, options };
    return (await this.transport.send(call)).response;
  }
}

/** What can be sent as a file. */
export type FileInput = Blob | ArrayBuffer | Uint8Array | string;

/** How a file is read. */
export interface FileReadOptions extends RequestOptions {
  /** Which bytes: `bytes=0-1023`. */
  readonly range?: string;
}

/** A name in a header (RFC 8187). */
function extended(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
}
