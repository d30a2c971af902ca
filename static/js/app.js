// What every page needs: toasts, forms that behave, the browser's time zone, the service worker.
// Charts and uploads are fetched only where a page has one.
const modules = document.querySelector("script[data-modules]").dataset;

// Toasts
const LEAVES_AFTER = 8000;
const UNDO_LEAVES_AFTER = 20000;

function mindToast(toast) {
  if (toast.dataset.minded !== undefined) return;
  toast.dataset.minded = "";
  const close = toast.querySelector("[data-toast-close]");
  if (close) close.hidden = false;
  const patience = "stays" in toast.dataset ? UNDO_LEAVES_AFTER : LEAVES_AFTER;
  let timer = setTimeout(() => toast.remove(), patience);
  const wait = () => clearTimeout(timer);
  const resume = () => { clearTimeout(timer); timer = setTimeout(() => toast.remove(), patience); };
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, wait);
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, resume);
}

function say(text, { tone = "info", action } = {}) {
  const place = document.querySelector("[data-toasts]");
  for (const old of place.querySelectorAll(`[data-said]`)) if (old.dataset.said === text) old.remove();
  const toast = document.createElement("div");
  toast.className = `toast toast--${tone}`;
  toast.dataset.toast = "";
  toast.dataset.said = text;
  const line = document.createElement("p");
  line.className = "toast__text";
  line.textContent = text;
  toast.append(line);
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button button--toast";
    button.textContent = action.label;
    button.addEventListener("click", action.run);
    toast.append(button);
  } else {
    mindToast(toast);
  }
  place.append(toast);
}

document.addEventListener("click", (event) => {
  event.target.closest?.("[data-toast-close]")?.closest("[data-toast]")?.remove();
});

// Forms
// A second press while the first is under way sends nothing, with htmx or without.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent !== undefined || form.classList.contains("htmx-request")) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  const button = event.submitter;
  setTimeout(() => {
    if (event.defaultPrevented) return; // htmx or upload.js took it; they disable their own button
    form.dataset.sent = "";
    button?.setAttribute("data-busy", "");
    button?.setAttribute("aria-disabled", "true");
    setTimeout(() => release(form), 8000); // still here: the answer was a download, or never came
  });
}, true);

function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[data-busy]")) {
    button.removeAttribute("data-busy");
    button.removeAttribute("aria-disabled");
  }
}
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));

function focusFirstError(root) {
  const field = root.querySelector('[aria-invalid="true"]:not([type="hidden"])') ?? root.querySelector("[data-form-error]");
  field?.focus();
  field?.select?.();
}

// Whoever works with the keyboard goes on where the swapped part was: in the form that opened, else on the
// row it was about, else at the head of the list; on the capture page in the next row that is open.
function keepFocus(source, target) {
  const at = document.activeElement;
  if (at?.closest(".quick--done")) { focusFirstRow(); return; }
  if (at && at !== document.body) return;
  const row = document.getElementById(source?.closest?.(".entry-row")?.id ?? "");
  const place = row?.querySelector("form input:not([type='hidden'])") ?? row?.querySelector("a, button")
    ?? target?.closest?.("#entries")?.querySelector("#month-title")
    ?? (source?.closest?.("[data-toast]") ? document.getElementById("month-title") : null);
  place?.focus({ preventScroll: true });
}

function redrawCharts() {
  const drawn = document.querySelectorAll("[data-chart][data-drawn]");
  if (drawn.length) import(modules.chart).then(({ draw }) => drawn.forEach((figure) => draw(figure, modules)));
}

document.addEventListener("mitai:content", () => { dress(document); focusFirstError(document); });
// What polls replaces itself: whoever was at one of its buttons stays there.
let held = null;
document.addEventListener("htmx:before:swap", ({ detail }) => {
  const polls = detail?.ctx?.sourceElement?.matches?.("[hx-trigger^='every']");
  held = (polls && document.activeElement?.closest("form")?.getAttribute("action")) || null;
});

