// Cases that run against a server of the tracker; the test says which.
import { Client, MemoryTokens, attempt } from "./client.js";
import type { TokenStore, Tokens } from "./client.js";
import { email, equal, id, onceTold, password, refused, rest, run, say, url, watched } from "./harness.js";

async function loggedIn(options = watched().options): Promise<Client> {
  const client = new Client(options);
  await client.auth.login({ email, password });
  return client;
}

async function rows(): Promise<void> {
  const client = await loggedIn();
  const project = await client.projects.create({ name: "Apollo, “eleven” & more" });
  equal(project.owner_id, Number(id));
  await Promise.all(
    ["b", "a", "c"].map((title, place) =>
      client.tasks.create(project.id, { title, priority: place === 0 ? "high" : "low", assignee_id: Number(id) }),
    ),
  );
  const low = client.tasks.list(project.id, { filter: { priority: { in: ["low", "medium"] } }, sort: "title", limit: 1 });
  const titles: string[] = [];
  for await (const task of low) titles.push(task.title);
  equal(titles, ["a", "c"]);
  let pages = 0;
  for await (const page of low.pages()) pages += page.items.length;
  equal(pages, 2);
  equal(await low.count(), 2, "the count");
  equal((await low.page({ count: true })).total, 2, "the total");
  equal((await client.tasks.list(project.id, { sort: ["-priority", "-id"] }).rows()).length, 3);
  const since = { created_at: { gte: project.created_at }, assignee_id: { null: false } };
  equal(await client.tasks.list(project.id, { filter: since }).count(), 3, "with operators");
  equal((await client.tasks.list(project.id, { q: "b" }).rows()).length, 1, "found");
  const expanded = await client.tasks.list(project.id, { expand: ["assignee", "project.owner", "can"], fields: ["id"] }).rows(1);
  const first = expanded[0];
  equal([first?.project?.owner?.id, first?.assignee?.id], [Number(id), Number(id)]);
  equal(first?.can.includes("update"), true, "what one may do");
  equal(Object.keys(first ?? {}).includes("title"), false, "a field that was not asked for");
  const changed = await client.projects.update(project.id, { status: "archived" });
  equal(changed.status, "archived");
  const me = await client.users.me({ fields: ["email"] });
  equal(me, { email });
  equal((await client.users.updateMe({ display_name: "Ada" })).display_name, "Ada");
  await client.projects.delete(project.id);
  equal((await attempt(client.projects.get(project.id))).ok, false);
  equal((await client.auth.sessions().rows()).some((session) => session.current), true, "a session");
  await client.auth.logout();
  equal(await client.auth.isLoggedIn(), false);
}

async function versions(): Promise<void> {
  const { seen, options } = watched();
  const client = await loggedIn(options);
  const { id: project } = await client.projects.create({ name: "one" });
  equal((await client.projects.get(project)).name, "one");
  equal(seen.at(-1)?.status, 304, "the row that was made is known");
  const other = await loggedIn();
  await other.projects.update(project, { name: "two" });
  // What was read is not what there is any more.
  const failure = await refused(client.projects.update(project, { name: "three" }), "changed");
  equal(failure.status, 412);
  equal((await client.projects.get(project)).name, "two");
  equal(seen.at(-1)?.status, 200);
  equal((await client.projects.update(project, { name: "three" })).name, "three");
  equal(seen.at(-1)?.headers["if-match"]?.startsWith('"'), true, "the version is sent");
  equal((await client.projects.update(project, { name: "four" })).name, "four");
  await other.projects.update(project, { name: "five" }, { ifMatch: false });
  equal((await client.projects.update(project, { name: "six" }, { ifMatch: false })).name, "six", "whatever it is");
  await other.projects.update(project, { name: "seven" }, { ifMatch: false });
  // A list shows it as it is, and that is what the caller goes by then.
  equal((await client.projects.list({ filter: { id: { in: [project] } } }).rows())[0]?.name, "seven");
  equal((await client.projects.update(project, { name: "eight" })).name, "eight");
  await refused(client.projects.delete(project, { ifMatch: '"another"' }), "changed");
  const careless = await loggedIn({ ...watched().options, versions: false });
  await careless.projects.get(project);
  await client.projects.update(project, { name: "nine" });
  equal((await careless.projects.update(project, { name: "ten" })).name, "ten", "not asked for");
  // What is read belongs to the caller.
  const mine = await client.projects.get(project);
  mine.name = "spoilt";
  equal((await client.projects.get(project)).name, "ten");
}

