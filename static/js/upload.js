// A file's way to the server, shown: name and size, then in parts (tus 1.0), so that a lost connection costs one part.
const PART = 4 * 2 ** 20;
const LONGEST_WAIT = 30000;

const local = (number, options) => number.toLocaleString(document.documentElement.lang, options);

function size(bytes) {
  const units = ["B", "KB", "MB", "GB"];
  let step = 0;
  while (bytes >= 1024 && step < units.length - 1) { bytes /= 1024; step += 1; }
  return `${local(bytes, { maximumFractionDigits: step > 1 ? 1 : 0 })} ${units[step]}`;
}

function duration(seconds) {
  const [number, unit] = seconds < 90 ? [Math.max(1, Math.round(seconds)), "second"] : [Math.round(seconds / 60), "minute"];
  return local(number, { style: "unit", unit, unitDisplay: "long" });
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

class Upload {
  constructor(form, submitter, { say, modules }) {
    Object.assign(this, { form, submitter, say, modules, file: form.querySelector('input[type="file"]').files[0] });
    this.box = form.querySelector("[data-upload-progress]");
    this.cancelling = form.querySelector("[data-upload-cancel]");
    this.pace = [];
  }

  async run() {
    this.rest(false);
    const cancel = () => { this.cancelled = true; this.request?.abort(); this.wake?.(); };
    this.cancelling.addEventListener("click", cancel);
    try {
      if (await this.begin() && await this.sendAll()) location.assign(new URL("..", new URL(this.place, location.href)));
      else if (this.cancelled && this.place) await this.ask("DELETE", this.place).catch(() => {}); // else it goes after a day
    } finally {
      this.cancelling.removeEventListener("click", cancel);
      this.rest(true);
    }
  }

  rest(resting) {
    if (this.submitter) this.submitter.disabled = !resting;
    this.cancelling.hidden = resting;
    this.box.hidden = resting;
  }

  // Name, size and time of the file find a beginning that is there already.
  async begin() {
    const data = new FormData(this.form);
    const told = { filename: this.file.name, modified: this.file.lastModified, client_id: data.get("client_id"), preview: data.get("preview") ?? "" };
    const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(String(text))));
    const answer = await this.patiently(() => this.ask("POST", this.form.dataset.parts, {
      "Upload-Length": this.file.size, "Upload-Metadata": Object.entries(told).map(([key, value]) => `${key} ${base64(value)}`).join(","),
    }));
    this.place = answer?.getResponseHeader("Location");
    this.offset = Number(answer?.getResponseHeader("Upload-Offset"));
    return answer;
  }

  async sendAll() {
    for (;;) {
      this.show(this.offset);
      const part = this.file.slice(this.offset, this.offset + PART);
      const answer = await this.patiently((again) => (again
        ? this.ask("HEAD", this.place) // how much came through before the line broke
        : this.ask("PATCH", this.place, { "Upload-Offset": this.offset }, part)));
      if (!answer) return false;
      this.offset = Number(answer.getResponseHeader("Upload-Offset"));
      if (answer.status === 204 && this.offset === this.file.size) return true;
    }
  }

  // The answer, asked for again while line or server are away; null when cancelled, or refused and the page says why.
  async patiently(request) {
    for (let wait = 1000, again = false; !this.cancelled; wait = Math.min(2 * wait, LONGEST_WAIT), again = true) {
      const answer = await request(again).catch(() => null);
      if (this.cancelled) return null;
      if (answer?.status < 300 && !answer.signedOut) return answer;
      if (answer && (answer.signedOut || ![400, 408, 409, 502, 503, 504].includes(answer.status))) { this.refuse(answer); return null; }
      if (answer?.status !== 400) this.detail(this.box.dataset.lostText);
      await new Promise((resolve) => {
        this.wake = resolve;
        const timer = setTimeout(resolve, wait);
        addEventListener("online", () => { clearTimeout(timer); resolve(); }, { once: true });
      });
    }
    return null;
  }

  refuse(answer) {
    if (answer.signedOut) this.say(this.box.dataset.signedOutText, { tone: "error" });
    else if (!showAnswer(answer.responseText)) this.say(this.modules.failedText, { tone: "error" });
  }

  ask(method, url, headers = {}, body = null) {
    return new Promise((resolve, reject) => {
      const request = this.request = new XMLHttpRequest();
      request.open(method, url);
      const token = this.form.querySelector('[name="csrfmiddlewaretoken"]').value;
      const all = { "Tus-Resumable": "1.0.0", "X-CSRFToken": token, ...headers };
      if (method === "PATCH") all["Content-Type"] = "application/offset+octet-stream";
      for (const [name, value] of Object.entries(all)) request.setRequestHeader(name, value);
      request.upload.addEventListener("progress", (event) => this.show(this.offset + event.loaded));
      request.addEventListener("load", () => {
        request.signedOut = new URL(request.responseURL).pathname !== new URL(url, location.href).pathname; // sent to the login
        resolve(request);
      });
      for (const name of ["error", "abort", "timeout"]) request.addEventListener(name, reject);
      request.send(body);
    });
  }

  show(done) {
    const now = performance.now();
    this.pace = [...this.pace.filter(({ at }) => now - at < 20000), { at: now, done }];
    const [first] = this.pace;
    const left = ((this.file.size - done) * (now - first.at)) / (done - first.done) / 1000;
    const text = `${size(done)} / ${size(this.file.size)}`;
    this.box.querySelector("progress").value = (100 * done) / this.file.size;
    this.detail(now - first.at > 3000 && Number.isFinite(left) && left > 0 ? `${text} · ${this.box.dataset.leftText.replace("{time}", duration(left))}` : text);
  }

  detail(text) { this.box.querySelector("[data-upload-detail]").textContent = text; }
}

export function mind(form, tools) {
  for (const drop of form.querySelectorAll("[data-drop]")) mindDrop(drop);
  form.addEventListener("submit", (event) => {
    const [file] = form.querySelector('input[type="file"]').files;
    if (!file) return; // the page says what is missing
    event.preventDefault();
    new Upload(form, event.submitter, tools).run();
  });
}
