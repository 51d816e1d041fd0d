import type { Page } from "@playwright/test";
import {
  PAGES,
  badge,
  bell,
  expect,
  fill,
  gapNotice,
  inspectorOf,
  isLive,
  open,
  publishNumbered,
  rows,
  showsEachOnce,
  test,
} from "./fixtures.js";
import type { Verdict } from "./proxy.js";

for (const colorScheme of ["light", "dark"] as const) {
  test(`no page causes errors or warnings in the console, ${colorScheme}`, async ({
    page,
    server,
    complaints,
  }) => {
    // The browser reports the status 404 of the page itself; it must report nothing else.
    complaints.expect(
      /Failed to load resource: the server responded with a status of 404 \(Not Found\) \(http:\/\/[^/]+\/nothing\)/,
    );
    await page.emulateMedia({ colorScheme });
    await fill(server);
    const failed: string[] = [];
    page.on("requestfailed", (request) => failed.push(request.url()));
    page.on("response", (response) => {
      if (response.status() >= 400 && !response.url().endsWith("/nothing"))
        failed.push(`${response.status()} ${response.url()}`);
    });
    for (const path of PAGES) {
      await open(page, path);
      await server.publish("greetings", `seen on ${path}`);
      await badge(page).click();
      await expect(page.locator("details[open]").getByText(/^[1-9]\d* events?$/)).toBeVisible();
      expect(
        failed.filter((url) => !url.includes("/events?")),
        `requests that failed by ${path}`,
      ).toEqual([]);
    }
  });
}

test("another clock and language cause no errors or warnings in the console", async ({
  newPage,
  server,
}) => {
  await fill(server);
  const page = await newPage({ timezoneId: "Asia/Kathmandu", locale: "de-DE" });
  for (const path of PAGES) if (path !== "/nothing") await open(page, path);
  await open(page, inspectorOf("greetings"));
  const utc = await rows(page).locator("time").first().getAttribute("datetime");
  const local = new Date(utc!).toLocaleTimeString("en-GB", { timeZone: "Asia/Kathmandu" });
  await expect(rows(page).locator("time").first()).toContainText(local);
});

test("numbers follow the reader's language", async ({ newPage, server }) => {
  for (const waiting of [1_840, 12_345])
    await server.publish("queue", { waiting, share: 0.5 }, { "ce-type": "metrics" });
  for (const [locale, waiting, share] of [
    ["en-US", "12,345", "0.50"],
    ["de-DE", "12.345", "0,50"],
    ["en-IN", "12,345", "0.50"],
  ] as const) {
    const page = await newPage({ locale });
    await open(page, "/");
    const tile = page.locator("section[data-topic='queue']");
    await expect(tile).toContainText(waiting);
    await expect(tile).toContainText(share);
    await server.publish("queue", { waiting: 12_345, share: 0.5 }, { "ce-type": "metrics" });
    await expect(tile, "also what comes later").toContainText(waiting);
  }
});

test("pointing at a time shows the exact time, in the reader's zone and language", async ({
  newPage,
  server,
}) => {
  await fill(server);
  const page = await newPage({ timezoneId: "Asia/Kathmandu", locale: "de-DE" });
  await open(page, "/topics/greetings");
  const time = page.locator(".event time").first();
  await time.hover();
  const utc = new Date((await time.getAttribute("datetime"))!);
  const options = {
    timeZone: "Asia/Kathmandu",
    hourCycle: "h23",
    timeZoneName: "short",
    weekday: "short",
    year: "numeric",
    month: "long",
    day: "numeric",
  } as const;
  const exact = utc.toLocaleString("de-DE", {
    ...options,
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
  });
  await expect(time).toHaveAttribute("title", exact);
});

test("the first visit shows how to publish, until the hint is dismissed or something is published", async ({
  newPage,
  server,
}) => {
  const hint = (page: Page) => page.getByRole("complementary", { name: "Getting started" });
  // The tiles of the host are there, and nobody has published.
  await server.publish("host/metrics", { cpu_percent: 12.5 }, { "ce-type": "metrics" });
  const page = await newPage();
  await open(page, "/");
  await expect(hint(page)).toContainText(
    `curl -d 'Hello World' -H 'Content-Type: text/plain' ${server.url}/topics/hello`,
  );
  await hint(page).getByRole("button", { name: "Dismiss the hint" }).click();
  await expect(hint(page)).toHaveCount(0);
  expect(await (await page.reload())!.text(), "the server knows").not.toContain("Getting started");

  const other = await newPage();
  await open(other, "/");
  await expect(hint(other)).toBeVisible();
  await server.publish("hello", "Hello World");
  await expect(hint(other)).toHaveCount(0);
});