document.addEventListener("htmx:after:swap", (event) => {
  dress(document);
  if (held) [...document.forms].find((form) => form.getAttribute("action") === held)?.querySelector("button")?.focus({ preventScroll: true });
  const { ctx } = event.detail ?? {};
  if (ctx?.response?.status < 400) event.target.closest?.("[data-toast-undo]")?.closest("[data-toast]").remove(); // undone
  const target = ctx?.target instanceof Element && ctx.target.isConnected ? ctx.target : event.target;
  if (ctx?.response?.status === 422) { focusFirstError(target instanceof Element ? target : document); return; }
  if (ctx?.response?.status < 400 && ctx.request?.method === "POST") redrawCharts();
  keepFocus(ctx?.sourceElement, target);
});

// How much of the first of two photos is seen.
document.addEventListener("input", ({ target }) => {
  if (target.matches("[data-compare]")) target.parentElement.style.setProperty("--at", `${target.value}%`);
});

// Network
let lost = false;
document.addEventListener("htmx:error", (event) => {
  const { ctx } = event.detail ?? {};
  if (!ctx || ctx.response) return; // not a failed request
  if (ctx.sourceElement?.matches?.("[hx-trigger^='every']")) return; // polling tries again by itself
  lost = true;
  say(navigator.onLine ? modules.failedText : modules.offlineText, { tone: "error" });
});
window.addEventListener("offline", () => { lost = true; say(modules.offlineText, { tone: "warning" }); });
window.addEventListener("online", () => {
  for (const toast of document.querySelectorAll("[data-said]")) if (toast.dataset.said === modules.offlineText) toast.remove();
  if (lost) say(modules.onlineText, { tone: "success" });
  lost = false;
});

// The browser's time zone
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone) document.cookie = `tz=${encodeURIComponent(zone)}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;

// Whatever came into the page
let inView;
function chartInView(figure) {
  inView ??= new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      inView.unobserve(target);
      import(modules.chart).then(({ draw }) => draw(target, modules));
    }
  }, { rootMargin: "200px" });
  inView.observe(figure);
}

function dress(root) {
  for (const toast of root.querySelectorAll("[data-toast]:not([data-minded], [data-said])")) {
    const twin = [...document.querySelectorAll("[data-toast]")].find((other) => other !== toast && other.textContent === toast.textContent && !other.querySelector("form"));
    twin?.remove();
    mindToast(toast);
  }
  for (const input of root.querySelectorAll("[data-browser-zone]")) if (zone && !input.value) input.value = zone;
  for (const figure of root.querySelectorAll("[data-chart]:not([data-seen])")) { figure.dataset.seen = ""; chartInView(figure); }
  const uploads = root.querySelectorAll("form[data-upload]:not([data-seen])");
  if (uploads.length) import(modules.upload).then(({ mind }) => uploads.forEach((form) => { form.dataset.seen = ""; mind(form, { say, modules }); }));
}

dress(document);
if (document.querySelector('[aria-invalid="true"]')) focusFirstError(document);

// The capture page begins in the row its address names, else in the first one that is still open.
const rows = document.querySelector("[data-focus-first]");
function focusFirstRow() {
  const named = document.getElementById(location.hash.slice(1));
  const row = named && rows.contains(named) ? named : rows.querySelector(".quick:not(.quick--done)");
  row?.querySelector('input:not([type="hidden"])')?.focus();
}
if (rows && !rows.querySelector('[aria-invalid="true"]')) {
  if (location.hash) window.addEventListener("load", () => setTimeout(focusFirstRow)); // going to the row takes the focus away
  else focusFirstRow();
}

// Service worker
if ("serviceWorker" in navigator && window.isSecureContext) {
  const hadOne = Boolean(navigator.serviceWorker.controller);
  navigator.serviceWorker.register(modules.worker ?? "/sw.js").then((registration) => {
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", (event) => {
        if (event.target.state !== "installed" || !hadOne) return;
        say(modules.updateText, { action: { label: modules.updateLabel, run: () => {
          navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
          event.target.postMessage("take over");
        } } });
      });
    });
  }).catch(() => { /* a private window refuses workers; everything works without one */ });
}
