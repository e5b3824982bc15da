// What the two pages share: the token of the link, and how it is sent.

const form = document.getElementById("form");
const submit = document.getElementById("submit");
const said = document.getElementById("said");

/** Takes the token out of the address, so that it stays in no history and is on no screen. */
function takeToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";
  history.replaceState(null, "", location.pathname);
  return token;
}

function say(text, isError) {
  said.textContent = text;
  said.classList.toggle("error", isError);
}

/** What a problem document (RFC 9457) says, for people. */
function reasons(problem) {
  const faults = (problem.errors ?? []).map((fault) => fault.message);
  return faults.length > 0 ? faults.join("; ") : (problem.detail ?? "It did not work; try again.");
}

/**
 * Shows the form, and sends what it holds to a route of the API beside this page when somebody says so.
 * @param {string} route
 * @param {(token: string) => object} body
 * @param {string} done
 */
export function follow(route, body, done) {
  const token = takeToken();
  if (token === "") {
    say("This link is not whole: copy all of it from the mail.", true);
    return;
  }
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    submit.disabled = true;
    say("", false);
    try {
      const answer = await fetch(new URL(`api/v1/auth/${route}`, new URL(".", location.href)), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body(token)),
      });
      if (answer.ok) {
        form.hidden = true;
        say(done, false);
        return;
      }
      say(reasons(await answer.json()), true);
    } catch {
      say("The server cannot be reached; try again.", true);
    }
    submit.disabled = false;
  });
}
