// A page that follows a run. [data-live] asks for news (templates/training/_live.html): not while nobody looks, and quietly
// when the server can't be reached. [data-elapsed] holds the seconds that a run has taken so far, and counts on.
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

// The words of training/durations.py.
function words(seconds) {
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  return minutes ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
}

const seen = new WeakMap(); // element → what it said, and when it was first seen to say so
function tick() {
  for (const element of document.querySelectorAll("[data-elapsed]")) {
    const said = element.dataset.elapsed;
    if (seen.get(element)?.said !== said) seen.set(element, { said, at: performance.now() });
    const since = Math.floor((performance.now() - seen.get(element).at) / 1000);
    const text = words(Number(said) + since);
    if (element.textContent !== text) element.textContent = text;
  }
}
setInterval(tick, 1000);
