// Who is logged in, and every request.
//
// The tokens live in this object. Only while the page is being left does the refresh token lie in the storage of its tab, so
// that a reload is no log-out: it counts for a moment, and whoever comes back takes it out at once, so that no two tabs share it.

// Beside the page, wherever a proxy has it.
const API = "api/v1";
const KEPT = "fasttrack.admin.refresh";

/** How long a reload may take. */
const RELOAD_MS = 10_000;

/** The server answered with an error. */
export class Refused extends Error {
  constructor(status, problem) {
    super(asSentence(problem.detail ?? `The server answered ${status}`));
    this.status = status;
    this.type = problem.type ?? "";
    this.faults = problem.errors ?? [];
  }
}

/** The server could not be reached. */
export class Unreachable extends Error {}

/** The session is over. */
export class Ended extends Error {}

export class Session {
  #access;
  #refresh;
  #renewal = null;
  /** Called when tokens were renewed: what the caller may do can be another since. */
  onrenewed = () => {};

  constructor(pair) {
    this.#take(pair);
    this.keep = () => sessionStorage.setItem(KEPT, JSON.stringify({ token: this.#refresh, at: Date.now() }));
    window.addEventListener("pagehide", this.keep);
  }

  static async open(email, password, code) {
    const body = { email, password, ...(code ? { code } : {}) };
    return new Session((await send("POST", "/auth/login", { body })).json);
  }

  /** The session of the page that was here before a reload, if it is still good. */
  static async resume() {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
    sessionStorage.removeItem(KEPT);
    // What lies there for longer may be another tab's by now, which was opened from this one.
    if (!kept || Date.now() - kept.at > RELOAD_MS) return null;
    const refresh = kept.token;
    try {
      return new Session((await send("POST", "/auth/refresh", { body: { refresh_token: refresh } })).json);
    } catch (error) {
      if (error.status !== 401) sessionStorage.setItem(KEPT, JSON.stringify({ token: refresh, at: Date.now() }));
      return null;
    }
  }

  /** A page that a browser kept for its "back" button: what was put aside belongs to it alone again. */
  takeBack() {
    sessionStorage.removeItem(KEPT);
  }

  get accountId() {
    const payload = this.#access.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return Number(JSON.parse(atob(payload)).sub);
  }

  get = (path, options) => this.send("GET", path, options);
  post = (path, body, options) => this.send("POST", path, { body, ...options });
  patch = (path, body, options) => this.send("PATCH", path, { body, ...options });
  delete = (path, options) => this.send("DELETE", path, options);

  /** One request; an access token that is no longer taken is renewed once. Answers `{ status, json, etag, response }`. */
  async send(method, path, options = {}) {
    const token = this.#access;
    try {
      return await send(method, path, { token, ...options });
    } catch (error) {
      if (error.status !== 401 || options.asksPassword) throw error;
      if (this.#access === token) await this.#renew();
      return send(method, path, { token: this.#access, ...options });
    }
  }

  async close() {
    window.removeEventListener("pagehide", this.keep);
    sessionStorage.removeItem(KEPT);
    await send("POST", "/auth/logout", { token: this.#access });
  }

  /** Forgets everything, without a word to the server. */
  drop() {
    window.removeEventListener("pagehide", this.keep);
    sessionStorage.removeItem(KEPT);
  }

  #renew() {
    this.#renewal ??= this.#trade().finally(() => (this.#renewal = null));
    return this.#renewal;
  }

  async #trade() {
    try {
      this.#take((await send("POST", "/auth/refresh", { body: { refresh_token: this.#refresh } })).json);
    } catch (error) {
      throw error.status === 401 ? new Ended(error.message) : error;
    }
    this.onrenewed();
  }

  #take(pair) {
    this.#access = pair.access_token;
    this.#refresh = pair.refresh_token;
  }
}

async function send(method, path, { token, body, file, headers = {}, accept, raw = false }) {
  const sent = { ...headers };
  if (token) sent.authorization = `Bearer ${token}`;
  if (accept) sent.accept = accept;
  if (body !== undefined) sent["content-type"] = "application/json";
  let response, text;
  try {
    const content = file ?? (body === undefined ? undefined : JSON.stringify(body));
    response = await fetch(API + path, { method, headers: sent, body: content, cache: "no-store", credentials: "omit" });
    if (raw && response.ok) return { status: response.status, response, blob: await response.blob() };
    text = await response.text();
  } catch {
    throw new Unreachable("The server cannot be reached.");
  }
  if (!response.ok) throw new Refused(response.status, problemOf(text));
  return { status: response.status, json: text ? parse(text) : null, etag: response.headers.get("etag"), response };
}

/** JSON whose whole numbers are exact, however large. */
function parse(text) {
  return JSON.parse(text, (_, value, context) => {
    const isLarge = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
    return isLarge && context?.source && JSON.rawJSON ? JSON.rawJSON(context.source) : value;
  });
}

function problemOf(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

export function asSentence(text) {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

/** A name for a request, so that it is done once however often it is sent. */
export function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
