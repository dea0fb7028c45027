// Without a connection, a calm page of ours in place of the browser's own; nothing else is kept.
const CACHE = "reservo-offline";
const PAGE = new URL("sin-conexion", self.registration.scope).href;

self.addEventListener("install", (event) => event.waitUntil(keep().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) =>
  event.waitUntil(
    Promise.all([self.registration.navigationPreload?.enable().catch(() => null), self.clients.claim()]),
  ),
);
self.addEventListener("fetch", (event) => {
  const { mode, method, url } = event.request;
  if (mode === "navigate" && method === "GET") {
    event.respondWith(fromNetwork(event).catch(() => caches.match(PAGE)));
  } else if (method === "GET" && url.endsWith(".css")) {
    event.respondWith(fetch(event.request).catch(() => caches.match(event.request)));
  }
});

async function fromNetwork(event) {
  return (await event.preloadResponse) || fetch(event.request);
}

// The page and the styles it names.
async function keep() {
  const cache = await caches.open(CACHE);
  const page = await fetch(PAGE, { cache: "no-store" });
  const text = await page.clone().text();
  await cache.put(PAGE, page);
  const styles = [...text.matchAll(/href="([^"]+\.css)"/g)].map((found) => found[1]);
  await cache.addAll(styles);
}
