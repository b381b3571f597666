// What a page has to say that no part of it can: no connection, a refusal. Any module says it by an event:
//   document.dispatchEvent(new CustomEvent("notice", { detail: { text, kind: "info" | "warn" | "bad" | "ok", stays } }))
// `stays` is a name: such a notice remains until one of the same name replaces it, or one with an empty text takes it away.
const LASTS_MS = 8000;

function place() {
  // An open dialog makes the rest of the page inert: what is said outside it is neither seen nor heard.
  const host = document.querySelector("dialog[open]") ?? document.body;
  let box = host.querySelector(":scope > .toasts");
  if (!box) {
    box = document.createElement("div");
    box.className = "toasts";
    host.append(box);
  }
  return box;
}

function close(text) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "icon";
  button.textContent = "×";
  button.setAttribute("aria-label", "Close notice");
  button.addEventListener("click", () => text.remove());
  return button;
}

document.addEventListener("notice", ({ detail: { text, kind = "info", stays = "" } }) => {
  if (stays) document.querySelectorAll(".toasts > .notice").forEach((old) => old.dataset.name === stays && old.remove());
  if (!text) return;
  const notice = document.createElement("div");
  notice.className = `notice ${kind}`;
  notice.setAttribute("role", kind === "bad" ? "alert" : "status");
  notice.dataset.name = stays;
  notice.append(text, close(notice));
  place().append(notice);
  if (!stays) setTimeout(() => notice.remove(), LASTS_MS);
});
