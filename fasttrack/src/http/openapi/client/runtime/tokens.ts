// ---- Tokens

/** The tokens of a session. */
export interface Tokens {
  readonly access_token: string;
  /** Good once. */
  readonly refresh_token: string;
  /** When the access token expires, in milliseconds by the clock of this machine. */
  readonly expires_at: number;
}

/** Where tokens are kept. */
export interface TokenStore {
  /** By which name others know the same store, such as other tabs of a browser; they refresh by turns. */
  readonly shared?: string;
  get(): Tokens | null | Promise<Tokens | null>;
  set(tokens: Tokens | null): void | Promise<void>;
}

/** Keeps tokens for as long as the program or the page lives. */
export class MemoryTokens implements TokenStore {
  #tokens: Tokens | null;

  constructor(tokens: Tokens | null = null) {
    this.#tokens = tokens;
  }

  get(): Tokens | null {
    return this.#tokens;
  }

  set(tokens: Tokens | null): void {
    this.#tokens = tokens;
  }
}

/** Keeps tokens in `localStorage`, for all tabs of an origin: whatever runs scripts there can read them. */
export class LocalStorageTokens implements TokenStore {
  readonly shared: string;

  constructor(name = "fasttrack.tokens") {
    this.shared = name;
  }

  get(): Tokens | null {
    const text = localStorage.getItem(this.shared);
    if (text === null) return null;
    try {
      const kept = JSON.parse(text) as Partial<Tokens> | null;
      const { access_token, refresh_token, expires_at } = kept ?? {};
      if (typeof access_token !== "string" || typeof refresh_token !== "string") return null;
      return { access_token, refresh_token, expires_at: Number(expires_at) || 0 };
    } catch {
      return null;
    }
  }

  set(tokens: Tokens | null): void {
    if (tokens === null) localStorage.removeItem(this.shared);
    else localStorage.setItem(this.shared, JSON.stringify(tokens));
  }
}

/** How long before its end an access token is not used any more, in milliseconds. */
const MARGIN = 2_000;

/** Hands out access tokens, and has a refresh token be used once, whoever asks. */
class TokenKeeper {
  readonly store: TokenStore;
  readonly #key: string | undefined;
  readonly #exchange: (refreshToken: string) => Promise<Tokens>;
  readonly #ended: () => void;
  #refreshing: Promise<Tokens | null> | null = null;
  /** The last token with which a session was over, which is told once. */
  #over: string | null = null;

  constructor(
    store: TokenStore,
    key: string | undefined,
    exchange: (refreshToken: string) => Promise<Tokens>,
    ended: () => void,
  ) {
    this.store = store;
    this.#key = key;
    this.#exchange = exchange;
    this.#ended = ended;
  }

  /** A token that is believed good; none where nobody is logged in. */
  async token(): Promise<string | null> {
    if (this.#key !== undefined) return this.#key;
    const tokens = await this.store.get();
    if (tokens === null) return null;
    if (Date.now() < tokens.expires_at - MARGIN) return tokens.access_token;
    return this.renewed(tokens.access_token);
  }

  /** Another token in place of this one, which is good no more; none where the session is over. */
  async renewed(used: string): Promise<string | null> {
    if (this.#key !== undefined) return null;
    this.#refreshing ??= this.#byTurns(used).finally(() => {
      this.#refreshing = null;
    });
    const tokens = await this.#refreshing;
    return tokens?.access_token ?? null;
  }

  /** Tabs that share the store take turns, where the browser has locks for that. */
  async #byTurns(used: string): Promise<Tokens | null> {
    const { shared } = this.store;
    const { navigator } = globalThis as { navigator?: { locks?: LockManager } };
    if (shared === undefined || navigator?.locks === undefined) return this.#refresh(used);
    const name = `fasttrack.refresh:${shared}`;
    const done = await navigator.locks.request(name, { ifAvailable: true }, async (lock) =>
      lock === null ? undefined : { tokens: await this.#refresh(used) },
    );
    if (done !== undefined) return done.tokens;
    // What another tab has written is there a moment later than its lock is free.
    return await navigator.locks.request(name, async () => (await this.#othersAfter(used)) ?? this.#refresh(used));
  }

  async #refresh(used: string): Promise<Tokens | null> {
    const before = await this.store.get();
    // Somebody else was first, here or in another tab; or has logged out there.
    if (before === null) this.#end(used);
    if (before === null || before.access_token !== used) return before;
    try {
      const tokens = await this.#exchange(before.refresh_token);
      await this.store.set(tokens);
      return tokens;
    } catch (error) {
      if (!ApiError.is(error, "unauthenticated")) throw error;
      const others = await this.#othersAfter(used);
      if (others !== null) return others;
      await this.store.set(null);
      this.#end(used);
      return null;
    }
  }

  #end(token: string): void {
    if (this.#over === token) return;
    this.#over = token;
    this.#ended();
  }

  /** What another tab was given in place of this token, which may take a moment to be seen here. */
  async #othersAfter(used: string): Promise<Tokens | null> {
    const rounds = this.store.shared === undefined ? 1 : 40;
    for (let round = 0; round < rounds; round += 1) {
      if (round > 0) await pause(25);
      const now = await this.store.get();
      if (now !== null && now.access_token !== used) return now;
    }
    return null;
  }
}
