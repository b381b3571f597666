// The one dialog: opens when htmx has filled it, closes on Esc, the backdrop, [data-close] and the answer's event
// `close-dialog`, and gives the focus back to what opened it.
const dialog = () => document.getElementById("dialog");
const FOCUSABLE = "a[href], button:not([disabled]), input:not([type=hidden], [disabled]), select:not([disabled]), textarea";

let opener = null;
let way = []; // ids of the opener and of what was around it: an answer may have drawn the opener again, or something else

function remember(element) {
  opener = element;
  way = [];
  for (let at = element; at && at !== document.body; at = at.parentElement) if (at.id) way.push(at.id);
}

function giveFocusBack() {
  if (opener?.isConnected) return opener.focus();
  for (const id of way) {
    const found = document.getElementById(id);
    if (!found) continue;
    const target = found.matches(FOCUSABLE) ? found : found.querySelector(FOCUSABLE);
    if (target) return target.focus();
  }
}

// An answer took away what had the focus: go on at what it brought, and at the button that ends it all when it can be pressed.
function keepFocus(box) {
  const place = box.querySelector("#results") ?? box;
  const next = box.querySelector("[autofocus], .btn-primary:not(:disabled)") ?? place.querySelector(FOCUSABLE);
  (next ?? box.querySelector(FOCUSABLE))?.focus();
}

function open() {
  dialog().showModal();
  dialog().querySelector("[autofocus], input[type=search]")?.focus();
}

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (detail.target === dialog() && !dialog().open) remember(detail.elt);
});

// Not afterSwap: between the two htmx has not wired the new inputs yet, and fast typing would be lost.
document.addEventListener("htmx:afterSettle", () => {
  const box = dialog();
  if (!box) return;
  const isLost = document.activeElement === document.body || document.activeElement === box;
  if (!box.open && box.childElementCount) open();
  else if (box.open && isLost) keepFocus(box);
  else if (!box.open && opener && isLost) giveFocusBack();
});

// The event `close` comes later: emptied at once, the dialog can't be taken for one that was just filled.
function shut() {
  dialog()?.close();
  dialog()?.replaceChildren();
}

document.addEventListener("close-dialog", shut);

// An answer to what was clicked in a dialog that was closed meanwhile must not open it again.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target === dialog() && !dialog().open && !detail.requestConfig.elt.isConnected) detail.shouldSwap = false;
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("#dialog [data-close]")) return;
  event.preventDefault();
  shut();
});

// `close` does not bubble, and the element may have been drawn again: hence the capturing listener on the document.
document.addEventListener("close", (event) => {
  if (event.target !== dialog()) return;
  event.target.replaceChildren();
  // The browser gave it back itself, unless the opener was drawn again; or an answer has led it elsewhere meanwhile.
  if (document.activeElement === document.body) giveFocusBack();
}, true);

// The backdrop belongs to the dialog element, which has no padding. Both ends of the click count: a selection
// dragged out of a field ends on the backdrop too, and must not close anything.
let pressed = null;
document.addEventListener("pointerdown", (event) => { pressed = event.target; });
document.addEventListener("click", (event) => {
  if (event.target === dialog() && pressed === dialog()) shut();
});
