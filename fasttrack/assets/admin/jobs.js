// What the server has still to do, and what failed for good.

import { button, el, instant, link, table } from "./dom.js";

/** The view of jobs. */
export async function jobs(app, query) {
  const state = query.get("state") ?? "";
  const ask = new URLSearchParams({ limit: 50, sort: "-id" });
  if (state) ask.set("state", state);
  if (query.has("cursor")) ask.set("cursor", query.get("cursor"));
  const page = (await app.session.get(`/admin/jobs?${ask}`)).json;
  const tab = (value, text) => el("a", { href: value ? `#/-/jobs?state=${value}` : "#/-/jobs", "aria-current": value === state ? "page" : undefined }, text);
  const retry = (job) => button("Try again", () => app.attempt(async () => {
    await app.session.post(`/admin/jobs/${job.id}/retry`);
    app.tell(`Job ${job.id} is due now.`);
    app.reload();
  }), { className: "quiet", "aria-label": `Try again: job ${job.id}` });
  const row = (job) => {
    const resource = job.resource && app.model.named(job.resource);
    const text = job.resource ? `${job.resource} ${job.row_id}` : "—";
    return [
      el("th", { scope: "row" }, String(job.id)),
      job.name,
      resource?.may("read") ? link(`#/${resource.plural}/${job.row_id}`, text) : text,
      el("span", { className: `badge ${job.state}` }, job.state === "dead" ? "Failed for good" : "Waiting"),
      String(job.tries),
      job.due_at ? instant(job.due_at) : "never",
      job.error ? el("span", { className: "error-text" }, job.error) : "",
      retry(job),
    ];
  };
  const heads = ["Job", "Runs", "About", "State", "Tries", "Due", "Last error", "Actions"];
  const nothing = state === "dead" ? "No job has failed for good." : "No job waits.";
  const more = new URLSearchParams({ ...(state ? { state } : {}), cursor: page.next_cursor ?? "" });
  const node = el(
    "div",
    {},
    el("nav", { className: "tabs", "aria-label": "Jobs" }, tab("", "All"), tab("waiting", "Waiting"), tab("dead", "Failed for good")),
    page.items.length > 0 ? table("Jobs", heads, page.items.map(row)) : el("p", { className: "empty" }, nothing),
    el("div", { className: "bar" }, button("Look again", () => app.reload(), { className: "quiet" }), page.has_more ? link(`#/-/jobs?${more}`, "Older jobs") : null),
  );
  return { title: "Jobs", node };
}
