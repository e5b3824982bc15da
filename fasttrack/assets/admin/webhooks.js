// Receivers of webhooks, and what they were sent.

import { button, confirmed, el, instant, link, newId, table } from "./dom.js";
import { Form } from "./form.js";
import { secretOnce } from "./account.js";

/** The view of receivers; of one of them with an id. */
export async function webhooks(app, id, query) {
  return id === undefined ? all(app) : one(app, id, query);
}

const urlField = (required) => ({ key: "url", title: "Address", required, schema: { type: "string", format: "uri", maxLength: 2048, description: "Where messages are posted: https, at a public address." } });

/** A check box for each event. */
function eventBoxes(app, chosen) {
  const boxes = app.model.events.map((event) => {
    const id = newId("event");
    return el("div", { className: "field check" }, el("input", { type: "checkbox", id, value: event, checked: chosen.includes(event) }), el("label", { htmlFor: id }, event));
  });
  const node = el("fieldset", {}, el("legend", {}, "Events"), boxes);
  return { node, read: () => boxes.map((box) => box.firstChild).filter((box) => box.checked).map((box) => box.value) };
}

async function all(app) {
  const page = (await app.session.get("/webhooks?limit=100&sort=id")).json;
  const row = (hook) => [el("th", { scope: "row" }, link(`#/-/webhooks/${hook.id}`, hook.url)), hook.events.join(", "), state(hook), instant(hook.created_at)];
  const events = eventBoxes(app, app.model.events);
  const told = el("div", {});
  const form = new Form(app, [urlField(true)], {
    submit: "Register receiver",
    onsubmit: async () => {
      const body = form.values();
      if (!body) return;
      try {
        const { json } = await app.session.post("/webhooks", { ...body, events: events.read() });
        told.replaceChildren(secretOnce("The secret that signatures are made with", json.secret), link(`#/-/webhooks/${json.id}`, "To the receiver"));
        app.tell("The receiver was registered.");
      } catch (error) {
        app.refused(error, form);
      }
    },
  });
  form.body.append(events.node);
  const node = el(
    "div",
    {},
    page.items.length > 0 ? table("Receivers", ["Address", "Events", "State", "Registered"], page.items.map(row)) : el("p", { className: "empty" }, "There is no receiver."),
    el("section", { "aria-labelledby": "new-receiver" }, el("h2", { id: "new-receiver" }, "New receiver"), form.node, told),
  );
  return { title: "Webhooks", node };
}

const state = (hook) => (hook.active ? el("span", { className: "badge" }, hook.failing_since ? "Failing" : "Active") : el("span", { className: "badge dead" }, `Disabled: ${hook.disabled_reason ?? ""}`));

async function one(app, id, query) {
  const hook = (await app.session.get(`/webhooks/${id}`)).json;
  const ask = new URLSearchParams({ limit: 50, ...(query.has("cursor") ? { cursor: query.get("cursor") } : {}) });
  const page = (await app.session.get(`/webhooks/${id}/deliveries?${ask}`)).json;
  const events = eventBoxes(app, hook.events);
  const told = el("div", {});
  const change = async (body, text, form) => {
    try {
      const { json } = await app.session.patch(`/webhooks/${id}`, body);
      app.tell(text);
      if (json.secret) told.replaceChildren(secretOnce("The new secret; the former one is good for 24 hours more", json.secret));
      else app.reload();
    } catch (error) {
      app.refused(error, form);
    }
  };
  const form = new Form(app, [urlField(true)], {
    row: hook,
    submit: "Save",
    onsubmit: async () => {
      const body = form.values({ onlyChanged: true });
      if (body) await change({ ...body, events: events.read() }, "The receiver was saved.", form);
    },
  });
  form.body.append(events.node);
  const retry = (delivery) => button("Send again", () => app.attempt(async () => {
    await app.session.post(`/webhooks/${id}/deliveries/${delivery.n}/retry`);
    app.tell(`Delivery ${delivery.n} will be sent again.`);
    app.reload();
  }), { className: "quiet", "aria-label": `Send again: delivery ${delivery.n}` });
  const row = (delivery) => [el("th", { scope: "row" }, String(delivery.n)), delivery.event, el("span", { className: `badge ${delivery.state}` }, delivery.state), String(delivery.attempts), instant(delivery.created_at), String(delivery.status ?? delivery.error ?? "—"), retry(delivery)];
  const remove = async () => {
    if (!(await confirmed(`Delete the receiver ${hook.url}, and what it was sent?`, "Delete"))) return;
    await app.attempt(async () => {
      await app.session.delete(`/webhooks/${id}`);
      app.go("/-/webhooks");
      app.tell("The receiver was deleted.");
    });
  };
  const node = el(
    "div",
    {},
    el("p", {}, state(hook)),
    form.node,
    told,
    el(
      "div",
      { className: "bar" },
      button(hook.active ? "Disable" : "Take up again", () => change({ active: !hook.active }, "The receiver was saved."), { className: "quiet" }),
      button("Another secret", () => change({ rotate_secret: true }, "There is another secret."), { className: "quiet" }),
      button("Delete this receiver", remove, { className: "danger" }),
    ),
    el("h2", {}, "Deliveries"),
    page.items.length > 0 ? table("Deliveries", ["Number", "Event", "State", "Attempts", "When", "Answer", "Actions"], page.items.map(row)) : el("p", { className: "empty" }, "Nothing was sent."),
    page.has_more ? link(`#/-/webhooks/${id}?${new URLSearchParams({ cursor: page.next_cursor })}`, "Older deliveries") : null,
  );
  return { title: hook.url, above: [["/-/webhooks", "Webhooks"]], node };
}
