// ---- Requests

/** What a socket has to be: that of browsers, or of a package for Node. */
export interface SocketLike {
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

/** How the client works. */
export interface ClientOptions {
  /** Where the server is: `https://x.example/tracker`; in a browser also a path, or nothing for the page's own origin. */
  readonly baseUrl?: string;
  /** Where tokens are kept: in memory, unless it is said. */
  readonly store?: TokenStore;
  /** An API key (`ft_…`), instead of logging in. */
  readonly apiKey?: string;
  /** Sends requests: the platform's `fetch`, unless it is said. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Makes sockets: the platform's `WebSocket`, unless it is said. */
  readonly webSocket?: new (url: string) => SocketLike;
  /** How often a request is tried again that may be: 3 times. */
  readonly retries?: number;
  /** Longest time that is waited before one, in milliseconds: 10,000. Who is told to wait longer is told of the failure. */
  readonly longestWait?: number;
  /** Shortest time before one, and before a socket is opened again, in milliseconds: 300. Twice as long each time. */
  readonly shortestWait?: number;
  /** Whether versions of rows are remembered, and changes refused (412) of rows that others have changed meanwhile: yes. */
  readonly versions?: boolean;
  /** Called when the session is over, and somebody has to log in again. */
  readonly onSessionEnd?: () => void;
}

/** What any request takes. */
export interface RequestOptions {
  readonly signal?: AbortSignal;
}

/** What a change takes. */
export interface ChangeOptions extends RequestOptions {
  /** A name for this change, under which it is made once: made up for each call, unless it is said. */
  readonly idempotencyKey?: string;
}

/** What a change of a row takes. */
export interface RowChangeOptions extends ChangeOptions {
  /** The version that the row has to be: the one that was read, unless it is said. `false` for any. */
  readonly ifMatch?: string | false;
}

/** One request. */
interface Call {
  readonly method: string;
  readonly path: string;
  readonly query?: URLSearchParams;
  /** What is sent as JSON. */
  readonly body?: unknown;
  /** What is sent as it is. */
  readonly bytes?: Blob | ArrayBuffer | Uint8Array | string;
  readonly headers?: Record<string, string>;
  /** Whether it is made once under a key. */
  readonly keyed?: boolean;
  /** Whether no token is sent. */
  readonly open?: boolean;
  /** Whether a 401 may be about what was sent, and not about the token. */
  readonly asksForSecret?: boolean;
  /** Whether the answer is handed over as it comes. */
  readonly streamed?: boolean;
  readonly options?: ChangeOptions | undefined;
}

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly response: Response;
}

/** What stands before all paths of the interface. */
const PREFIX = "/api/v1";

/** Sends requests, with what they need, and again where that is safe. */
class Transport {
  readonly keeper: TokenKeeper;
  readonly versions: Versions;
  readonly options: ClientOptions;
  readonly shortestWait: number;

  constructor(options: ClientOptions) {
    this.options = options;
    this.shortestWait = options.shortestWait ?? 300;
    this.versions = new Versions(options.versions ?? true);
    const store = options.store ?? new MemoryTokens();
    const exchange = (refreshToken: string): Promise<Tokens> => this.#exchange(refreshToken);
    this.keeper = new TokenKeeper(store, options.apiKey, exchange, () => {
      this.versions.clear();
      options.onSessionEnd?.();
    });
  }

  /** Where a path is. */
  url(path: string, query?: URLSearchParams): string {
    const base = (this.options.baseUrl ?? "").replace(/\/+$/, "");
    const text = query?.toString() ?? "";
    return `${base}${path}${text === "" ? "" : `?${text}`}`;
  }

  /** The row, or whatever a path answers as JSON; `null` where it answers nothing. */
  async json<Value>(call: Call): Promise<Value> {
    return valueOf(await this.send(call)) as Value;
  }

