// A file of its own, because the page's Content-Security-Policy allows no inline script.

// Requests go to where this page came from, whichever address the document tells clients: a proxy may have the server
// below a path, and the page may talk to no other server than its own.
const here = new URL(".", document.baseURI).href.replace(/\/$/, "");
const askHere = (update) => (spec) => update(spec.openapi ? { ...spec, servers: [{ url: here }] } : spec);

window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  displayRequestDuration: true,
  // The default sends the document to a validator on the internet.
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [{ statePlugins: { spec: { wrapActions: { updateJsonSpec: askHere } } } }],
  layout: "BaseLayout",
});