test("an address that resembles a topic suggests it", async ({ page, server, complaints }) => {
  complaints.expect(/the server responded with a status of 404/);
  await fill(server);
  await page.goto("/offise/sensor");
  await isLive(page);
  await page.goto("/sensor");
  await expect(
    page.getByRole("navigation", { name: "Topics" }).getByRole("link").first(),
  ).toHaveText("office/sensor");
});

test("an event published while the page loads is shown once", async ({ page, server, wire }) => {
  await publishNumbered(server, "numbered", 1, 5);
  let release = () => {};
  const released = new Promise<void>((done) => (release = done));
  let asked = () => {};
  const hasAsked = new Promise<void>((done) => (asked = done));
  wire.decide = async (path): Promise<Verdict> => {
    if (path.startsWith("/events")) {
      asked();
      await released;
    }
    return "pass";
  };
  await page.goto(wire.url + inspectorOf("numbered"));
  await hasAsked;
  await expect(badge(page)).toHaveAttribute("data-state", "connecting");
  await publishNumbered(server, "numbered", 6, 40);
  await showsEachOnce(page, 5);
  release();
  await showsEachOnce(page, 40);
  await isLive(page);
  await publishNumbered(server, "numbered", 41, 42);
  await showsEachOnce(page, 42);
  await expect(gapNotice(page)).toHaveCount(0);
});

test("an event published while the script loads is shown once", async ({ page, server, wire }) => {
  await publishNumbered(server, "numbered", 1, 3);
  let release = () => {};
  const released = new Promise<void>((done) => (release = done));
  let asked = () => {};
  const hasAsked = new Promise<void>((done) => (asked = done));
  wire.decide = async (path): Promise<Verdict> => {
    if (path.endsWith(".wasm")) {
      asked();
      await released;
    }
    return "pass";
  };
  await page.goto(wire.url + inspectorOf("numbered"), { waitUntil: "commit" });
  await hasAsked;
  await publishNumbered(server, "numbered", 4, 20);
  release();
  await showsEachOnce(page, 20);
});

test("an unknown address is a page with status 404", async ({ page, complaints }) => {
  complaints.expect(/the server responded with a status of 404/);
  for (const path of [
    "/nothing",
    "/chat/a%20b",
    "/chat/a/b",
    "/inspector/x",
    "/topics/a%20b",
    "/topics",
    "/nothing/at/all",
  ]) {
    const response = await page.goto(path);
    expect(response?.status(), path).toBe(404);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Page not found");
    await isLive(page);
    await expect(
      page.getByRole("heading", { level: 1 }),
      "also when script has taken over",
    ).toHaveText("Page not found");
    await expect(page).toHaveTitle("Not found · Pulseboard");
  }
  await page.getByRole("link", { name: "Go to the board" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Board");
});

test("every page has its title and marks its tab", async ({ page, server }) => {
  await fill(server);
  const pages = [
    ["/", "Board · Pulseboard", "Board"],
    ["/chat/general", "general · Pulseboard", "Chat"],
    ["/inspector", "Inspector · Pulseboard", "Inspector"],
    ["/guide", "Guide · Pulseboard", "Guide"],
  ] as const;
  for (const [path, title, tab] of pages) {
    await open(page, path);
    await expect(page).toHaveTitle(title);
    await expect(
      page.getByRole("navigation", { name: "Pages" }).locator("[aria-current='page']"),
    ).toHaveText(tab);
  }
  // And the same without a reload.
  for (const [path, title, tab] of pages) {
    await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: tab }).click();
    await expect(page).toHaveURL(path);
    await expect(page).toHaveTitle(title);
    await expect(
      page.getByRole("navigation", { name: "Pages" }).locator("[aria-current='page']"),
    ).toHaveText(tab);
  }
});

/** The background colour of the page. */
function background(page: Page): Promise<string> {
  return page.evaluate(
    () =>
      getComputedStyle(document.documentElement).backgroundColor +
      getComputedStyle(document.body).backgroundColor,
  );
}

for (const system of ["light", "dark"] as const) {
  const other = system === "light" ? "dark" : "light";

  test(`on a ${system} system the page is ${system}, and switching to ${other} is remembered without a flash`, async ({
    page,
  }) => {
    await page.emulateMedia({ colorScheme: system });
    await open(page, "/");
    const html = page.locator("html");
    await expect(html).not.toHaveAttribute("data-theme");
    const asSystem = await background(page);
    await page.getByRole("button", { name: "Switch between light and dark" }).click();
    await expect(html).toHaveAttribute("data-theme", other);
    await expect.poll(() => background(page)).not.toBe(asSystem);
    const switched = await background(page);

    // The server renders it this way, before any script runs.
    const response = await page.reload();
    expect(await response!.text()).toMatch(new RegExp(`<html[^>]* data-theme="${other}"`));
    await isLive(page);
    await expect(html).toHaveAttribute("data-theme", other);
    expect(await background(page)).toBe(switched);
    await open(page, "/guide");
    await expect(html).toHaveAttribute("data-theme", other);

    await page.getByRole("button", { name: "Switch between light and dark" }).click();
    await page.reload();
    await expect(html).toHaveAttribute("data-theme", system);
    await expect.poll(() => background(page)).toBe(asSystem);
  });
}

