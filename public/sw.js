// The service worker: when the server cannot be reached, it answers a page request with the offline page, which reloads
// by itself. Streams, API requests, files and posts are not intercepted.
const VERSION = "f84c243148e2ce24";
const PREFIX = "offline-";
const CACHE = PREFIX + VERSION;
const PAGE = "/offline";
// Addresses that a browser can visit and that are not pages of the app.
const PASSED_BY = /^\/(events|stream|chat-stream|api|metrics|healthz|readyz|pkg|fonts|icons)(\/|$)/;

self.addEventListener("install", (event) => {
  event.waitUntil(install());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(activate());
});

self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  if (mode === "navigate" && method === "GET" && !PASSED_BY.test(new URL(url).pathname)) {
    event.respondWith(answer(event));
  }
});

async function install() {
  const cache = await caches.open(CACHE);
  await cache.add(new Request(PAGE, { cache: "reload" }));
  // Nothing else depends on the version, so a new worker takes over at once.
  await self.skipWaiting();
}

async function activate() {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  // The browser requests the page while the worker starts.
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
}

async function answer(event) {
  try {
    return (await event.preloadResponse) ?? (await fetch(event.request));
  } catch {
    return (await caches.match(PAGE, { cacheName: CACHE })) ?? Response.error();
  }
}
