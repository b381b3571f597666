// The creation form is swapped by morphing: what is typed while an answer is on its way must survive the answer.
const unsent = new Set(); // fields that changed since they were last sent
const SYNCED = new Set(["value", "checked", "selected"]);
const field = (node) => node.closest?.("select") ?? node;
const form = () => document.getElementById("draft");

let onTheWay = 0; // requests that carry the form
let failed = false; // the last of them did not arrive
let renewed = false; // it was refused for the page's token, and goes out again with another

// The corner of the page says whether the server has everything.
function tell() {
  const corner = document.getElementById("kept");
  if (corner) corner.textContent = unsent.size || onTheWay ? "Saving…" : failed ? "Not saved" : "Draft kept";
}

function note({ target }) {
  if (target.form?.id !== "draft") return;
  unsent.add(target);
  tell();
}

// Before htmx hears of it, and sends it.
document.addEventListener("input", note, true);
document.addEventListener("change", note, true);

document.addEventListener("htmx:configRequest", (event) => {
  if (!event.detail.formData.has("was-name")) return;
  // The pause after the last key ends, but the field was left before that, and everything is sent.
  if (event.detail.elt.id === "autosave" && !unsent.size && !failed && !renewed) event.preventDefault();
  unsent.clear();
});

document.addEventListener("htmx:beforeSend", ({ detail: { xhr, requestConfig } }) => {
  if (!requestConfig.formData.has("was-name")) return;
  onTheWay += 1;
  tell();
  xhr.addEventListener("loadend", () => {
    onTheWay -= 1;
    failed = xhr.status < 200 || xhr.status > 399;
    tell();
  });
});

// Signing in again in another tab makes the page's token worthless. The refusal brings the one that counts: once more with it.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { xhr, elt, requestConfig } = event.detail;
  const token = xhr.getResponseHeader("X-CSRF-Token");
  if (renewed || !token) return void (renewed = Boolean(token));
  renewed = true;
  event.preventDefault();
  document.body.setAttribute("hx-headers", JSON.stringify({ "x-csrftoken": token }));
  document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach((hidden) => { hidden.value = token; });
  htmx.ajax(requestConfig.verb, requestConfig.path, { source: elt });
});

// What is being typed stays as well: “0.” is on its way to “0.5”, and must not become “0.0” under the cursor.
const isTypedIn = (node) => node === document.activeElement && node.matches("input:not([type=checkbox]), textarea");

Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) =>
  !(SYNCED.has(name) && (unsent.has(field(node)) || isTypedIn(node)));

// A field that the answer knows nothing of stays until what was typed there has been sent: then it is said what became of it.
Idiomorph.defaults.callbacks.beforeNodeRemoved = (node) => ![...unsent].some((typed) => node.contains(typed));

function focusOn(id) {
  const found = document.getElementById(id);
  if (!found) return;
  found.scrollIntoView({ block: "center" });
  found.focus({ preventScroll: true });
}

// After Create was refused, the first missing thing; after a click on a row, the row.
// Whoever has gone on to a field meanwhile is left there.
document.addEventListener("focus-on", ({ detail }) => {
  if (!document.activeElement?.matches("#draft :is(input, textarea, select)")) focusOn(detail.id);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-focus]");
  if (!link || !document.getElementById(link.dataset.focus)) return;
  event.preventDefault();
  focusOn(link.dataset.focus);
});

// The rail shows the part that has the focus.
function markPart() {
  const part = document.activeElement?.closest("#draft .part");
  document.querySelectorAll("#rail a[aria-current]").forEach((link) => link.removeAttribute("aria-current"));
  if (part) document.getElementById(`rail-${part.id}`)?.setAttribute("aria-current", "step");
}

document.addEventListener("focusin", markPart);
document.addEventListener("htmx:afterSettle", markPart);

// What was typed while this script was on its way is sent as soon as htmx, which comes first, is ready.
function differs({ type, value, checked, defaultValue, defaultChecked, options }) {
  if (options) return [...options].some((option) => option.defaultSelected && !option.selected);
  return type === "checkbox" ? checked !== defaultChecked : value !== defaultValue;
}

const unsaved = () => [...(form()?.elements ?? [])].filter((node) => node.matches("input, select, textarea") && differs(node));

// Whoever leaves in the middle of a word leaves the word here. Whose session has ended is sent to the sign-in: then what
// could not be saved waits in this tab, and is typed again.
let isSignedOut = false;
const place = () => `unsaved ${form().getAttribute("action")}`;
const store = () => sessionStorage.setItem(place(), JSON.stringify(unsaved().map(({ id, value, checked }) => ({ id, value, checked }))));

document.addEventListener("htmx:beforeOnLoad", ({ detail: { xhr } }) => {
  isSignedOut ||= Boolean(xhr.getResponseHeader("HX-Redirect")?.startsWith("/sign-in/"));
});

addEventListener("pagehide", () => {
  if (!form()) return;
  if (isSignedOut) store();
  else if (unsent.size) navigator.sendBeacon(form().getAttribute("action"), new FormData(form()));
});

function typeAgain() {
  for (const { id, value, checked } of JSON.parse(sessionStorage.getItem(place()) ?? "[]")) {
    const node = document.getElementById(id);
    if (node) Object.assign(node, node.type === "checkbox" ? { checked } : { value });
  }
  sessionStorage.removeItem(place());
}

document.addEventListener("DOMContentLoaded", () => {
  if (form()) typeAgain();
  unsaved()[0]?.dispatchEvent(new Event("change", { bubbles: true }));
});