async function failures(): Promise<void> {
  const client = await loggedIn();
  const invalid = await refused(client.projects.create({ name: "" }), "invalid");
  equal(invalid.errors[0]?.field, "name");
  equal((await refused(client.tasks.get(999_999_999), "not_found")).status, 404);
  equal((await refused(client.users.list().page(), "forbidden")).status, 403);
  await refused(client.auth.register({ email, password }), "conflict");
  await refused(new Client(watched().options).users.me(), "unauthenticated");
  await refused(client.auth.login({ email, password: "another password" }), "unauthenticated");
  await refused(new Client({ baseUrl: "http://127.0.0.1:1", retries: 1, shortestWait: 1 }).projects.get(1), "network");
  const given = new AbortController();
  given.abort();
  await refused(client.projects.get(1, { signal: given.signal }), "aborted");
  // A wrong password is sent once.
  const { seen, options } = watched();
  const careful = await loggedIn(options);
  await refused(careful.auth.changePassword({ current_password: "wrong", new_password: "a longer password" }), "unauthenticated");
  equal(seen.filter((one) => one.path.endsWith("/auth/password")).length, 1);
  const result = await attempt(client.tasks.get(999_999_999));
  if (result.ok) throw new Error("it is there");
  switch (result.failure.kind) {
    case "not_found":
      equal(result.failure.request_id !== undefined, true);
      break;
    default:
      throw new Error(result.failure.detail);
  }
}

/** A store whose access token is good no more: by the clock, or as only the server knows. */
async function outworn(expires_at: number): Promise<MemoryTokens> {
  const store = new MemoryTokens();
  await loggedIn({ ...watched().options, store });
  const tokens = store.get() as Tokens;
  store.set({ ...tokens, access_token: `${tokens.access_token.slice(0, -8)}AAAAAAAA`, expires_at });
  return store;
}

const refreshes = (seen: readonly { path: string }[]): number => seen.filter(({ path }) => path.endsWith("/auth/refresh")).length;

async function refresh(): Promise<void> {
  for (const expires_at of [0, Date.now() + 600_000]) {
    // Every other one hears that its token is no good when the others have a new one.
    let isLate = false;
    const { seen, options } = watched(async (_, send) => {
      const response = await send();
      if (response.status === 401 && (isLate = !isLate)) await new Promise((resolve) => setTimeout(resolve, 200));
      return response;
    });
    const client = new Client({ ...options, store: await outworn(expires_at) });
    const found = await Promise.all(Array.from({ length: 20 }, () => client.users.me()));
    equal(found.map((me) => me.id), found.map(() => Number(id)));
    equal(refreshes(seen), 1, "refreshes of 20 callers");
    equal((await client.users.me()).id, Number(id), "the session lives");
  }
  // The answer is lost, and the same token sent once more.
  let lost = 0;
  const { seen, options } = watched(async (one, send) => {
    if (!one.path.endsWith("/auth/refresh") || lost > 0) return send();
    lost += 1;
    throw new TypeError("the network is gone");
  });
  equal((await new Client({ ...options, store: await outworn(0) }).users.me()).id, Number(id));
  equal(refreshes(seen), 2);
}

async function shared(): Promise<void> {
  const memory = await outworn(0);
  // As two tabs have it, where there are no locks.
  const store: TokenStore = { shared: "tokens", get: () => memory.get(), set: (tokens) => memory.set(tokens) };
  const tabs = [watched(), watched()].map(({ options }) => new Client({ ...options, store }));
  const found = await Promise.all([...tabs, ...tabs].map((client) => client.users.me()));
  equal(found.map((me) => me.id), [id, id, id, id].map(Number));
  equal((await Promise.all(tabs.map((client) => client.users.me()))).length, 2, "the session lives");
}

