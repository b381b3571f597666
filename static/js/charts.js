// [data-chart] holds the address of a line's points: they are fetched and drawn when the chart comes into view.
// Without this module the table of values beside it remains.
const HEIGHT = 220;

// A colour of the theme as it is now; the canvas knows no light-dark().
function colour(name) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

const axis = () => ({ stroke: () => colour("--e-muted"), grid: { stroke: () => colour("--e-line"), width: 1 }, ticks: { show: false } });

function options(box) {
  const value = (plot, number) => (number === null || number === undefined ? "–" : number.toPrecision(6).replace(/\.?0+($|e)/, "$1"));
  return {
    width: box.clientWidth,
    height: HEIGHT,
    scales: { x: { time: false } },
    axes: [{ ...axis(), size: 32, space: 80 }, { ...axis(), size: 52 }],
    padding: [8, 8, 0, 0],
    series: [{ label: "Step" }, { label: "Value", value, stroke: () => colour("--e-accent"), width: 1.5 }],
  };
}

function note(box, text) {
  const line = Object.assign(document.createElement("p"), { className: "chart-note", textContent: text });
  box.append(line);
}

async function draw(box) {
  const answer = await fetch(box.dataset.chart).catch(() => null);
  if (!answer?.ok) return note(box, "The points could not be loaded. Load the page again.");
  const { total, steps, values } = await answer.json();
  if (!box.isConnected) return;
  if (!total) return note(box, "No point came yet.");
  const plot = new uPlot(options(box), [steps, values], box);
  if (steps.length < total) note(box, `${total.toLocaleString("en")} points; drawn are the ends, and the least and greatest of each stretch.`);
  new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: HEIGHT })).observe(box);
  box.addEventListener("theme", () => plot.redraw());
}

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    target.dataset.drawn = "";
    draw(target);
  }
}, { rootMargin: "200px" });

const watch = (root) => root.querySelectorAll("[data-chart]:not([data-drawn])").forEach((box) => seen.observe(box));

const repaint = () => document.querySelectorAll("[data-chart]").forEach((box) => box.dispatchEvent(new Event("theme")));
new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);

document.addEventListener("htmx:afterSettle", (event) => watch(event.target));
watch(document);
