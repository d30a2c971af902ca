// A file's way to the server, shown: name and size when chosen, percent while sending. Without this script the form works as it is.

function size(bytes) {
  const units = ["B", "KB", "MB", "GB"];
  let step = 0;
  while (bytes >= 1000 && step < units.length - 1) { bytes /= 1000; step += 1; }
  return `${bytes.toLocaleString(document.documentElement.lang, { maximumFractionDigits: step > 1 ? 1 : 0 })} ${units[step]}`;
}

function mindDrop(drop) {
  const input = drop.querySelector('input[type="file"]');
  const name = drop.querySelector("[data-drop-name]");
  const show = () => {
    const [file] = input.files;
    name.hidden = !file;
    name.textContent = file ? `${file.name} · ${size(file.size)}` : "";
  };
  input.addEventListener("change", show);
  show(); // a file may have been chosen before this script came
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("drop--over"); });
  for (const leave of ["dragleave", "drop"]) drop.addEventListener(leave, () => drop.classList.remove("drop--over"));
  drop.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    input.files = event.dataTransfer.files;
    show();
  });
}

function showAnswer(html) {
  const answer = new DOMParser().parseFromString(html, "text/html");
  const content = answer.querySelector("#content");
  if (!content) return false;
  document.querySelector("#content").replaceChildren(...content.childNodes);
  window.htmx?.process(document.querySelector("#content"));
  document.dispatchEvent(new CustomEvent("mitai:content"));
  return true;
}

function send(form, submitter, { say, modules }) {
  const box = form.querySelector("[data-upload-progress]");
  const bar = box?.querySelector("progress");
  const detail = box?.querySelector("[data-upload-detail]");
  const request = new XMLHttpRequest();
  const rest = (busy) => {
    if (submitter) submitter.disabled = busy;
    if (box) box.hidden = !busy;
  };
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable || !bar) return;
    if (event.loaded === event.total) bar.removeAttribute("value"); // all sent; the server is reading
    else bar.value = (100 * event.loaded) / event.total;
    detail.textContent = `${size(event.loaded)} / ${size(event.total)}`;
  });
  request.addEventListener("load", () => {
    const moved = new URL(request.responseURL || form.action, location.href);
    if (request.status < 400 && moved.href !== new URL(form.action, location.href).href) { location.assign(moved); return; }
    rest(false);
    if (!showAnswer(request.responseText)) say(modules.failedText, { tone: "error" });
  });
  request.addEventListener("error", () => { rest(false); say(navigator.onLine ? modules.failedText : modules.offlineText, { tone: "error" }); });
  request.open("POST", form.action);
  request.send(new FormData(form, submitter));
  rest(true);
}

export function mind(form, tools) {
  for (const drop of form.querySelectorAll("[data-drop]")) mindDrop(drop);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form, event.submitter, tools);
  });
}
