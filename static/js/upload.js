// form[data-upload] shows how far its files are, and can be stopped. Without this module it is an ordinary form.
function bar(form, request) {
  const box = document.createElement("div");
  box.className = "progress-row";
  const progress = Object.assign(document.createElement("progress"), { max: 100, value: 0 });
  progress.setAttribute("aria-label", "Upload");
  const text = document.createElement("span");
  const stop = Object.assign(document.createElement("button"), { type: "button", className: "btn btn-quiet", textContent: "Cancel upload" });
  stop.addEventListener("click", () => request.abort());
  box.append(progress, text, stop);
  form.append(box);
  return {
    show(part) {
      progress.value = part * 100;
      text.textContent = part < 1 ? `${Math.floor(part * 100)} %` : "Checking…";
    },
    remove: () => box.remove(),
  };
}

function say(text, kind) {
  document.dispatchEvent(new CustomEvent("notice", { detail: { text, kind } }));
}

// The answer to a refused form is its page again; the form in it carries the reasons. Files can't be filled in again.
function showErrors(form, html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const drawn = form.id ? page.getElementById(form.id) : page.querySelector("form[data-upload]");
  if (!drawn) return say("That did not work: the server refused the files. Load the page again.", "bad");
  form.replaceWith(drawn);
  htmx.process(drawn);
  (drawn.querySelector("[aria-invalid=true]") ?? drawn.querySelector("input:not([type=hidden])"))?.focus();
}

function send(form, submitter) {
  const request = new XMLHttpRequest();
  const shown = bar(form, request);
  const buttons = [...form.querySelectorAll("button[type=submit], button:not([type])")];
  const done = () => {
    shown.remove();
    buttons.forEach((button) => { button.disabled = false; });
  };
  request.open("POST", form.action);
  request.setRequestHeader("X-Redirects", "told");
  request.upload.addEventListener("progress", ({ loaded, total }) => shown.show(total ? loaded / total : 0));
  request.addEventListener("load", () => {
    const target = request.getResponseHeader("X-Location");
    if (target) return location.assign(target);
    done();
    showErrors(form, request.responseText);
  });
  request.addEventListener("error", () => { done(); say("The upload broke off: no connection. Nothing was saved; send it again.", "bad"); });
  request.addEventListener("abort", () => { done(); say("Upload canceled. Nothing was saved.", "info"); });
  request.send(new FormData(form, submitter));
  buttons.forEach((button) => { button.disabled = true; });
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-upload]") || event.defaultPrevented) return;
  event.preventDefault();
  send(event.target, event.submitter);
}, true);
