// The page: log-in, navigation, and which view stands at which address (`#/tasks/7/comments?sort=-id`).

import { account } from "./account.js";
import { confirmed, el, link, newId } from "./dom.js";
import { jobs } from "./jobs.js";
import { list } from "./list.js";
import { Model } from "./model.js";
import { create, show } from "./row.js";
import { Ended, Refused, Session } from "./session.js";
import { webhooks } from "./webhooks.js";

const $ = (id) => document.getElementById(id);
const PREFERENCES = "fasttrack.admin.";

/** What views are given. */
const app = {
  session: null,
  model: null,

  /** Goes to a view. */
  go(path, query) {
    const text = query && String(query) ? `${path}?${query}` : path;
    if (location.hash === `#${text}`) return render();
    isOwnStep = true;
    location.hash = `#${text}`;
  },

  /** Keeps where one is within the view: a step of its own in the history of the browser. */
  keep(where) {
    history.pushState({ ...where, step: (step += 1) }, "");
  },

  /** Shows the same view anew. */
  reload: () => render(),

  /** Says what was done; nothing that one could miss without harm. */
  tell(...parts) {
    $("notice").replaceChildren(...parts.filter(Boolean));
  },

  /** Does something, and says why it could not be done. */
  async attempt(act) {
    try {
      await act();
    } catch (error) {
      app.refused(error);
    }
  },

  /** Says why something could not be done: in a form, where it was one. */
  refused(error, form) {
    if (error instanceof Ended) return guarded?.() ? logInAgain() : leave(error.message);
    // What was offered and is refused may be what a role does not have any more.
    if (error.status === 403) describe();
    if (!form) return app.tell(error.message);
    app.tell("");
    form.refuse(error);
  },

  /** Asks before the view is left while `isTouched()`. */
  guard(isTouched) {
    guarded = isTouched;
  },

  /** A password, asked for in a dialog; null where none is given. */
  askPassword: (question) => app.ask(question, { type: "password", autocomplete: "current-password" }),

  /** Something that is typed in a dialog; null where nothing is. */
  ask(question, kind) {
    const { promise, resolve } = Promise.withResolvers();
    const id = newId("asked");
    const input = el("input", { id, required: true, ...kind });
    const form = el("form", { method: "dialog" }, el("label", { htmlFor: id }, question), input, el("div", { className: "bar" }, el("button", { type: "submit" }, "Go on"), el("button", { type: "button", className: "quiet", onclick: () => dialog.close() }, "Cancel")));
    const dialog = el("dialog", { "aria-label": question }, form);
    form.addEventListener("submit", () => resolve(input.value));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(null);
    });
    document.body.append(dialog);
    dialog.showModal();
    return promise;
  },

  /** An account in words. */
  who(id) {
    if (id === null || id === undefined) return "—";
    const resource = app.model.of(app.model.account);
    return resource?.may("read") ? link(`#/${resource.plural}/${id}`, `#${id}`) : `#${id}`;
  },

  /** What was chosen before on this machine: how things look, never what they are. */
  preference: (name) => localStorage.getItem(PREFERENCES + name),
  prefer: (name, value) => localStorage.setItem(PREFERENCES + name, value),
};

let guarded = null;
/** By which address of e-mail somebody logged in. */
let email = "";
/** Whether the page itself goes to the next view, with something said for it. */
let isOwnStep = false;
let shownAt = location.hash;
let turn = 0;
/** Which step in the history of the browser one is at: each entry has its number. */
let step = history.state?.step ?? 0;

/** The session has ended under a form that somebody is filling in: what stands there stays, for whoever it is. */
async function logInAgain() {
  const password = await app.askPassword(`The session has ended. The password of ${email}, so that nothing that you have typed is lost`);
  if (password === null) return;
  const open = async (code) => {
    const session = await Session.open(email, password, code);
    app.session.drop();
    take(session);
    app.tell("You are logged in again. Send it once more.");
  };
  try {
    await open("").catch(async (error) => {
      if (!error.type?.endsWith("totp-required")) throw error;
      const code = await app.ask("A code of your second factor, or a recovery code", { autocomplete: "one-time-code" });
      if (code !== null) await open(code.trim());
    });
  } catch (error) {
    app.tell(error.message);
  }
}

/** Where the address leads: the parts of its path, and what is asked there. */
function route() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  return { parts: path.split("/").filter(Boolean).map(decoded), query: new URLSearchParams(query) };
}

