// What has to compile, and what must not: a line that is expected to be wrong and is not is an error itself.
import { Client } from "./client.js";
import type { AppEvent, ExpandedUser, Failure, Live, Task, TaskCreate } from "./client.js";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function holds<_Claim extends true>(): void {}

export async function uses(client: Client): Promise<void> {
  const task = await client.tasks.get(7);
  holds<Same<typeof task, Task>>();
  const status: "todo" | "in_progress" | "done" = task.status;
  const nobody: number | null = task.assignee_id;
  void [status, nobody];

  client.tasks.list(1, { filter: { status: "todo", priority: { in: ["low"] }, created_at: { gte: "2026-01-01T00:00:00Z" } } });
  // @ts-expect-error: not declared as a filter
  client.tasks.list(1, { filter: { description: "x" } });
  // @ts-expect-error: no such choice
  client.tasks.list(1, { filter: { status: "late" } });
  // @ts-expect-error: no operator of a choice
  client.tasks.list(1, { filter: { status: { contains: "t" } } });
  // @ts-expect-error: never null
  client.tasks.list(1, { filter: { status: { null: true } } });
  // @ts-expect-error: an older name of a filter
  client.tasks.list(1, { filter: { task_status: "todo" } });
  client.tasks.list(1, { sort: "-created_at" });
  client.tasks.list(1, { sort: ["priority", "-id"] });
  // @ts-expect-error: not declared as sortable
  client.tasks.list(1, { sort: "description" });
  // @ts-expect-error: tasks are under a project
  client.tasks.list({});
  // @ts-expect-error: comments are found by `q`, and not by this
  client.comments.list(1, { search: "x" });

  const created: TaskCreate = { title: "x", assignee_id: null };
  await client.tasks.create(1, created);
  // @ts-expect-error: the title is lacking
  await client.tasks.create(1, {});
  // @ts-expect-error: the path says the project
  await client.tasks.create(1, { title: "x", project_id: 1 });
  // @ts-expect-error: the server says it
  await client.tasks.update(1, { created_at: "2026-01-01T00:00:00Z" });
  // @ts-expect-error: may not be null
  await client.tasks.update(1, { title: null });
  // @ts-expect-error: only another role may
  await client.users.updateMe({ role: "admin" });
  // @ts-expect-error: nobody may change comments
  await client.comments.update(1, { body: "x" });
  // @ts-expect-error: the password is never shown
  (await client.users.me()).password;

  const rich = await client.tasks.get(7, { expand: ["assignee", "project.owner", "can"] });
  const owner: ExpandedUser | null | undefined = rich.project?.owner;
  const email: string | undefined = rich.assignee?.email;
  const can: ("update" | "delete")[] = rich.can;
  void [owner, email, can];
  // @ts-expect-error: not asked for
  task.assignee;
  // @ts-expect-error: no relation
  await client.tasks.get(7, { expand: ["title"] });
  // @ts-expect-error: too deep
  await client.comments.list(7, { expand: ["task.project.owner"] });
  const part = await client.tasks.get(7, { fields: ["id", "title"] });
  holds<Same<typeof part, Pick<Task, "id" | "title">>>();
  // @ts-expect-error: not asked for
  part.status;
  // @ts-expect-error: no such field
  await client.tasks.get(7, { fields: ["password"] });

  client.on("status_changed", (event) => {
    const old: "todo" | "in_progress" | "done" | null = event.data.old;
    // @ts-expect-error: another event's
    event.data.comment_id;
    return old;
  });
  // @ts-expect-error: no such event
  client.on("task_deleted", () => undefined);
  const any: AppEvent = (await client.notifications().page()).items[0] as AppEvent;
  if (any.type === "comment_added") any.data.author.length;

  const live: Live<Task> = client.live(client.tasks.list(1));
  for await (const rows of live) rows[0]?.title.length;
  for await (const row of client.tasks.list(1)) row.title.length;
  // @ts-expect-error: only lists are kept current
  client.live(client.tasks.get(1));
}

/** Each failure has what belongs to it, and none is left out. */
export function words(failure: Failure): string {
  switch (failure.kind) {
    case "invalid":
      return failure.errors.map((fault) => fault.field).join();
    case "limited":
    case "unavailable":
      return String(failure.retry_after);
    case "network":
    case "aborted":
      return String(failure.cause);
    case "totp_required":
      return failure.ticket ?? "";
    case "not_found": {
      const status: 404 = failure.status;
      return String(status);
    }
    default:
      // @ts-expect-error: of others there is none
      return failure.errors;
  }
}
