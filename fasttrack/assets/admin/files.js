// The files of a row: sent, looked at, kept, taken away.

import { bdi, button, bytes, confirmed, el, newId } from "./dom.js";
import { save } from "./list.js";

/** A part for each field of a row that holds a file; null where there is none. */
export function files(app, view) {
  const fields = view.resource.fields.filter((field) => field.file && (field.shown || field.file.send));
  return fields.length > 0 ? el("section", { className: "card", "aria-label": "Files" }, fields.map((field) => file(app, view, field))) : null;
}

function file(app, view, field) {
  const path = field.file.path.replace("{id}", view.id);
  const found = view.row[field.key];
  const id = newId("file");
  const may = field.file.send && view.may("update");
  const isAny = field.file.types.includes("*/*");
  const takes = `${isAny ? "Any type" : field.file.types.join(", ")}, at most ${bytes(field.file.max_bytes)}.`;
  const error = el("p", { className: "fault", role: "alert" });
  const input = el("input", { id, type: "file", accept: isAny ? undefined : field.file.types.join(",") });
  input.addEventListener("change", async () => {
    const [chosen] = input.files;
    if (!chosen) return;
    error.textContent = "";
    if (chosen.size > field.file.max_bytes) {
      error.textContent = `It has ${bytes(chosen.size)}; at most ${bytes(field.file.max_bytes)} are taken.`;
      return;
    }
    input.disabled = true;
    app.tell(`Sending ${chosen.name} …`);
    try {
      const type = chosen.type && (isAny || field.file.types.includes(chosen.type)) ? chosen.type : "application/octet-stream";
      const headers = { "content-type": type, "content-disposition": disposition(chosen.name) };
      await app.session.send("PUT", path, { file: chosen, headers });
      app.tell(bdi(chosen.name), " was saved.");
      app.reload();
    } catch (refused) {
      error.textContent = refused.message;
      app.tell("");
    } finally {
      input.disabled = false;
    }
  });
  const get = () => app.attempt(async () => {
    const { blob } = await app.session.get(path, { raw: true });
    save(blob, found.name);
  });
  const drop = async () => {
    if (!(await confirmed(["Take away ", bdi(found.name), "?"], "Take away"))) return;
    await app.attempt(async () => {
      await app.session.delete(path);
      app.tell(bdi(found.name), " was taken away.");
      app.reload();
    });
  };
  const has = found
    ? el("p", {}, `${found.name}, ${found.type}, ${bytes(found.bytes)} `, button("Save", get, { className: "quiet", "aria-label": `Save ${found.name}` }), may && field.nullable ? button("Take away", drop, { className: "quiet danger", "aria-label": `Take away ${found.name}` }) : null)
    : el("p", { className: "faint" }, "None.");
  const sends = may ? [el("label", { htmlFor: id }, found ? `Another ${field.title.toLowerCase()}` : `Send ${field.title.toLowerCase()}`), input, el("p", { className: "hint" }, takes)] : [];
  return el("div", { className: "field", "data-key": field.key }, el("h2", {}, field.title), has, sends, error);
}

/** The name of a file, whatever characters it has (RFC 8187). */
function disposition(name) {
  const escape = (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`;
  return `attachment; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*!]/g, escape)}`;
}
