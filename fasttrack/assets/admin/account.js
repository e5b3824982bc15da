// One's own account: its fields, password, second factor, sessions and keys.

import { button, confirmed, el, instant, table } from "./dom.js";
import { Form } from "./form.js";
import { shown } from "./show.js";

const MOST = 100;

/** Something that is shown once. */
export function secretOnce(title, secret) {
  const text = el("code", { className: "secret", tabIndex: 0 }, secret);
  const copy = button("Copy", async () => {
    await navigator.clipboard?.writeText(secret);
  }, { className: "quiet", "aria-label": `Copy: ${title}` });
  return el("div", { className: "notice", role: "status" }, el("p", {}, `${title}. It is shown this once:`), text, navigator.clipboard ? copy : null);
}

/** The view of one's own account. */
export async function account(app) {
  const [profile, sessions, keys] = [await own(app), await sessionsOf(app), await keysOf(app)];
  return { title: "Your account", node: el("div", {}, profile, password(app), totp(app), sessions, keys) };
}

const section = (title, ...children) => el("section", {}, el("h2", {}, title), children);

const text = (key, title, more = {}) => ({ key, title, required: true, schema: { type: "string", maxLength: 1024, ...more } });

async function own(app) {
  const resource = app.model.of(app.model.account);
  const path = `/${resource.plural}/me`;
  const { json: row, etag } = await app.session.get(path);
  const fields = resource.fields.filter((field) => field.own && field.key in row);
  const rest = resource.shown.filter((field) => field.key in row && !fields.includes(field) && !field.file);
  const facts = el("dl", { className: "facts card" }, rest.map((field) => [el("dt", {}, field.title), el("dd", {}, shown(app.model, field, row))]));
  const form = new Form(app, fields, {
    row,
    submit: "Save",
    onsubmit: async () => {
      const body = form.values({ onlyChanged: true });
      if (!body) return;
      if (Object.keys(body).length === 0) return app.tell("Nothing was changed.");
      if ("email" in body) {
        const current = await app.askPassword("Your password, to change your address");
        if (current === null) return;
        body.current_password = current;
      }
      try {
        await app.session.patch(path, body, { headers: { "if-match": etag }, asksPassword: "current_password" in body });
        app.tell("Your account was saved.");
        app.reload();
      } catch (error) {
        const message = "Your account was changed meanwhile, perhaps in another tab: look at it anew before you save.";
        app.refused(error.status === 412 ? { message } : error, form);
      }
    },
  });
  return el("div", {}, fields.length > 0 ? form.node : null, rest.length > 0 ? facts : null);
}

function password(app) {
  const fields = [text("current_password", "Current password", { format: "password" }), text("new_password", "New password", { format: "password", minLength: 8 })];
  const form = new Form(app, fields, {
    submit: "Change password",
    onsubmit: async () => {
      const body = form.values();
      if (!body) return;
      try {
        await app.session.post("/auth/password", body, { asksPassword: true });
        app.tell("The password was changed. Every other session has ended.");
        app.reload();
      } catch (error) {
        app.refused(error, form);
      }
    },
  });
  return section("Password", form.node);
}

function totp(app) {
  const place = el("div", {});
  const begin = button("Turn on a second factor", () => app.attempt(async () => {
    const { json } = await app.session.post("/auth/totp");
    const form = new Form(app, [text("code", "Code that your authenticator shows", { maxLength: 6, minLength: 6 })], {
      submit: "Confirm",
      onsubmit: async () => {
        const body = form.values();
        if (!body) return;
        try {
          const { json } = await app.session.post("/auth/totp/confirm", body, { asksPassword: true });
          place.replaceChildren(secretOnce("The second factor is on. Recovery codes, each good once", json.recovery_codes.join("\n")));
          app.tell("The second factor is on.");
        } catch (error) {
          app.refused(error, form);
        }
      },
    });
    place.replaceChildren(secretOnce("The secret, for your authenticator", json.secret), el("p", {}, el("a", { href: json.otpauth_url }, "Open it in an authenticator on this device")), form.node);
  }), { className: "quiet" });
  const form = new Form(app, [text("code", "Code, or a recovery code", { maxLength: 40 }), text("current_password", "Current password", { format: "password" })], {
    submit: "Turn off",
    onsubmit: async () => {
      const body = form.values();
      if (!body) return;
      try {
        await app.session.delete("/auth/totp", { body, asksPassword: true });
        app.tell("The second factor is off.");
        app.reload();
      } catch (error) {
        app.refused(error, form);
      }
    },
  });
  return section("Second factor", el("div", { className: "bar" }, begin), place, el("details", { className: "tool" }, el("summary", {}, "Turn it off"), form.node));
}

async function sessionsOf(app) {
  const page = (await app.session.get(`/auth/sessions?limit=${MOST}&sort=-id`)).json;
  const end = async (session) => {
    if (!(await confirmed("End this session? Whoever uses it is logged out at once.", "End it"))) return;
    await app.attempt(async () => {
      await app.session.delete(`/auth/sessions/${session.id}`);
      app.tell("The session has ended.");
      app.reload();
    });
  };
  const row = (session) => [
    el("th", { scope: "row" }, session.user_agent ?? "unknown"),
    session.ip ?? "—",
    instant(session.created_at),
    instant(session.last_used_at),
    session.current ? el("span", { className: "badge" }, "This one") : button("End", () => end(session), { className: "quiet", "aria-label": `End session ${session.id}` }),
  ];
  return section("Sessions", table("Sessions", ["With", "From", "Began", "Last used", "Actions"], page.items.map(row)));
}

async function keysOf(app) {
  const had = el("div", {});
  const place = el("div", {});
  const end = async (key) => {
    if (!(await confirmed(`End the key “${key.name}”? What uses it can do nothing any more.`, "End it"))) return;
    await app.attempt(async () => {
      await app.session.delete(`/auth/keys/${key.id}`);
      app.tell("The key has ended.");
      app.reload();
    });
  };
  const row = (key) => [
    el("th", { scope: "row" }, key.name),
    key.read_only ? "Reads only" : "Reads and changes",
    key.expires_at ? instant(key.expires_at) : "never",
    key.last_used_at ? instant(key.last_used_at) : "never",
    button("End", () => end(key), { className: "quiet", "aria-label": `End key ${key.name}` }),
  ];
  const fields = [
    text("name", "Name", { maxLength: 100, minLength: 1 }),
    { key: "expires_at", title: "Good until", nullable: true, schema: { type: ["string", "null"], format: "date-time" } },
    { key: "read_only", title: "Reads only", schema: { type: "boolean", default: false } },
  ];
  const form = new Form(app, fields, {
    submit: "Make key",
    onsubmit: async () => {
      const body = form.values();
      if (!body) return;
      try {
        const { json } = await app.session.post("/auth/keys", body);
        place.replaceChildren(secretOnce(`The key “${json.name}”`, json.key));
        app.tell("The key was made.");
        await draw();
      } catch (error) {
        app.refused(error, form);
      }
    },
  });
  const draw = async () => {
    const { items } = (await app.session.get(`/auth/keys?limit=${MOST}&sort=-id`)).json;
    had.replaceChildren(items.length > 0 ? table("API keys", ["Name", "Rights", "Good until", "Last used", "Actions"], items.map(row)) : el("p", { className: "faint" }, "There is none."));
  };
  await draw();
  return section("API keys", had, place, el("details", { className: "tool" }, el("summary", {}, "New key"), form.node));
}
