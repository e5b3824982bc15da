// Cases that run against a server of the workspace.
import { Client } from "./client.js";
import { email, equal, id, password, refused, run, watched } from "./harness.js";

async function documents(): Promise<void> {
  const { seen, options } = watched();
  const client = new Client(options);
  await client.auth.login({ email, password });
  const organisation = await client.organisations.create({ name: "ACME" });
  const label = await client.labels.create(organisation.id, { name: "draft" });
  const made = await client.documents.create({ organisation_id: organisation.id, title: "Plan", label_ids: [label.id] });
  equal([made.label_ids, made.watcher_ids, made.attachment, made.author_id], [[label.id], [], null, Number(id)]);
  const found = client.documents.list({ filter: { label_ids: { has: label.id } }, expand: ["labels", "author"] });
  const first = (await found.rows())[0];
  equal([first?.labels[0]?.name, first?.labels_has_more], ["draft", false]);

  const png = Uint8Array.from(atob(PIXEL), (letter) => letter.charCodeAt(0));
  const { attachment } = client.documents.files;
  const row = await attachment.put(made.id, new Blob([png], { type: "image/png" }), { name: "Ä 'pixel'.png" });
  equal([row?.attachment?.name, row?.attachment?.type, row?.attachment?.bytes], ["Ä 'pixel'.png", "image/png", png.length]);
  const bytes = new Uint8Array(await (await attachment.get(made.id)).arrayBuffer());
  equal([...bytes], [...png]);
  equal((await attachment.get(made.id, { range: "bytes=0-3" })).status, 206);
  // The version is that of the row with the file.
  equal((await client.documents.update(made.id, { body: "text" }))?.body, "text");
  equal(typeof seen.at(-1)?.headers["if-match"], "string");
  await attachment.delete(made.id);
  await refused(attachment.get(made.id), "not_found");

  await client.documents.delete(made.id);
  await refused(client.documents.get(made.id), "not_found");
  equal((await client.documents.restore(made.id))?.title, "Plan");
  const changes = await client.documents.history(made.id).rows();
  equal(changes.map((change) => change.verb).slice(-2), ["delete", "restore"]);
  equal(changes.find((change) => change.verb === "update" && change.changes.body !== undefined)?.changes.body, { old: "", new: "text" });
  const booked = { room: "blue", starts_at: "2027-01-01T10:00:00Z", ends_at: "2027-01-01T11:00:00Z" };
  await client.bookings.create(organisation.id, booked);
  await refused(client.bookings.create(organisation.id, booked), "conflict");
}

/** One transparent point. */
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

await run({ documents });
