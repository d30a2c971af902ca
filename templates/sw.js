// Keeps the shell (styles, scripts, icons) and one offline page. Pages hold health data and are never kept.
const SHELL = [
  "{% static 'css/base.css' %}",
  "{% static 'css/components.css' %}",
  "{% static 'js/theme.js' %}",
  "{% static 'js/app.js' %}",
  "{% static 'vendor/htmx-4.0.1.min.js' %}",
  "{% static 'icons/sprite.svg' %}",
  "{% static 'icons/mitai.svg' %}",
];
// What only some pages load is kept from its first use on: a first visit asks for what it needs.
const LATER = [
  "{% static 'js/chart.js' %}",
  "{% static 'js/upload.js' %}",
  "{% static 'vendor/uplot-1.6.32.min.js' %}",
  "{% static 'vendor/uplot-1.6.32.min.css' %}",
];
const OFFLINE = "{% url 'offline' %}";

// The names of the shell's files carry the hash of what is in them, so their list is the version.
let version = 5381;
for (const letter of [...SHELL, ...LATER].join()) version = (version * 33 + letter.charCodeAt(0)) >>> 0;
const CACHE = `shell-${version.toString(36)}`;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([...SHELL, new Request(OFFLINE, { credentials: "omit", cache: "reload" })])));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

// A new version waits until the page says so.
self.addEventListener("message", (event) => {
  if (event.data === "take over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
    return;
  }
  const url = new URL(request.url);
  if (url.origin === self.location.origin && (SHELL.includes(url.pathname) || LATER.includes(url.pathname)))
    event.respondWith(caches.match(request, { cacheName: CACHE }).then((kept) => kept ?? fetched(request)));
});

async function fetched(request) {
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(CACHE)).put(request, answer.clone());
  return answer;
}