/** A part of an address; what is encoded wrongly stands for itself, and leads nowhere. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Whether this can be an id. What an address says is never a path: whoever made the link would choose what is done. */
const isNumber = (text) => /^[0-9]{1,19}$/.test(text);

/** The view at an address; null where there is none. */
async function viewOf({ parts, query }) {
  const [first, second, third, fourth] = parts;
  if (first === undefined) return home();
  if (first === "-") {
    if (second === "account") return account(app);
    if (second === "jobs" && app.model.manages) return jobs(app, query);
    const isId = third === undefined || isNumber(third);
    if (second === "webhooks" && app.model.events.length > 0 && isId) return webhooks(app, third, query);
    return null;
  }
  const resource = app.model.of(first);
  if (!resource) return null;
  if (second === undefined) return resource.isTop && resource.may("list") ? list(app, { resource, query, base: `/${first}` }) : null;
  if (second === "new") return resource.isTop && resource.may("create") ? create(app, { resource, base: `/${first}` }) : null;
  if (!isNumber(second)) return null;
  if (fourth === "new") {
    const below = resource.below.find((other) => other.plural === third && other.may("create"));
    const creates = below && (await resource.creatableBelow(app.session, second)).has(third);
    return creates ? { ...(await create(app, { resource: below, parent: second, base: `/${first}/${second}/${third}` })), above: [[`/${first}/${second}/${third}`, below.title]] } : null;
  }
  const isKnown = third === undefined || (third === "history" && resource.may("history")) || resource.below.some((other) => other.plural === third && other.may("list"));
  if (!isKnown || !(resource.may("read") || third)) return null;
  // Of a row that the caller may not see, only the server knows what he may make below it.
  return resource.may("read") ? show(app, { resource, id: second, below: third, query }) : list(app, { resource: app.model.of(third), parent: second, query, base: `/${first}/${second}/${third}` });
}

function home() {
  const tile = (resource) => {
    const [first] = (resource.description ?? "").split("\n\n");
    return el("li", { className: "card" }, el("h2", {}, link(`#/${resource.plural}`, resource.title)), el("p", { className: "faint" }, first));
  };
  const tiles = app.model.resources.filter((resource) => resource.isTop && resource.may("list")).map(tile);
  const node = tiles.length > 0 ? el("ul", { className: "tiles" }, tiles) : el("p", { className: "empty" }, "There is nothing that you may list.");
  return { title: app.model.title, node };
}

/** Shows what the address says. */
async function render() {
  if (!app.session) return;
  const mine = (turn += 1);
  shownAt = location.hash;
  if (history.state?.step === undefined) history.replaceState({ ...history.state, step: (step += 1) }, "");
  else step = history.state.step;
  $("view").ariaBusy = "true";
  let view;
  try {
    view = (await viewOf(route())) ?? missing("There is no such view.");
  } catch (error) {
    if (mine !== turn) return;
    if (error instanceof Ended) return leave(error.message);
    if (error.status === 403) describe();
    if (!(error instanceof Refused) && error.name === "TypeError") console.error(error);
    view = missing(error.message);
  }
  if (mine !== turn) return;
  const isSame = $("view").dataset.at === location.hash;
  const above = (view.above ?? []).map(([path, text]) => el("li", {}, path ? link(`#${path}`, text) : text));
  const crumbs = above.length > 0 ? el("nav", { "aria-label": "Above", className: "crumbs" }, el("ol", {}, above)) : null;
  const title = el("h1", { id: "title", tabIndex: -1 }, view.title);
  $("view").replaceChildren(...[crumbs, title, view.node].filter(Boolean));
  $("view").ariaBusy = "false";
  $("view").dataset.at = location.hash;
  document.title = `${view.title} · ${app.model.title}`;
  markHere();
  // A screen reader hears where it is; who only sorted or saved stays where he is.
  if (!isSame || document.activeElement === document.body) title.focus({ preventScroll: isSame });
}

function missing(text) {
  return { title: "Not here", node: el("p", { className: "empty" }, text) };
}

/** Marks which of the menus one is in. */
function markHere() {
  for (const item of $("nav").querySelectorAll("a")) {
    const isHere = item.hash === `#/${route().parts.slice(0, item.hash.startsWith("#/-/") ? 2 : 1).join("/")}`;
    if (isHere) item.setAttribute("aria-current", "page");
    else item.removeAttribute("aria-current");
  }
}

