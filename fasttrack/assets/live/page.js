// The page: forms and buttons, and what stands in the status line.

import { Feed } from "./feed.js";
import { Log } from "./log.js";
import { Session } from "./session.js";

const $ = (id) => document.getElementById(id);
const log = new Log($("log"));

let session = null;
let feed = null;
/** Whose messages the log shows, and up to which. */
let shown = { accountId: null, since: null };
let countdown = null;

$("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = $("login").querySelector("button");
  button.disabled = true;
  $("login-error").textContent = "";
  try {
    enter(await Session.open($("email").value, $("password").value));
  } catch (error) {
    $("login-error").textContent = error.message;
    $("password").select();
    $("password").focus();
  } finally {
    button.disabled = false;
  }
});

$("logout").addEventListener("click", () => {
  logOut();
  $("email").focus();
});

// The tokens go with the page, so that nobody could ever use the session again. A page that a browser keeps for its "back"
// button comes back logged out.
window.addEventListener("pagehide", () => session && logOut());

$("toggle").addEventListener("click", () => {
  if (feed) {
    disconnect();
    log.lost("You disconnected.");
    show("off", "Disconnected");
  } else {
    connect();
  }
});

$("retry-now").addEventListener("click", () => feed?.hurry());
window.addEventListener("online", () => feed?.hurry());

/** What the feed tells. */
const view = {
  connecting,
  live(isBehind) {
    show("live", "Live");
    log.back(isBehind);
  },
  history(messages) {
    // What was there before is not news: a screen reader stays quiet about it.
    $("log").parentElement.ariaBusy = true;
    for (const message of messages) add(message, "earlier");
    requestAnimationFrame(() => ($("log").parentElement.ariaBusy = false));
  },
  message: (message, isReplayed) => add(message, isReplayed ? "replayed" : "live"),
  caughtUp: () => log.caughtUp(),
  resync: () => log.resync(),
  lost(why) {
    log.lost(why);
    shrinkEmpty();
    connecting();
  },
  waiting(ms, why) {
    const until = Date.now() + ms;
    const tick = () => {
      const seconds = Math.max(0, Math.ceil((until - Date.now()) / 1000));
      $("retry-text").textContent = `${why} The next attempt is in ${seconds} s.`;
    };
    tick();
    $("retry").hidden = false;
    countdown = setInterval(tick, 500);
  },
  ended(why) {
    log.lost(why);
    shrinkEmpty();
    leave("Session ended", "ended");
    $("login-error").textContent = `${why} What you miss until then is replayed.`;
  },
};

function connecting() {
  show("busy", log.isInterrupted ? "Reconnecting …" : "Connecting …");
}

function enter(opened) {
  session = opened;
  if (shown.accountId !== session.accountId) forget();
  shown.accountId = session.accountId;
  $("password").value = "";
  $("login").hidden = true;
  $("feed").hidden = false;
  for (const button of [$("toggle"), $("logout")]) button.hidden = false;
  $("account").textContent = session.email;
  connect();
  $("toggle").focus();
}

function logOut() {
  // A server that cannot be reached keeps the session; its tokens are gone all the same.
  session.close().catch(() => {});
  leave("Not logged in", "off");
  forget();
}

/** Back to the form; what the log shows stays. */
function leave(text, state) {
  disconnect();
  session = null;
  for (const button of [$("toggle"), $("logout")]) button.hidden = true;
  $("login").hidden = false;
  show(state, text);
}

/** What one account was told is no other's business. */
function forget() {
  log.clear();
  shown = { accountId: null, since: null };
  $("feed").hidden = true;
  $("empty").hidden = false;
}

function connect() {
  feed = new Feed(session, view, shown.since);
  feed.run();
  $("toggle").textContent = "Disconnect";
}

function disconnect() {
  if (!feed) return;
  shown.since = feed.since ?? shown.since;
  feed.stop();
  feed = null;
  $("toggle").textContent = "Connect";
}

function add(message, origin) {
  log.message(message, origin, session?.accountId);
  shown.since = message.id;
  shrinkEmpty();
}

function shrinkEmpty() {
  $("empty").hidden = !log.isEmpty;
}

function show(state, text) {
  clearInterval(countdown);
  $("retry").hidden = true;
  if ($("status").textContent !== text) $("status").textContent = text;
  $("status").dataset.state = state;
}