for (const [width, height] of [
  [320, 640],
  [360, 640],
  [768, 1024],
  [1280, 720],
] as const) {
  test(`no page scrolls sideways at ${width} px`, async ({ page, server, complaints }) => {
    complaints.expect(/the server responded with a status of 404/);
    await page.setViewportSize({ width, height });
    await fill(server);
    // Words without a space are the hardest to fit.
    const endless = "x".repeat(300);
    await server.publish(`${"deep/".repeat(8)}topic`, {
      [endless.slice(0, 50)]: 123_456_789.123,
      state: endless.slice(0, 60),
    });
    await server.publish("lines", endless);
    await server.notify("deploys", endless, "error");
    await server.say("general", endless.slice(0, 64), endless);
    for (const path of PAGES) {
      await open(page, path);
      await expect
        .poll(
          () =>
            page.evaluate(
              () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
            ),
          {
            message: `pixels that ${path} is too wide`,
          },
        )
        .toBeLessThanOrEqual(0);
      for (const tab of await page
        .getByRole("navigation", { name: "Pages" })
        .getByRole("link")
        .all()) {
        await expect(tab).toBeInViewport({ ratio: 1 });
      }
    }
  });
}

test("at 360 px the page links are at the bottom, and the menus fit", async ({ page, server }) => {
  await page.setViewportSize({ width: 360, height: 640 });
  await fill(server);
  await open(page, "/");
  const tabs = page.getByRole("navigation", { name: "Pages" });
  const box = (await tabs.boundingBox())!;
  expect(box.y + box.height).toBeGreaterThan(640 - 12);
  expect(box.y).toBeGreaterThan(640 - 120);
  for (const menu of [badge(page), page.locator("summary[aria-label^='Notifications']")]) {
    await menu.click();
    const popover = (await page.locator("details[open] > :not(summary)").boundingBox())!;
    expect(popover.x).toBeGreaterThanOrEqual(0);
    expect(popover.x + popover.width).toBeLessThanOrEqual(360);
    await menu.click();
  }
  // The end of the page is not under the page links.
  await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
  const last = (await page.locator("main section[data-topic]").last().boundingBox())!;
  expect(last.y + last.height).toBeLessThanOrEqual(box.y + 1);
  for (const name of ["Chat", "Inspector", "Guide", "Board"]) {
    await tabs.getByRole("link", { name }).click();
    await expect(tabs.locator("[aria-current='page']")).toHaveText(name);
  }
  await tabs.getByRole("link", { name: "Chat" }).click();
  const field = (await page.getByRole("textbox", { name: "Message general" }).boundingBox())!;
  expect(field.y + field.height, "the text field is above the page links").toBeLessThanOrEqual(
    box.y + 1,
  );
});

test("a menu closes on Escape, which restores the focus, and on a click elsewhere", async ({
  page,
}) => {
  await open(page, "/");
  const opened = page.locator("details[name='menu'][open]");
  for (const menu of [badge(page), bell(page)]) {
    await menu.click();
    await expect(opened).toHaveCount(1);
    await page.keyboard.press("Escape");
    await expect(opened).toHaveCount(0);
    await expect(menu).toBeFocused();
    await menu.click();
    await opened.locator(":scope > :not(summary)").click({ position: { x: 4, y: 4 } });
    await expect(opened, "a click inside is not elsewhere").toHaveCount(1);
    await page.getByRole("heading", { level: 1 }).click();
    await expect(opened).toHaveCount(0);
  }
});

test("a page whose code can't be loaded says so and can be reloaded", async ({
  page,
  server,
  complaints,
}) => {
  complaints.expect(/net::ERR_FAILED/, /page error: /);
  await server.publish("hello", "Hello World");
  await page.route(/\/pkg\/.*\.wasm$/, (route) => route.abort());
  await page.goto("/");
  const notice = page.getByRole("alert").filter({ hasText: "This page has stopped" });
  await expect(notice).toBeVisible();
  await expect(page.getByRole("main"), "what the server sent stays").toContainText("Hello World");
  await page.unroute(/\/pkg\/.*\.wasm$/);
  await notice.getByRole("link", { name: "Reload" }).click();
  await isLive(page);
  await expect(notice).toBeHidden();
});
