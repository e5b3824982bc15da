// ---- Lists that are kept current

/** How a list is kept current. */
export interface LiveOptions {
  /** Most rows to have: the first 100, unless it is said. */
  readonly most?: number;
  /** Stops it. */
  readonly signal?: AbortSignal;
}

/** `live` once the rows are there and events are heard; `stale` while something may be missed; `ended` when it was stopped, or
 * somebody has to log in. */
export type LiveStatus = "loading" | "live" | "stale" | "ended";

/** The first rows of a list, read again when an event may be about them, and when something may have been missed. */
export class Live<Row> implements AsyncIterable<readonly Row[]> {
  readonly #list: List<Row>;
  readonly #most: number;
  readonly #shortestWait: number;
  readonly #resourceOf: (event: string) => string | undefined;
  readonly #watchers = new Set<() => void>();
  readonly #leave: () => void;
  readonly #stopped = new AbortController();
  #rows: readonly Row[] = [];
  #failure: Failure | null = null;
  #isRead = false;
  #isOpen = false;
  /** Whether something may have been missed that was not told, and the rows have not been read since. */
  #hasGap = false;
  #reading = false;
  #again = false;

  constructor(list: List<Row>, feed: Feed, resourceOf: (event: string) => string | undefined, shortestWait: number, options: LiveOptions = {}) {
    this.#list = list;
    this.#most = options.most ?? 100;
    this.#shortestWait = shortestWait;
    this.#resourceOf = resourceOf;
    this.#isOpen = feed.status === "open";
    this.#leave = feed.listen({
      heard: (message) => {
        if (this.#list.concerns(this.#resourceOf(message.type), message.data)) this.refresh();
      },
      // What is read from here on is not older than what is heard.
      placed: () => this.refresh(),
      missed: () => {
        this.#hasGap = true;
        this.refresh();
      },
      turned: (status) => {
        this.#isOpen = status === "open";
        this.#hasGap ||= !this.#isOpen && this.#isRead;
        if (status === "ended") return this.stop();
        this.#tell();
        if (this.#isOpen && this.#hasGap) this.refresh();
      },
    });
    options.signal?.addEventListener("abort", () => this.stop(), { once: true });
    if (options.signal?.aborted) this.stop();
  }

  /** The rows as they were read last. */
  get rows(): readonly Row[] {
    return this.#rows;
  }

  get status(): LiveStatus {
    if (this.#stopped.signal.aborted) return "ended";
    if (!this.#isRead) return "loading";
    return this.#isOpen && !this.#hasGap && this.#failure === null ? "live" : "stale";
  }

  /** Why the rows could not be read last; `null` where they could. They are read again by and by. */
  get failure(): Failure | null {
    return this.#failure;
  }

  /** Calls `watcher` at once, and when rows or status have changed, until what it answers is called. */
  subscribe(watcher: (live: this) => void): () => void {
    const watch = (): void => watcher(this);
    this.#watchers.add(watch);
    watch();
    return () => this.#watchers.delete(watch);
  }

  /** The rows, and then again whenever they have been read anew. */
  async *[Symbol.asyncIterator](): AsyncGenerator<readonly Row[], void, undefined> {
    let wake: () => void = () => undefined;
    const forget = this.subscribe(() => wake());
    try {
      let shown: readonly Row[] | null = null;
      while (this.status !== "ended") {
        const changed = new Promise<void>((resolve) => (wake = resolve));
        if (this.#isRead && shown !== this.#rows) yield (shown = this.#rows);
        else await changed;
      }
    } finally {
      forget();
    }
  }

  /** Reads the rows again, now. */
  refresh(): void {
    this.#again = true;
    if (!this.#reading) void this.#read();
  }

  /** Leaves it as it is. */
  stop(): void {
    if (this.#stopped.signal.aborted) return;
    this.#stopped.abort();
    this.#leave();
    this.#tell();
    this.#watchers.clear();
  }

  /** Reads for as long as something has happened meanwhile: many events at once are one reading, or two. */
  async #read(): Promise<void> {
    this.#reading = true;
    const { signal } = this.#stopped;
    for (let failures = 0; this.#again && !signal.aborted; ) {
      this.#again = false;
      const wasOpen = this.#isOpen;
      try {
        const rows = await this.#list.rows(this.#most, { signal });
        if (signal.aborted) break;
        failures = 0;
        this.#rows = rows;
        this.#isRead = true;
        this.#failure = null;
        if (wasOpen) this.#hasGap = this.#again && this.#hasGap;
        this.#tell();
      } catch (error) {
        if (signal.aborted || !ApiError.is(error)) break;
        this.#failure = error.failure;
        this.#tell();
        this.#again = true;
        await pause(backoff(failures, this.#shortestWait, LONGEST_BACKOFF), signal).catch(() => undefined);
        failures += 1;
      }
    }
    this.#reading = false;
  }

  #tell(): void {
    for (const watch of [...this.#watchers]) watch();
  }
}
