// What a message says, as a sentence. An application names its events as it likes: those that are not in the table are told
// by their name and their data.

const SENTENCES = {
  task_assigned: ({ task_id, project }) => `You were assigned task ${task_id} in ${quoted(project)}`,
  comment_added: ({ task_id, author }) => `${author ? isolated(author) : "Somebody"} commented on task ${task_id}`,
  status_changed: ({ task_id, old, new: now }) => `Task ${task_id} went from ${words(old)} to ${words(now)}`,
};

/** A sentence without a full stop. Plain text: whoever shows it must not take it for markup. */
export function sentence({ type, data }) {
  const known = Object.hasOwn(SENTENCES, type) ? SENTENCES[type] : null;
  return known?.(data) ?? [capitalised(words(type)), facts(data)].filter(Boolean).join(": ");
}

function facts(data) {
  return Object.entries(data ?? {})
    .map(([key, value]) => `${words(key.replace(/_id$/, ""))} ${typeof value === "string" ? quoted(value) : JSON.stringify(value)}`)
    .join(", ");
}

const words = (snake) => String(snake).replaceAll("_", " ");
const capitalised = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const quoted = (text) => `“${isolated(text)}”`;
// What somebody wrote from right to left must not turn the rest of the sentence (Unicode isolates, UAX #9).
const isolated = (text) => `\u2068${text}\u2069`;
