import type { Page } from "@playwright/test";
import {
  IS_RELEASE,
  badge,
  expect,
  fill,
  inspectorOf,
  isLive,
  open,
  publishNumbered,
  showsEachOnce,
  test,
  tile,
} from "./fixtures.js";

/** Waits until the service worker controls this page. */
async function isInstalled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller) {
      await new Promise((done) =>
        navigator.serviceWorker.addEventListener("controllerchange", done, { once: true }),
      );
    }
  });
}

test("while the server is away a page request shows the offline page, which reloads by itself", async ({
  page,
  server,
  complaints,
}) => {
  complaints.expectLostConnections();
  await server.publish("greetings", "Hello World");
  await open(page, "/");
  await isInstalled(page);
  await server.stop();
  await page.goto("/guide");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Can't reach Pulseboard");
  await expect(page.locator("#status")).toContainText(/Next attempt in \d+ s|Trying/);
  expect(
    await page.evaluate(() =>
      document.fonts.ready.then(() => getComputedStyle(document.body).backgroundColor),
    ),
  ).not.toBe("rgba(0, 0, 0, 0)");
  await server.start();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Server-Sent Events, live", {
    timeout: 30_000,
  });
  await isLive(page);
});

test("the service worker ignores streams, the API and posts", async ({
  page,
  context,
  server,
  wire,
}) => {
  await open(page, wire.url);
  await isInstalled(page);
  await page.reload();
  await isLive(page);
  // The worker itself requests what it answers; the page requests what the worker ignores.
  const byWorker: string[] = [];
  context.on("request", (request) => {
    if (request.serviceWorker()) byWorker.push(new URL(request.url()).pathname);
  });
  const answers = await page.evaluate(async () => {
    const paths = ["/api/topics", "/healthz", "/favicon.svg"];
    const statuses = await Promise.all(paths.map(async (path) => (await fetch(path)).status));
    const post = await fetch("/topics/greetings", {
      method: "POST",
      body: "from the page",
      headers: { "content-type": "text/plain" },
    });
    return [...statuses, post.status];
  });
  expect(answers.slice(-1)).toEqual([201]);
  await expect(tile(page, "greetings")).toContainText("from the page");
  await server.publish("greetings", "from outside");
  await expect(tile(page, "greetings")).toContainText("from outside");
  expect(byWorker).toEqual([]);
  expect(wire.streams).toHaveLength(1);
  const kept = await page.evaluate(async () => {
    const names = await caches.keys();
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map((request) => new URL(request.url).pathname);
  });
  expect(kept, "all that is kept").toEqual(["/offline"]);
});

test("the cache of an older service worker is deleted", async ({ page }) => {
  await page.goto("/offline");
  await page.evaluate(async () => {
    await (await caches.open("offline-0")).put("/offline", new Response("old"));
    await (await caches.open("another")).put("/x", new Response("not ours"));
  });
  await open(page, "/");
  await isInstalled(page);
  await expect
    .poll(() =>
      page.evaluate(async () =>
        (await caches.keys()).sort().map((name) => name.replace(/[0-9a-f]{16}/, "now")),
      ),
    )
    .toEqual(["another", "offline-now"]);
});

test("the page can be installed", async ({ page, context }) => {
  await open(page, "/");
  const debug = await context.newCDPSession(page);
  const { manifest, errors } = (await debug.send("Page.getAppManifest")) as {
    manifest?: { name?: string };
    errors: unknown[];
  };
  expect(errors).toEqual([]);
  expect(manifest?.name).toBe("Pulseboard");
  const { installabilityErrors } = await debug.send("Page.getInstallabilityErrors");
  expect(
    installabilityErrors.map((error) => error.errorId).filter((id) => id !== "in-incognito"),
  ).toEqual([]);
  for (const [icon, size] of [
    ["192", 192],
    ["512", 512],
    ["maskable", 512],
    ["touch", 180],
  ] as const) {
    const measured = await page.evaluate(async (src) => {
      const image = new Image();
      image.src = src;
      await image.decode();
      return [image.naturalWidth, image.naturalHeight];
    }, `/icons/${icon}.png`);
    expect(measured, icon).toEqual([size, size]);
  }
});

