// [data-elapsed] holds the seconds that a run has taken so far, and counts on. No request is made for it.
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
