// A button with data-copy="id" puts the value of that field on the clipboard.
// Where the browser keeps the clipboard from pages, as over plain HTTP, the text is selected for the keyboard to copy.
function say(text, kind) {
  document.dispatchEvent(new CustomEvent("notice", { detail: { text, kind } }));
}

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(field.value);
    say("Copied.", "ok");
  } catch {
    field.focus();
    field.select();
    say("The browser does not let pages copy here. The text is selected: press Ctrl+C or ⌘C.", "info");
  }
});