test("a lost connection gets one notice with the time of the data, until it is back", async ({
  page,
  server,
  wire,
  complaints,
}) => {
  complaints.expectLostConnections();
  await fill(server);
  await open(page, wire.url + inspectorOf("numbered"));
  const notice = page.locator("[data-notice='away']");
  wire.refuse(true);
  wire.cut();
  await expect(badge(page)).toHaveAttribute("data-state", "reconnecting");
  await expect(notice, "a moment is not worth a word").toHaveCount(0);
  await expect(notice).toBeVisible({ timeout: 20_000 });
  await expect(notice).toContainText("Can't reach the server. Showing data as of");
  await expect(notice.locator("time")).toHaveText(/^\d\d:\d\d:\d\d$/);
  const words = await notice.textContent();
  await publishNumbered(server, "numbered", 1, 5);
  expect(await notice.textContent(), "nothing in it counts").toBe(words);
  wire.refuse(false);
  await notice.getByRole("button", { name: "Try now" }).click();
  await isLive(page);
  await expect(notice).toHaveCount(0);
  await expect(page.getByRole("status").filter({ hasText: "Live again" })).toHaveCount(1);
  await showsEachOnce(page, 5);
});

// A release build loads the code of a page when it is needed; a development build has all code from the start.

test("chunks are prefetched once the connection has lasted, and not while it is lost", async ({
  page,
  server,
  wire,
  complaints,
}) => {
  complaints.expectLostConnections();
  await fill(server);
  const fetched: string[] = [];
  page.on("request", (request) => {
    if (/split_|chunk_/.test(request.url())) fetched.push(new URL(request.url()).pathname);
  });
  await open(page, wire.url);
  wire.refuse(true);
  wire.cut();
  await expect(badge(page)).toHaveAttribute("data-state", "reconnecting");
  await page.getByRole("link", { name: "Inspector" }).hover();
  // The notice comes later than the prefetch would.
  const notice = page.locator("[data-notice='away']");
  await expect(notice).toBeVisible({ timeout: 20_000 });
  expect(fetched).toEqual([]);
  wire.refuse(false);
  await notice.getByRole("button", { name: "Try now" }).click();
  await isLive(page);
  if (IS_RELEASE)
    await expect.poll(() => fetched.some((path) => path.includes("split_extras"))).toBe(true);
  expect(fetched.some((path) => path.includes("split_inspector"))).toBe(false);
});

test("a page whose code is missing while the server is away says so, and loads once the server is back", async ({
  page,
  server,
  complaints,
}) => {
  complaints.expectLostConnections();
  complaints.expect(/Failed to fetch/, /could not read the history of/);
  await fill(server);
  await open(page, "/");
  await server.stop();
  await expect(badge(page)).toHaveAttribute("data-state", "reconnecting");
  await page.getByRole("link", { name: "Inspector" }).click();
  if (IS_RELEASE) {
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("This page can't be loaded");
    await page.getByRole("button", { name: "Try again" }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("This page can't be loaded");
    // Loaded pages still work.
    await page.getByRole("link", { name: "Board", exact: true }).click();
    await expect(tile(page, "greetings")).toBeVisible();
    await page.goBack();
  }
  await server.start();
  await isLive(page);
  await expect(page.getByRole("grid", { name: "Events" })).toBeVisible();
});

test("the palette says when its code can't be loaded, and opens once it can", async ({
  page,
  complaints,
}) => {
  complaints.expect(/net::ERR_FAILED/, /Failed to fetch/);
  await page.route("**/split_extras*", (route) => route.abort());
  await open(page, "/");
  await page.keyboard.press("Control+k");
  const palette = page.getByRole("dialog", { name: "Search pages, topics and actions" });
  if (IS_RELEASE) {
    await expect(page.getByText("This part of the page can't be loaded now")).toBeVisible();
    await page.unroute("**/split_extras*");
    await page.keyboard.press("Control+k");
  }
  await expect(palette).toBeVisible();
});
