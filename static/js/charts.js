// [data-chart] holds the address of a line's points, or of several experiments' curves: they are fetched and drawn when the
// chart comes into view.
// Without this module the table of values beside it remains.
const HEIGHT = 220;
const HEIGHT_OF_SEVERAL = 320;

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

const shown = (plot, number) => (number === null || number === undefined ? "–" : String(Number(number.toPrecision(6))));

// Whole seconds, minutes, hours and days: what stands beside an axis of time.
const SPANS = [0.1, 0.2, 0.5, ...[1, 2, 5, 10, 15, 30].flatMap((n) => [n, n * 60]), ...[1, 2, 3, 6, 12, 24, 48, 96, 240].map((n) => n * 3600)].sort((a, b) => a - b);

// Seconds as h:mm:ss.
function clock(exact) {
  const seconds = Math.round(exact * 10) / 10;
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.round((seconds % 60) * 10) / 10];
  return parts.map((part, place) => (place ? String(part).padStart(2, "0") : part)).join(":");
}

// A name with a line of its colour before it, which the style sheet draws: so it goes with the theme.
function label(name, number) {
  const text = Object.assign(document.createElement("span"), { textContent: name });
  text.insertAdjacentHTML("afterbegin", '<svg class="swatch" width="22" height="8" aria-hidden="true"><line x1="0" x2="22" y1="4" y2="4"/></svg>');
  text.firstElementChild.classList.add(`series-${number}`);
  return text;
}

function series({ name, series: number }) {
  if (!number) return { label: "Value", value: shown, stroke: () => colour("--e-accent"), width: 1.5 };
  // Twenty colours are not told apart: the second ten are dashed, as comparing.css has them.
  const stroke = () => colour(`--e-series-${(number - 1) % 10 + 1}`);
  return { label: label(name, number), value: shown, stroke, width: 1.75, dash: number > 10 ? [6, 4] : undefined };
}

function options(box, curves, byTime) {
  const seconds = byTime ? { value: (plot, x) => (x === null || x === undefined ? "–" : clock(x)) } : {};
  const ticks = byTime ? { incrs: SPANS, values: (plot, places) => places.map(clock) } : {};
  return {
    width: box.clientWidth,
    height: curves.length > 1 ? HEIGHT_OF_SEVERAL : HEIGHT,
    scales: { x: { time: false } },
    axes: [{ ...axis(), size: 32, space: 80, ...ticks }, { ...axis(), size: 52 }],
    padding: [8, 8, 0, 0],
    focus: { alpha: 0.25 },
    cursor: curves.length > 1 ? { focus: { prox: 24 } } : {},
    legend: { markers: { show: curves.every(({ series: number }) => !number) } },
    series: [{ label: byTime ? "Time" : "Step", ...seconds }, ...curves.map(series)],
  };
}

function note(box, text) {
  const line = Object.assign(document.createElement("p"), { className: "chart-note", textContent: text });
  box.append(line);
}

async function fetched(box) {
  const answer = await fetch(box.dataset.chart).catch(() => null);
  return answer?.ok ? answer.json() : null;
}

// The line is being written: points that came are joined on, and a stretch that was zoomed into stays in view.
function grow(box, plot, { row, total, steps, values }) {
  function show() {
    const [known] = plot.data;
    const isWhole = plot.scales.x.min <= known[0] && plot.scales.x.max >= known.at(-1);
    plot.setData(uPlot.join([[steps, values]]), isWhole);
    if (!isWhole) plot.redraw();
  }
  box.addEventListener("points", ({ detail: { rows } }) => {
    for (const more of rows.filter((one) => one.row > row)) {
      const start = total;
      steps = steps.concat(more.steps ?? more.values.map((_, place) => start + place));
      values = values.concat(more.values);
      [row, total] = [more.row, total + more.values.length];
    }
    const order = steps.map((_, place) => place).sort((a, b) => steps[a] - steps[b]);
    [steps, values] = [order.map((place) => steps[place]), order.map((place) => values[place])];
    show();
  });
  box.addEventListener("anew", async () => {
    ({ row, total, steps, values } = (await fetched(box)) ?? { row, total, steps, values });
    show();
  });
}

// It had no points yet: it is drawn when some have come.
function begin(box) {
  box.replaceChildren();
  draw(box);
}

async function draw(box) {
  const answer = await fetched(box);
  if (!answer) return note(box, "The points could not be loaded. Load the page again.");
  const { curves: several, by_time: byTime, ...one } = answer;
  const curves = several ?? [one];
  if (!box.isConnected) return;
  if (!curves.some(({ steps }) => steps.length)) {
    box.addEventListener("points", () => begin(box), { once: true });
    return note(box, "No point came yet.");
  }
  const plot = new uPlot(options(box, curves, byTime), uPlot.join(curves.map(({ steps, values }) => [steps, values])), box);
  const total = curves.reduce((sum, curve) => sum + curve.total, 0);
  if (curves.some(({ steps, total: all }) => steps.length < all)) note(box, `${total.toLocaleString("en")} points; drawn are the ends, and the least and greatest of each stretch.`);
  new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: plot.height })).observe(box);
  box.addEventListener("theme", () => plot.redraw());
  if (!several) grow(box, plot, one);
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

const drawn = () => document.querySelectorAll("[data-drawn]");
const anew = () => drawn().forEach((box) => box.dispatchEvent(new Event("anew")));

// What came while the page was open (templates/training/_live_changes.html): by log, or null when it was too much.
document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  if (detail.target.id !== "points") return;
  detail.shouldSwap = false;
  const logs = JSON.parse(detail.fragment.textContent);
  if (!logs) return anew();
  for (const box of drawn()) {
    const rows = logs[box.dataset.log];
    if (rows) box.dispatchEvent(new CustomEvent("points", { detail: { rows } }));
  }
});
// The run is over, and the page was drawn once more.
document.addEventListener("htmx:afterSettle", ({ target }) => { if (target.id === "content") anew(); });
watch(document);
