// ---- What can go wrong

/** One fault of what was sent (422). */
export interface Fault {
  /** Where it is, by its key; empty for the whole. */
  readonly field: string;
  /** For programs: `too_long`. */
  readonly code: string;
  /** For people. */
  readonly message: string;
}

/** What every refusal says (RFC 9457). */
export interface Refusal<Kind extends string, Status extends number = number> {
  /** Which one it is, for a `switch`. */
  readonly kind: Kind;
  readonly status: Status;
  readonly type: string;
  readonly title: string;
  /** A sentence that a person can act on. */
  readonly detail: string;
  /** By which the log of the server has it. */
  readonly request_id?: string;
  /** The place of the operation in a batch that failed. */
  readonly operation?: number;
}

/** No answer, or one that was given up. */
export interface NoAnswer<Kind extends string> {
  readonly kind: Kind;
  readonly detail: string;
  readonly cause: unknown;
}

/** Why something did not come about: one of these, told apart by `kind`. */
export type Failure =
  | Refusal<"malformed", 400>
  | Refusal<"unauthenticated", 401>
  | (Refusal<"totp_required", 401> & { readonly ticket?: string })
  | Refusal<"forbidden", 403>
  | Refusal<"not_found", 404>
  | Refusal<"conflict", 409>
  | Refusal<"changed", 412>
  | Refusal<"too_large", 413>
  | Refusal<"unsupported", 415>
  | (Refusal<"invalid", 422> & { readonly errors: readonly Fault[] })
  | (Refusal<"limited", 429> & { readonly retry_after: number })
  | (Refusal<"unavailable", 503> & { readonly retry_after: number })
  | Refusal<"unexpected">
  | NoAnswer<"network">
  | NoAnswer<"aborted">;

/** The word for a failure. */
export type FailureKind = Failure["kind"];

/** What every method throws. */
export class ApiError<Kind extends FailureKind = FailureKind> extends Error {
  override readonly name = "ApiError";
  /** What has failed. */
  readonly failure: Extract<Failure, { kind: Kind }>;

  constructor(failure: Extract<Failure, { kind: Kind }>) {
    super(failure.detail);
    this.failure = failure;
  }

  /** Whether something thrown is one of ours; with `kind`, of that kind. */
  static is<Kind extends FailureKind = FailureKind>(error: unknown, kind?: Kind): error is ApiError<Kind> {
    return error instanceof ApiError && (kind === undefined || error.failure.kind === kind);
  }
}

/** What came of something. */
export type Result<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly failure: Failure };

/** The outcome as a value, for who would rather not catch: `const result = await attempt(client.tasks.get(7))`. */
export async function attempt<Value>(outcome: Promise<Value>): Promise<Result<Value>> {
  try {
    return { ok: true, value: await outcome };
  } catch (error) {
    if (ApiError.is(error)) return { ok: false, failure: error.failure };
    throw error;
  }
}

const KINDS: { readonly [status: number]: string } = {
  400: "malformed",
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
  412: "changed",
  413: "too_large",
  415: "unsupported",
  422: "invalid",
  429: "limited",
  503: "unavailable",
};

/** Reads a refusal, whoever has sent it. */
function failureOf(status: number, headers: Headers, text: string): Failure {
  let said: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null) said = parsed as Record<string, unknown>;
  } catch {
    // A proxy that speaks for the server says it in its own way.
  }
  const type = typeof said["type"] === "string" ? said["type"] : "about:blank";
  const kind = status === 401 && type.endsWith("/totp-required") ? "totp_required" : (KINDS[status] ?? "unexpected");
  const after = Number(headers.get("retry-after") ?? Number.NaN);
  const failure: Record<string, unknown> = { title: "", detail: `the server answered ${status}`, ...said, kind, status, type };
  if (kind === "limited" || kind === "unavailable") failure["retry_after"] = Number.isFinite(after) ? after : 1;
  if (kind === "invalid" && !Array.isArray(said["errors"])) failure["errors"] = [];
  return failure as unknown as Failure;
}

/** What `fetch` threw. */
function noAnswer(cause: unknown, signal: AbortSignal | undefined): ApiError {
  if (signal?.aborted) return new ApiError<FailureKind>({ kind: "aborted", detail: "the request was given up", cause });
  return new ApiError<FailureKind>({ kind: "network", detail: "the server cannot be reached, or did not answer", cause });
}

/** Waits, for at least so many milliseconds, or until it is given up. */
function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(noAnswer(signal?.reason, signal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

/** How long to wait after so many failures in a row: twice as long each time, within bounds, and never all at once. */
function backoff(failures: number, shortest: number, longest: number): number {
  return Math.min(longest, shortest * 2 ** Math.min(failures, 20)) * (0.5 + Math.random() / 2);
}
