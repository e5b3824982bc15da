// Who is logged in. The tokens live in this object alone, neither in a cookie nor in storage: what outlives the page could
// be read later, by other scripts of the origin or by whoever sits down next. So a reload logs in again.

// Beside the page, wherever a proxy has it.
const API = "api/v1";

/** The server answered with an error. */
export class Refused extends Error {
  constructor(status, detail, retryAfterMs) {
    super(detail);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The server could not be reached. */
export class Unreachable extends Error {}

/** The session is over: its refresh token is no longer taken. */
export class Ended extends Error {}

export class Session {
  #access;
  #refresh;
  #renewal = null;

  constructor(email, pair) {
    this.email = email;
    this.#take(pair);
  }

  static async open(email, password) {
    return new Session(email, await request("POST", "/auth/login", { body: { email, password } }));
  }

  /** The account's id, out of the token's `sub`. Not verified: it decides only what this page calls "you". */
  get accountId() {
    const payload = this.#access.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return Number(JSON.parse(atob(payload)).sub);
  }

  /** Where the WebSocket is. A browser can set no header on it, so that the token has to stand in the query. */
  socketUrl(since) {
    const url = new URL("ws", document.baseURI);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    url.search = new URLSearchParams({ token: this.#access, since });
    return url;
  }

  /** Reads a resource; an access token that is no longer taken is renewed once. */
  async get(path) {
    try {
      return await request("GET", path, { token: this.#access });
    } catch (error) {
      if (error.status !== 401) throw error;
      await this.renew();
      return request("GET", path, { token: this.#access });
    }
  }

  /** Trades the refresh token for a new pair; one trade at a time, since each token works once. */
  renew() {
    this.#renewal ??= this.#trade().finally(() => (this.#renewal = null));
    return this.#renewal;
  }

  async #trade() {
    try {
      this.#take(await request("POST", "/auth/refresh", { body: { refresh_token: this.#refresh } }));
    } catch (error) {
      throw error.status === 401 ? new Ended(error.message) : error;
    }
  }

  /** Ends the session on the server too. With `keepalive` also while the page is being left. */
  close() {
    return request("POST", "/auth/logout", { token: this.#access, keepalive: true });
  }

  #take(pair) {
    this.#access = pair.access_token;
    this.#refresh = pair.refresh_token;
  }
}

async function request(method, path, { token, body, keepalive = false }) {
  const headers = {};
  if (token) headers.authorization = `Bearer ${token}`;
  if (body) headers["content-type"] = "application/json";
  let response, text;
  try {
    const options = { method, headers, keepalive, cache: "no-store", credentials: "omit" };
    response = await fetch(API + path, { ...options, body: body && JSON.stringify(body) });
    text = await response.text();
  } catch {
    throw new Unreachable("The server cannot be reached.");
  }
  if (response.ok) return text ? JSON.parse(text) : null;
  const seconds = Number(response.headers.get("retry-after")) || 0;
  throw new Refused(response.status, explain(response, text), seconds * 1000);
}

/** What a problem document says, as a sentence. */
function explain(response, text) {
  try {
    const problem = JSON.parse(text);
    const faults = (problem.errors ?? []).map(({ field, message }) => `${field}: ${message}`);
    return asSentence(faults.length > 0 ? faults.join("; ") : problem.detail);
  } catch {
    return `The server answered ${response.status}.`;
  }
}

export function asSentence(text) {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