async function retry(): Promise<void> {
  // What is sent arrives, and its answer is lost, twice.
  let lost = 0;
  const { seen, options } = watched(async (one, send) => {
    const response = await send();
    if (one.method !== "POST" || !one.path.endsWith("/projects") || lost === 2) return response;
    lost += 1;
    throw new TypeError("the connection broke");
  });
  const client = await loggedIn(options);
  const project = await client.projects.create({ name: "once" });
  const keys = seen.filter((one) => one.path.endsWith("/projects")).map((one) => one.headers["idempotency-key"]);
  equal([keys.length, new Set(keys).size, typeof keys[0]], [3, 1, "string"]);
  equal((await client.projects.list().rows()).map((row) => row.id), [project.id], "made once");
  await client.projects.create({ name: "twice" });
  equal(seen.at(-1)?.headers["idempotency-key"] === keys[0], false, "each call has a key of its own");

  const busy = (): Response => new Response("{}", { status: 503, headers: { "retry-after": "0" } });
  let times = 0;
  const patient = await loggedIn(watched(async (one, send) => {
    if (one.method === "PATCH" && (times += 1) < 3) return busy();
    return send();
  }).options);
  equal((await patient.projects.update(project.id, { name: "done" })).name, "done");
  equal(times, 3);
  const hopeless = watched(async (one, send) => (one.method === "PATCH" ? busy() : send()));
  const unlucky = await loggedIn(hopeless.options);
  equal((await refused(unlucky.projects.update(project.id, {}), "unavailable")).retry_after, 0);
  equal(hopeless.seen.filter((one) => one.method === "PATCH").length, 4, "it ends");
  const later = watched(async (one, send) => {
    const wait = { status: 429, headers: { "retry-after": "60" } };
    return one.method === "GET" ? new Response("{}", wait) : send();
  });
  equal((await refused((await loggedIn(later.options)).projects.get(project.id), "limited")).retry_after, 60);
  equal(later.seen.filter((one) => one.method === "GET").length, 1, "nobody waits for a minute");
}

async function ended(): Promise<void> {
  let ends = 0;
  const client = await loggedIn({ ...watched().options, onSessionEnd: () => (ends += 1) });
  const other = await loggedIn();
  const current = (await client.auth.sessions().rows()).find((session) => session.current);
  await other.auth.endSession(current?.id ?? 0);
  await Promise.all([1, 2, 3].map(() => refused(client.users.me(), "unauthenticated")));
  equal([ends, await client.auth.isLoggedIn()], [1, false]);
}

async function others(): Promise<void> {
  const client = await loggedIn();
  const results = await client.batch([
    { method: "POST", path: "/projects", body: { name: "of a batch" } },
    { method: "POST", path: "/projects/$0.id/tasks", body: { title: "first" } },
  ]);
  const project = (results[0]?.body as { id: number }).id;
  const stats = await client.routes.getProjectStats(project);
  equal([stats.project_id, stats.tasks.todo], [project, 1]);
  const found = (await client.request("GET", "/projects", { query: { limit: "1" } })) as { items: unknown[] };
  equal(found.items.length, 1);
  const { key } = await client.auth.createKey({ name: "machine", read_only: true });
  const machine = new Client({ baseUrl: url, apiKey: key });
  equal((await machine.projects.get(project)).name, "of a batch");
  await refused(machine.projects.update(project, { name: "x" }), "forbidden");
  equal(client.auth.elsewhere("google", "https://x.example/a b").startsWith(`${url}/api/v1/auth/oidc/google?return_to=`), true);
}

async function events(): Promise<void> {
  const client = await loggedIn();
  client.onFeedStatus((status) => say(status));
  client.on("task_assigned", (event) => say(`assigned ${event.data.task_id} by ${event.actor_id}`));
  await new Promise<void>((resolve) => {
    client.on("comment_added", (event) => {
      say(`comment ${event.data.comment_id}`);
      resolve();
    });
  });
  const told = await client.notifications({ sort: "-id" }).rows();
  equal(told[0]?.type, "comment_added");
  client.close();
}

async function live(): Promise<void> {
  const client = await loggedIn();
  const list = client.live(client.tasks.list(Number(rest[0]), { sort: "id" }));
  let before = "";
  await new Promise<void>((resolve) => {
    onceTold(() => list.stop());
    list.subscribe(() => {
      const now = list.status;
      if (now !== "loading") say(`rows ${JSON.stringify(list.rows.map((task) => task.title))}`);
      if (now !== before) say(`status ${now}`);
      before = now;
      if (now === "ended") resolve();
    });
  });
}

await run({ rows, versions, failures, refresh, shared, retry, ended, others, events, live });
