// ---- Events

/** What an account is told. */
export interface Told<Name extends string, Data> {
  /** Rises per account. */
  readonly id: number;
  readonly type: Name;
  readonly data: Data;
  /** Who did it; `null` where that is not known. */
  readonly actor_id: number | null;
  readonly timestamp: string;
}

type Message = Told<string, Readonly<Record<string, unknown>>>;

/** How it stands with the socket: `waiting` is before it is opened again, `ended` when somebody has to log in. */
export type FeedStatus = "idle" | "connecting" | "open" | "waiting" | "ended";

interface Listener {
  readonly heard?: (message: Message) => void;
  /** From here on nothing is missed that is told. */
  readonly placed?: () => void;
  /** Something may have been missed. */
  readonly missed?: () => void;
  readonly turned?: (status: FeedStatus) => void;
}

/** How often the server is asked whether it is still there, and how long it may take to say so, in milliseconds. */
const HEARTBEAT = 25_000;
const PATIENCE = 10_000;
/** Longest time before the socket is opened again, in milliseconds. */
const LONGEST_BACKOFF = 30_000;
/** With what the server closes where a token is good no more. */
const NOT_LET_IN = 4001;

/** One socket for whoever listens, open as long as somebody does. */
class Feed {
  readonly #transport: Transport;
  readonly #listeners = new Set<Listener>();
  /** The last message that was heard; before the first, the newest that there was. */
  #since: number | null = null;
  #status: FeedStatus = "idle";
  /** What ends the conversation that is going on. */
  #running: AbortController | null = null;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get status(): FeedStatus {
    return this.#status;
  }

  /** Listens, until what it answers is called. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    if (this.#running === null) this.#start();
    else if (this.#since !== null) queueMicrotask(() => listener.placed?.());
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.close();
    };
  }

  /** Somebody else may be calling: what was heard before is not his. */
  restart(): void {
    this.close();
    if (this.#listeners.size > 0) this.#start();
  }

  close(): void {
    this.#running?.abort();
    this.#running = null;
    this.#since = null;
    this.#turn("idle");
  }

  #start(): void {
    const running = new AbortController();
    this.#running = running;
    void this.#keep(running.signal).then(() => {
      if (running.signal.aborted) return;
      this.#running = null;
      this.#turn("ended");
    });
  }

  /** Opens sockets, one after the other, until somebody has to log in. */
  async #keep(signal: AbortSignal): Promise<void> {
    let failures = 0;
    let refused: string | null = null;
    let isFirst = true;
    while (!signal.aborted) {
      this.#turn("connecting");
      try {
        const keeper = this.#transport.keeper;
        const token: string | null = refused === null ? await keeper.token() : await keeper.renewed(refused);
        if (signal.aborted) return;
        if (token === null) return;
        refused = null;
        await this.#place(signal);
        const opened = (): void => {
          this.#turn("open");
          if (!isFirst) this.#tell((listener) => listener.missed?.());
          isFirst = false;
        };
        const { code, wasHeard } = await this.#converse(token, signal, opened);
        if (code === NOT_LET_IN) refused = token;
        if (wasHeard) failures = 0;
      } catch (error) {
        if (signal.aborted || ApiError.is(error, "unauthenticated")) return;
      }
      if (signal.aborted) return;
      this.#turn("waiting");
      await pause(backoff(failures, this.#transport.shortestWait, LONGEST_BACKOFF), signal).catch(() => undefined);
      failures += 1;
    }
  }

  /** Finds the newest message, from which on all are heard. */
  async #place(signal: AbortSignal): Promise<void> {
    if (this.#since !== null) return;
    const list = new List<Message>(this.#transport, `${PREFIX}/notifications`, { sort: "-id", limit: 1 });
    const newest = (await list.page({ signal })).items[0]?.id ?? 0;
    if (signal.aborted) return;
    this.#since = newest;
    this.#tell((listener) => listener.placed?.());
  }

  /** Has one socket open until it is closed, and says with what. */
  #converse(token: string, signal: AbortSignal, opened: () => void): Promise<{ code: number; wasHeard: boolean }> {
    const make = this.#transport.options.webSocket ?? (globalThis as { WebSocket?: new (url: string) => SocketLike }).WebSocket;
    if (make === undefined) throw new TypeError("there is no WebSocket here: give the client one as `webSocket`");
    const query = new URLSearchParams({ token, since: String(this.#since ?? 0) });
    const socket = new make(socketUrl(this.#transport.url("/ws", query)));
    return new Promise((resolve) => {
      let isOpen = false;
      let wasHeard = false;
      let alarm: ReturnType<typeof setTimeout>;
      const end = (code: number): void => {
        clearTimeout(alarm);
        signal.removeEventListener("abort", leave);
        socket.onopen = socket.onmessage = socket.onclose = null;
        socket.onerror = () => undefined;
        resolve({ code, wasHeard });
      };
      const leave = (): void => {
        end(1000);
        socket.close(1000);
      };
      const ask = (): void => {
        socket.send('{"type":"ping"}');
        alarm = setTimeout(leave, PATIENCE);
      };
      alarm = setTimeout(leave, PATIENCE);
      signal.addEventListener("abort", leave);
      socket.onopen = () => {
        isOpen = true;
        clearTimeout(alarm);
        ask();
      };
      socket.onmessage = (event: { data: unknown }) => {
        clearTimeout(alarm);
        alarm = setTimeout(ask, HEARTBEAT);
        if (!wasHeard) opened();
        wasHeard = true;
        this.#hear(String(event.data));
      };
      socket.onclose = (event: { code?: number }) => end(event.code ?? 1006);
      // An end follows, with its code; except that Node has none where no connection came about.
      socket.onerror = () => {
        if (!isOpen) end(1006);
      };
    });
  }

  #hear(text: string): void {
    let message: Partial<Message>;
    try {
      message = JSON.parse(text) as Partial<Message>;
    } catch {
      return;
    }
    if (message.type === "resync") this.#tell((listener) => listener.missed?.());
    if (typeof message.id !== "number" || message.id <= (this.#since ?? 0)) return;
    this.#since = message.id;
    this.#tell((listener) => listener.heard?.(message as Message));
  }

  #turn(status: FeedStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    this.#tell((listener) => listener.turned?.(status));
  }

  #tell(what: (listener: Listener) => void): void {
    for (const listener of [...this.#listeners]) {
      try {
        what(listener);
      } catch (error) {
        // One listener's mistake is not another's, and is seen where such things are.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

function socketUrl(url: string): string {
  const { location } = globalThis as { location?: { href: string } };
  const absolute = new URL(url, location?.href);
  absolute.protocol = absolute.protocol === "https:" ? "wss:" : "ws:";
  return absolute.href;
}
