// What a case is given, and how it says that something is not as it should be.
import type { ApiError, ClientOptions, FailureKind } from "./client.js";
import { ApiError as Failed } from "./client.js";

declare const process: {
  readonly argv: readonly string[];
  exitCode: number;
  readonly stdin: { on(event: "data", heard: (bytes: unknown) => void): void; unref(): void };
  readonly stdout: { write(text: string): void };
};

export const [url = "", email = "", password = "", id = "", name = "", ...rest] = process.argv.slice(2);

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Calls `heard` once the test says something. */
export function onceTold(heard: () => void): void {
  process.stdin.on("data", () => heard());
  // Nobody has to say anything for the case to end.
  process.stdin.unref();
}

export function equal(actual: unknown, expected: unknown, what = ""): void {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== should) throw new Error(`${what} is ${is}, not ${should}`);
}

/** What is refused, with what it is refused for. */
export async function refused<Kind extends FailureKind>(outcome: Promise<unknown>, kind: Kind): Promise<ApiError<Kind>["failure"]> {
  try {
    await outcome;
  } catch (error) {
    if (Failed.is(error, kind)) return error.failure;
    throw error;
  }
  throw new Error(`it is not refused as ${kind}`);
}

/** One request as it was sent, and its answer. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  status: number;
}

/** A `fetch` that notes what goes over it; `meddle` may answer instead, or throw. */
export function watched(meddle: (seen: Seen, send: () => Promise<Response>) => Promise<Response> = (_, send) => send()) {
  const seen: Seen[] = [];
  const options: ClientOptions = {
    baseUrl: url,
    shortestWait: 20,
    fetch: async (address, init) => {
      const one: Seen = {
        method: init.method ?? "GET",
        path: address.slice(url.length),
        headers: init.headers as Record<string, string>,
        status: 0,
      };
      seen.push(one);
      const response = await meddle(one, () => fetch(address, init));
      one.status = response.status;
      return response;
    },
  };
  return { seen, options };
}

export async function run(cases: Record<string, () => Promise<void> | void>): Promise<void> {
  try {
    const found = cases[name];
    if (found === undefined) throw new Error(`there is no case ${name}`);
    await found();
    say("done");
  } catch (error) {
    say(String((error as Error).stack ?? error));
    process.exitCode = 1;
  }
}
