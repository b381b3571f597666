// The creation form is swapped by morphing: what is typed while an answer is on its way must survive the answer.
const unsent = new WeakSet(); // fields that changed since the form was last sent
const SYNCED = new Set(["value", "checked", "selected"]);
const field = (node) => node.closest?.("select") ?? node;

document.addEventListener("input", ({ target }) => target.form?.id === "draft" && unsent.add(target));
document.addEventListener("change", ({ target }) => target.form?.id === "draft" && unsent.add(target));

document.addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.verb !== "post") return;
  for (const element of document.getElementById("draft")?.elements ?? []) unsent.delete(element);
});

Idiomorph.defaults.ignoreActiveValue = true;
Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => !(SYNCED.has(name) && unsent.has(field(node)));

function focusOn(id) {
  const found = document.getElementById(id);
  if (!found) return;
  found.scrollIntoView({ block: "center" });
  found.focus({ preventScroll: true });
}

// After Create was refused, the first missing thing; after a click on a row, the row.
document.addEventListener("focus-on", ({ detail }) => focusOn(detail.id));

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
