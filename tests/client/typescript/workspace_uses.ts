// What has to compile, and what must not, of what the tracker has not.
import type { Client, Document, StoredFile } from "./client.js";

export async function uses(client: Client): Promise<void> {
  const document: Document = await client.documents.get(1);
  const labels: number[] = document.label_ids;
  const file: StoredFile | null = document.attachment;
  const deleted: string | null = document.deleted_at;
  void [labels, file, deleted];

  client.documents.list({ filter: { label_ids: { has: 1 }, organisation_id: 2 } });
  // @ts-expect-error: of many, one is asked for
  client.documents.list({ filter: { label_ids: [1] } });
  // @ts-expect-error: no filter
  client.documents.list({ filter: { watcher_ids: { has: 1 } } });
  // @ts-expect-error: bookings are not searched
  client.bookings.list(1, { q: "blue" });
  // @ts-expect-error: a file is put, and not sent with the row
  await client.documents.create({ organisation_id: 1, title: "x", attachment: null });
  // @ts-expect-error: for good
  await client.documents.update(1, { organisation_id: 2 });
  const changed: Document | null = await client.documents.update(1, { label_ids: [1] });
  void changed;
  // @ts-expect-error: labels are not kept when they are deleted
  await client.labels.restore(1);
  // @ts-expect-error: and have no history
  client.labels.history(1);
  // @ts-expect-error: no file of it
  await client.documents.files.picture.get(1);

  const rich = await client.documents.get(1, { expand: ["labels", "organisation"] });
  const names: string[] = rich.labels.map((label) => label.name);
  const more: boolean = rich.labels_has_more;
  void [names, more, rich.organisation?.name];
  client.on("booking_begins", ({ data }) => data.starts_at.length);
  client.on("member_joined", ({ data }) => data.level === "owner");
}