/** What is declared, for the role that the caller has now. */
async function describe() {
  const { session } = app;
  let description;
  try {
    description = (await session.get("/admin/resources")).json;
  } catch {
    // Whatever is asked next says so.
    return;
  }
  if (app.session !== session || app.model?.role === description.role) return;
  app.model = new Model(description);
  menus();
}

function menus() {
  const tops = app.model.resources.filter((resource) => resource.isTop && resource.may("list"));
  const items = tops.map((resource) => link(`#/${resource.plural}`, resource.title));
  const rest = [...(app.model.manages ? [link("#/-/jobs", "Jobs")] : []), ...(app.model.events.length > 0 ? [link("#/-/webhooks", "Webhooks")] : []), link("#/-/account", "Your account")];
  const listed = (links) => el("ul", {}, links.map((one) => el("li", {}, one)));
  $("nav").replaceChildren(listed(items), listed(rest));
  markHere();
}

function take(session) {
  app.session = session;
  session.onrenewed = describe;
}

async function enter(session) {
  take(session);
  app.model = new Model((await session.get("/admin/resources")).json);
  const me = await myself(session);
  $("login").hidden = true;
  $("login").reset();
  $("code-part").hidden = true;
  $("who").hidden = false;
  $("nav").hidden = false;
  $("brand").replaceChildren(link("#/", app.model.title));
  $("account").textContent = me ?? "Your account";
  email = me ?? "";
  menus();
  await render();
}

/** What the caller is called. */
async function myself(session) {
  const { json } = await session.get(`/${app.model.account}/me`);
  return json.email ?? json.display_name ?? null;
}

/** Back to the form; what was shown is gone from the page. */
function leave(text = "") {
  app.session?.drop();
  app.session = null;
  app.model = null;
  guarded = null;
  turn += 1;
  $("view").replaceChildren();
  delete $("view").dataset.at;
  $("nav").replaceChildren();
  for (const id of ["nav", "who"]) $(id).hidden = true;
  $("brand").textContent = "Administration";
  document.title = "Administration";
  app.tell("");
  $("login").hidden = false;
  $("login-error").textContent = text;
  $("email").focus();
}

$("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const send = $("login").querySelector("button");
  if (send.disabled) return;
  send.disabled = true;
  $("login-error").textContent = "";
  try {
    await enter(await Session.open($("email").value, $("password").value, $("code").value.trim()));
  } catch (error) {
    const asksCode = error.type?.endsWith("totp-required") === true;
    const isFirst = asksCode && $("code-part").hidden;
    if (asksCode) $("code-part").hidden = false;
    $("login-error").textContent = isFirst ? "" : error.message;
    const next = asksCode ? $("code") : $("password");
    next.focus();
    next.select();
  } finally {
    send.disabled = false;
  }
});

$("logout").addEventListener("click", async () => {
  if (guarded?.() && !(await confirmed("Log out without saving what you have changed?", "Log out"))) return;
  // A server that cannot be reached keeps the session; its tokens are gone all the same.
  app.session?.close().catch(() => {});
  leave();
});

$("skip").addEventListener("click", (event) => {
  event.preventDefault();
  $("main").focus();
});

window.addEventListener("hashchange", async () => {
  if (location.hash === shownAt) return;
  // What was asked there was asked of what is left now.
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close("");
  if (guarded?.()) {
    // Back to where one was, so that no entry of the history is lost whatever is answered.
    const wanted = location.hash;
    const ahead = history.state?.step === undefined ? null : history.state.step - step;
    history.go(-(ahead ?? 1));
    if (!(await confirmed("Leave without saving what you have changed?", "Leave"))) return;
    guarded = null;
    if (ahead === null) location.hash = wanted;
    else history.go(ahead);
    return;
  }
  guarded = null;
  if (!isOwnStep) app.tell("");
  isOwnStep = false;
  await render();
});

// Another page of the same list.
window.addEventListener("popstate", () => {
  if (location.hash === shownAt && history.state?.step !== step) render();
});

window.addEventListener("beforeunload", (event) => {
  if (app.session && guarded?.()) event.preventDefault();
});

window.addEventListener("pageshow", (event) => event.persisted && app.session?.takeBack());

const resumed = await Session.resume();
if (resumed) await enter(resumed).catch(() => leave());
else leave();
