// A page that follows a run. [data-live] asks for news (templates/training/_live.html): not while nobody looks, and quietly
// when the server can't be reached.
const say = (text, kind, stays) => document.dispatchEvent(new CustomEvent("notice", { detail: { text, kind, stays } }));
const isLive = (element) => element?.matches?.("[data-live]") ?? false;
const live = () => document.querySelector("[data-live][hx-trigger*=look]");

document.addEventListener("htmx:beforeRequest", (event) => {
  if (isLive(event.detail.elt) && document.hidden) event.preventDefault();
});
document.addEventListener("visibilitychange", () => { if (!document.hidden && live()) htmx.trigger(live(), "look"); });

// News of lines that were left meanwhile, by a link to older ones, are none.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (!isLive(event.detail.elt)) return;
  say("", "ok", "live");
  if (!event.detail.elt.isConnected) event.preventDefault();
});

const GONE = [403, 404];
document.addEventListener("htmx:responseError", ({ detail: { elt, xhr } }) => {
  if (!isLive(elt)) return;
  if (!GONE.includes(xhr.status)) return lost();
  elt.remove();
  say("This is no longer there, or no longer yours to see. Load the page again.", "warn", "live");
});
const lost = () => say("No connection: what you see may be old. Trying again…", "warn", "live");
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, ({ detail: { elt } }) => isLive(elt) && lost());
}

// What people set on the page is theirs, and what a script drew stays drawn. Both outlive an answer that knows nothing of them.
const OWN = "input, select, textarea, details[open], [data-drawn]";
Idiomorph.defaults.callbacks.beforeNodeMorphed = (old, drawn) => !(old.matches?.(OWN) && drawn.nodeName === old.nodeName);
