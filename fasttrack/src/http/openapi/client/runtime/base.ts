// ---- The client, but for what is declared

/** What every client has. */
class ClientBase {
  protected readonly transport: Transport;
  readonly #feed: Feed;
  readonly #resourceOf: (event: string) => string | undefined;

  constructor(options: ClientOptions, resourceOf: (event: string) => string | undefined) {
    this.transport = new Transport(options);
    this.#feed = new Feed(this.transport);
    this.#resourceOf = resourceOf;
  }

  /** How it stands with the socket. */
  get feedStatus(): FeedStatus {
    return this.#feed.status;
  }

  /** Keeps a list current: its rows are read again when an event may be about them, and after a gap. */
  live<Row>(list: List<Row>, options: LiveOptions = {}): Live<Row> {
    return new Live(list, this.#feed, this.#resourceOf, this.transport.shortestWait, options);
  }

  /** Carries out many operations in one transaction: all or nothing. */
  async batch(operations: readonly BatchOperation[], options: ChangeOptions = {}): Promise<readonly BatchResult[]> {
    const call: Call = { method: "POST", path: `${PREFIX}/batch`, body: { operations }, keyed: true, options };
    const { results } = await this.transport.json<{ results: readonly BatchResult[] }>(call);
    this.transport.versions.clear();
    return results;
  }

  /** Any request below `/api/v1`, for what has no method here; answers what is answered as JSON, `null` for nothing. */
  request(method: string, path: string, options: RequestOptions & { readonly query?: Record<string, string>; readonly body?: unknown } = {}): Promise<unknown> {
    const { query, body } = options;
    return this.transport.json({ method, path: PREFIX + path, query: new URLSearchParams(query ?? {}), body, options });
  }

  /** Closes the socket. */
  close(): void {
    this.#feed.close();
  }

  /** Calls `missed` when something may have been missed: after a gap, and when messages were older than those that are kept. */
  onMissed(missed: () => void): () => void {
    return this.#feed.listen({ missed });
  }

  /** Calls `turned` when the socket is opened, lost, or over. */
  onFeedStatus(turned: (status: FeedStatus) => void): () => void {
    return this.#feed.listen({ turned });
  }

  protected hear(heard: (message: Message) => void): () => void {
    return this.#feed.listen({ heard });
  }

  protected restart(): void {
    this.#feed.restart();
  }
}
