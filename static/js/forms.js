// What htmx and forms share: fragments that replace, refusals that are said, requests that are tried again,
// and forms that are not sent twice.
const say = (text, kind, stays) => document.dispatchEvent(new CustomEvent("notice", { detail: { text, kind, stays } }));

// A fragment that brings its target's element along replaces it; any other fills it.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { target, serverResponse, requestConfig } = detail;
  if (!target.id || detail.swapOverride || !detail.shouldSwap) return;
  const template = document.createElement("template");
  template.innerHTML = serverResponse;
  if (template.content.firstElementChild?.id !== target.id) return;
  const style = requestConfig.elt.closest("[hx-swap]")?.getAttribute("hx-swap") ?? "innerHTML";
  detail.swapOverride = style.replace("innerHTML", "outerHTML");
});

// What an answer draws anew is held until it is there: what is typed into it or pressed in it meanwhile would be lost.
const held = ({ target, requestConfig }) =>
  target?.id === "rows" ? [target] : target?.id === "dialog" && requestConfig?.verb === "post" ? [...target.children] : [];

document.addEventListener("htmx:beforeSend", ({ detail }) => held(detail).forEach((part) => { part.inert = true; }));
document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const parts = held(detail).filter((part) => part.inert);
  parts.forEach((part) => { part.inert = false; });
  if (parts.length && detail.elt.isConnected) detail.elt.focus();
});

// What the server refused. It answers htmx with a sentence as text; anything else is not for people to read.
document.addEventListener("htmx:responseError", (event) => {
  const { xhr, elt } = event.detail;
  if (elt.closest("[data-live]")) return; // asks again by itself, and says so: live.js
  if (isAway(xhr) && isSaving(event.detail)) return trouble(event);
  const isSentence = xhr.getResponseHeader("Content-Type")?.startsWith("text/plain");
  say(`That did not work: ${isSentence ? xhr.responseText : "the server refused it. Load the page again."}`, "bad");
});

// What is only looked at, such as a dialog, is asked for again by whoever still wants it.
const isSaving = ({ elt, requestConfig }) => elt.closest("[data-retry]") && requestConfig.verb !== "get";

// The server's word for a database that is away: soon it will be back.
const isAway = (xhr) => xhr.status === 503;

// No connection. What saves (data-retry) is sent again, with what its fields hold by then, until it arrives.
const FIRST_WAIT_MS = 2000;
const LONGEST_WAIT_MS = 30000;
const waiting = new Map(); // element → { wait, timer, send }

function trouble({ detail }) {
  const { elt, xhr, requestConfig } = detail;
  if (!isSaving(detail)) return say("No connection. Try again.", "bad");
  const wait = Math.min((waiting.get(elt)?.wait ?? FIRST_WAIT_MS / 2) * 2, LONGEST_WAIT_MS);
  const send = () => elt.isConnected ? htmx.ajax(requestConfig.verb, requestConfig.path, { source: elt }) : arrived(elt);
  waiting.set(elt, { wait, send, timer: setTimeout(send, wait) });
  say(`Not saved: ${xhr && isAway(xhr) ? "the server is not ready" : "no connection"}. Trying again…`, "warn", "connection");
}

function arrived(elt) {
  clearTimeout(waiting.get(elt)?.timer);
  if (waiting.delete(elt) && !waiting.size) say("", "ok", "connection");
}

document.addEventListener("htmx:sendError", trouble);
document.addEventListener("htmx:timeout", trouble);
document.addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => clearTimeout(waiting.get(elt)?.timer));
document.addEventListener("htmx:beforeOnLoad", ({ detail: { elt, xhr } }) => isAway(xhr) || arrived(elt));
addEventListener("online", () => waiting.forEach(({ timer, send }) => { clearTimeout(timer); send(); }));
addEventListener("beforeunload", (event) => waiting.size && event.preventDefault());

// A form is on its way once. Its button keeps its name and value for the request, hence the moment's wait.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  setTimeout(() => event.submitter?.setAttribute("aria-disabled", "true"));
});

addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelectorAll("[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
  }
});
