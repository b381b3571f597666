// Runs before the page is painted, so that a chosen theme never flashes. No choice leaves it to the system, by CSS alone.
(() => {
  const root = document.documentElement;
  const apply = (theme) => theme ? root.setAttribute("data-bs-theme", theme) : root.removeAttribute("data-bs-theme");
  const kept = () => {
    try {
      return localStorage.getItem("theme") ?? "";
    } catch {
      return ""; // storage is switched off: the choice lasts for this page
    }
  };

  apply(kept());
  addEventListener("storage", (event) => event.key === "theme" && apply(event.newValue));

  document.addEventListener("DOMContentLoaded", () => {
    for (const choice of document.querySelectorAll("input[name=theme]")) {
      choice.checked = choice.value === kept();
      choice.addEventListener("change", () => {
        apply(choice.value);
        try {
          choice.value ? localStorage.setItem("theme", choice.value) : localStorage.removeItem("theme");
        } catch {
          // see above
        }
      });
    }
  });
})();
