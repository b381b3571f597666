// The console of a run that goes on: lines that arrive are put where they belong, and the end stays in view as long as
// the reader stays there.
const KEPT = 2000; // lines on the page while it follows; older ones come by their button
const NEAR = 24; // pixels from the end that still are the end
const screen = () => document.getElementById("screen");
const lines = () => document.getElementById("lines");
const follow = () => document.getElementById("follow");

let isFollowing = true;
let top = 0; // where the screen was scrolled to by the last that moved it

const isAtEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight <= NEAR;

function set(following) {
  isFollowing = following;
  if (follow()) follow().checked = following;
  const button = document.querySelector("[data-to-the-end]");
  if (button) button.hidden = following || !screen() || isAtEnd(screen());
}

function toEnd() {
  const box = screen();
  if (!box) return;
  box.scrollTop = box.scrollHeight;
  top = box.scrollTop;
}

// Only the reader scrolls up: lines that come move the end away, not the place.
document.addEventListener("scroll", ({ target }) => {
  if (target !== screen() || !("atEnd" in target.dataset)) return;
  const isUp = target.scrollTop < top;
  top = target.scrollTop;
  if (isUp && !isAtEnd(target)) set(false);
  else if (isAtEnd(target)) set(true);
}, true);

addEventListener("resize", () => isFollowing && toEnd());

document.addEventListener("change", ({ target }) => {
  if (target.id === "wrap" && isFollowing) return toEnd();
  if (target !== follow()) return;
  set(target.checked);
  if (target.checked) toEnd();
});

document.addEventListener("click", ({ target }) => {
  if (!target.closest("[data-to-the-end]")) return;
  set(true);
  toEnd();
  screen().focus({ preventScroll: true });
});

// A line of the same id is printed again, as a progress bar is; a new one follows the one before it.
function put(arrived) {
  let before = null;
  for (const line of arrived) {
    const old = document.getElementById(line.id);
    if (old && old.outerHTML !== line.outerHTML) old.replaceWith(line);
    else if (!old) before ? before.after(line) : lines().append(line);
    before = old?.isConnected ? old : line;
  }
}

function trim() {
  const list = lines();
  if (list.children.length <= KEPT) return;
  while (list.children.length > KEPT) list.firstElementChild.remove();
  const first = list.querySelector("li[id^=l-]");
  const older = document.getElementById("older-lines");
  const address = new URL(older.href);
  address.searchParams.set("run", new URLSearchParams(new URL(document.querySelector("[data-live]").getAttribute("hx-get"), location.href).search).get("run"));
  address.searchParams.set("older", first.id.slice(2).replace("-", "."));
  older.href = address;
  older.setAttribute("hx-get", address.pathname + address.search);
  older.hidden = false;
  htmx.process(older);
}

document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const { target, fragment } = event.detail;
  if (target.id !== "arrived") return;
  event.detail.shouldSwap = false;
  if (!lines()) return;
  put([...fragment.querySelectorAll("li")]);
  if (!isFollowing) return set(false);
  trim();
  toEnd();
});

// More came than can be joined on, so all is drawn anew: not under the eyes of a reader who is elsewhere.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.requestConfig.elt.matches("[data-live]") && detail.target.id === "results" && lines() && !isFollowing) detail.shouldSwap = false;
});

// The console was drawn: its newest lines open at the end, and stay there.
const opened = new WeakSet();
function open() {
  const box = screen();
  if (!box || (opened.has(box) && !isFollowing)) return;
  if (!opened.has(box)) set("atEnd" in box.dataset);
  opened.add(box);
  if (isFollowing) toEnd();
}

document.addEventListener("htmx:afterSettle", open);
open();
