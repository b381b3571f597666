// The experiments that are chosen in a list: how many they are, and an address that holds them, so that they outlive
// a reload and a way back. Searching and paging take them along by themselves.
const FEWEST = 2;
const MOST = 20;
const boxes = () => [...document.querySelectorAll('[form="find"][name="experiment"]')];
const chosen = () => boxes().filter((box) => box.type === "hidden" || box.checked).map((box) => ["experiment", box.value]);

function carrying(address) {
  const url = new URL(address, location.href);
  url.searchParams.delete("experiment");
  chosen().forEach(([name, value]) => url.searchParams.append(name, value));
  return url;
}

function tell() {
  const bar = document.getElementById("choice");
  if (!bar) return;
  const count = chosen().length;
  bar.querySelector("[data-chosen-count]").textContent = count;
  bar.querySelector("[data-choose-none]").hidden = !count;
  bar.classList.toggle("too-many", count > MOST);
  bar.classList.toggle("enough", count >= FEWEST && count <= MOST);
  document.querySelectorAll("[data-keeps-choice]").forEach((link) => { link.href = carrying(link.href); });
}

document.addEventListener("change", ({ target }) => {
  if (!target.matches('[form="find"][name="experiment"]')) return;
  tell();
  history.replaceState(history.state, "", carrying(location.href));
});

document.addEventListener("click", (event) => {
  const none = event.target.closest("[data-choose-none]");
  const compare = event.target.closest("[data-compare]");
  if (!none && !compare) return;
  event.preventDefault();
  // By hand, for htmx would put the page of the comparison into this one.
  if (compare) return location.assign(carrying(compare.formAction));
  document.querySelector("[data-elsewhere]")?.remove();
  boxes().forEach((box) => (box.type === "hidden" ? box.remove() : Object.assign(box, { checked: false })));
  tell();
  history.replaceState(history.state, "", carrying(location.href));
  boxes()[0]?.focus();
});

// A browser that goes back may check boxes again that the address does not know.
addEventListener("pageshow", tell);