  /** Sends a request until it is answered, or trying again is of no use. */
  async send(call: Call): Promise<Reply> {
    const { signal } = call.options ?? {};
    const key = call.keyed === true ? (call.options?.idempotencyKey ?? uuid()) : undefined;
    let renewed = false;
    let unanswered = false;
    for (let failures = 0; ; ) {
      const token = call.open === true ? null : await this.keeper.token();
      const isKeyed = key !== undefined && token !== null;
      const isSafe = isKeyed || ["GET", "PUT"].includes(call.method);
      let reply: Reply;
      try {
        reply = await this.#once(call, token, isKeyed ? key : undefined);
      } catch (cause) {
        unanswered = true;
        if (signal?.aborted || !isSafe || failures >= this.#retries) throw noAnswer(cause, signal);
        await pause(backoff(failures, this.shortestWait, this.#longestWait), signal);
        failures += 1;
        continue;
      }
      if (reply.response.ok || reply.status === 304) return reply;
      if (reply.status === 401 && token !== null && !renewed && call.asksForSecret !== true) {
        renewed = true;
        if ((await this.keeper.renewed(token)) !== null) continue;
      }
      const failure = failureOf(reply.status, reply.headers, reply.text);
      const wait = this.#waitAfter(failure, isSafe, unanswered && isKeyed, failures);
      if (wait === null || failures >= this.#retries) throw new ApiError(failure);
      await pause(wait, signal);
      failures += 1;
    }
  }

  get #retries(): number {
    return this.options.retries ?? 3;
  }

  get #longestWait(): number {
    return this.options.longestWait ?? 10_000;
  }

  /** How long to wait before the same is sent again; `null` where it is not. */
  #waitAfter(failure: Failure, isSafe: boolean, mayBeUnderWay: boolean, failures: number): number | null {
    if (!isSafe) return null;
    if (failure.kind === "unavailable" || failure.kind === "limited") {
      const wait = failure.retry_after * 1000;
      return wait <= this.#longestWait ? wait : null;
    }
    // What was sent before, and not answered, may still be going on under this key.
    return failure.kind === "conflict" && mayBeUnderWay ? backoff(failures, this.shortestWait, this.#longestWait) : null;
  }

  async #once(call: Call, token: string | null, key: string | undefined): Promise<Reply> {
    const headers: Record<string, string> = { ...call.headers };
    if (token !== null) headers["authorization"] = `Bearer ${token}`;
    if (key !== undefined) headers["idempotency-key"] = key;
    const init: RequestInit = { method: call.method, headers };
    if (call.bytes !== undefined) init.body = call.bytes as BodyInit;
    if (call.body !== undefined) {
      headers["content-type"] = "application/json";
      init.body = JSON.stringify(call.body);
    }
    if (call.options?.signal !== undefined) init.signal = call.options.signal;
    // Versions are compared here, and a page's cache is not to answer with what another account was shown.
    init.cache = "no-store";
    const send = this.options.fetch ?? ((url: string, how: RequestInit) => fetch(url, how));
    const response = await send(this.url(call.path, call.query), init);
    const text = call.streamed === true && response.ok ? "" : await response.text();
    return { status: response.status, headers: response.headers, text, response };
  }

  async #exchange(refreshToken: string): Promise<Tokens> {
    const body = { refresh_token: refreshToken };
    const call: Call = { method: "POST", path: `${PREFIX}/auth/refresh`, body, open: true };
    for (let failures = 0; ; failures += 1) {
      try {
        return tokensOf(await this.json<TokenPair>(call));
      } catch (error) {
        // At once: the server takes the same token again for a race, for some seconds, and ends the session later.
        if (!ApiError.is(error, "network") || failures > 0) throw error;
      }
    }
  }
}

function valueOf(reply: Reply): unknown {
  return reply.text === "" ? null : (JSON.parse(reply.text) as unknown);
}

function tokensOf(pair: TokenPair): Tokens {
  const { access_token, refresh_token, expires_in } = pair;
  return { access_token, refresh_token, expires_at: Date.now() + expires_in * 1000 };
}

/** A random name (RFC 9562); pages without TLS have no `randomUUID`. */
function uuid(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** A version of a row, and the row itself, where it was read whole. */
interface Version {
  readonly tag: string;
  readonly text: string | null;
}

/** The versions of the rows that were read last. */
class Versions {
  static readonly MOST = 1_000;
  readonly #known = new Map<string, Version>();
  readonly #isOn: boolean;

  constructor(isOn: boolean) {
    this.#isOn = isOn;
  }

  of(path: string): Version | undefined {
    return this.#known.get(path);
  }

  keep(path: string, tag: string | null, text: string | null): void {
    const before = this.#known.get(path);
    this.#known.delete(path);
    if (!this.#isOn || tag === null) return;
    // The tag is that of the whole row, also where a part was asked for.
    const whole = text ?? (before?.tag === tag ? before.text : null);
    this.#known.set(path, { tag, text: whole });
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= Versions.MOST) break;
      this.#known.delete(oldest);
    }
  }

  forget(path: string): void {
    this.#known.delete(path);
  }

  /** A list shows a row otherwise than it was read: what was remembered is not what the caller goes by any more. */
  compare(path: string, row: unknown): void {
    const text = this.#known.get(path)?.text;
    if (typeof text === "string" && JSON.stringify(JSON.parse(text)) !== JSON.stringify(row)) this.forget(path);
  }

  clear(): void {
    this.#known.clear();
  }
}
