import type { Page } from "@playwright/test";
import {
  IS_RELEASE,
  badge,
  expect,
  fill,
  filterField,
  inspectorOf,
  isLive,
  open,
  publishNumbered,
  rows,
  showsEachOnce,
  test,
  tile,
} from "./fixtures.js";

const TITLES = {
  Board: "Board",
  Chat: "general",
  Inspector: "Inspector",
  Guide: "Server-Sent Events, live",
} as const;

async function go(page: Page, tab: keyof typeof TITLES): Promise<void> {
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: tab }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(TITLES[tab]);
}

test("fifty changes of page leave one stream open", async ({ page, server, wire }) => {
  await server.say("general", "Ada", "Hello");
  await open(page, wire.url);
  await page.evaluate(() => Object.assign(window, { wasHere: true }));
  const tabs = Object.keys(TITLES) as (keyof typeof TITLES)[];
  for (let index = 1; index <= 50; index++) await go(page, tabs[index % tabs.length]!);
  await go(page, "Board");
  await isLive(page);
  expect(await page.evaluate(() => "wasHere" in window), "the page was never loaded anew").toBe(
    true,
  );
  await expect
    .poll(() => wire.streams.length, { message: "streams open through the proxy" })
    .toBe(1);
  await expect(badge(page)).toContainText("1 watching");
  await server.publish("still", "alive");
  await expect(tile(page, "still").getByRole("listitem")).toHaveCount(1);
});

test("a page that is closed gives its stream back", async ({ page, newPage, wire }) => {
  await open(page, wire.url);
  const other = await newPage();
  await open(other, wire.url);
  await expect(badge(page)).toContainText("2 watching");
  await other.close();
  await expect(badge(page)).toContainText("1 watching");
  expect(wire.streams).toHaveLength(1);
});

test("back and forward keep the page live, and miss nothing", async ({ page, server, wire }) => {
  await open(page, wire.url + inspectorOf("numbered"));
  await publishNumbered(server, "numbered", 1, 2);
  await showsEachOnce(page, 2);
  await page
    .getByRole("navigation", { name: "Pages" })
    .getByRole("link", { name: "Guide" })
    .click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(TITLES.Guide);
  await publishNumbered(server, "numbered", 3, 4);
  await page.goBack();
  await expect(page).toHaveURL(/inspector/);
  await expect(filterField(page)).toHaveValue("topic:numbered");
  await publishNumbered(server, "numbered", 5, 6);
  await showsEachOnce(page, 6);
  await page.goForward();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(TITLES.Guide);
  await isLive(page);
  expect(wire.streams).toHaveLength(1);
});

test("back to a page that was left for another document is live, and misses nothing", async ({
  page,
  server,
  wire,
}) => {
  await open(page, wire.url + inspectorOf("numbered"));
  await publishNumbered(server, "numbered", 1, 2);
  await showsEachOnce(page, 2);
  await page.goto("about:blank");
  await publishNumbered(server, "numbered", 3, 6);
  await page.goBack();
  await isLive(page);
  await showsEachOnce(page, 6);
  await publishNumbered(server, "numbered", 7, 8);
  await showsEachOnce(page, 8);
  await expect.poll(() => wire.streams.length).toBe(1);
});

test("a page that the browser froze catches up when it wakes", async ({
  page,
  context,
  server,
}) => {
  await open(page, inspectorOf("numbered"));
  await publishNumbered(server, "numbered", 1, 2);
  await showsEachOnce(page, 2);
  const debug = await context.newCDPSession(page);
  await debug.send("Page.setWebLifecycleState", { state: "frozen" });
  await publishNumbered(server, "numbered", 3, 30);
  await debug.send("Page.setWebLifecycleState", { state: "active" });
  await showsEachOnce(page, 30);
  await isLive(page);
});

test("a burst is shown whole and in order", async ({ page, server }) => {
  await open(page, inspectorOf("numbered"));
  const ids = await Promise.all(
    Array.from({ length: 150 }, (_, index) => server.publish("numbered", `event ${index + 1}`)),
  );
  expect(new Set(ids).size).toBe(150);
  await page.setViewportSize({ width: 1600, height: 5_500 });
  await expect(rows(page)).toHaveCount(150);
  // At once they have no order among themselves but the log's.
  const shown = await rows(page).locator(".id").allTextContents();
  const bySequence = [...ids].sort((a, b) => Number(b.split("-")[1]) - Number(a.split("-")[1]));
  expect(shown).toEqual(bySequence);
});

function heading(page: Page) {
  return page.getByRole("heading", { level: 1 });
}

/** Marks the document, so that one can tell whether it is loaded anew. */
async function mark(page: Page): Promise<void> {
  await page.evaluate(() => Object.assign(window, { wasHere: true }));
}

function isMarked(page: Page): Promise<boolean> {
  return page.evaluate(() => "wasHere" in window);
}

/** Follows a link with these attributes that a page might have. Unlike a click of Playwright, this never scrolls the page. */
async function follow(page: Page, attributes: Record<string, string>): Promise<void> {
  await page.evaluate((attributes) => {
    const link = document.createElement("a");
    for (const [name, value] of Object.entries(attributes)) link.setAttribute(name, value);
    document.querySelector("main")!.append(link);
    link.click();
    link.remove();
  }, attributes);
}

test("links, Back and Forward change page, title and bar, and load no document", async ({
  page,
  server,
}) => {
  await fill(server);
  await open(page, "/");
  await mark(page);
  const shows = async (url: string, title: string, tab: string | null) => {
    await expect(page).toHaveURL(url);
    await expect(page).toHaveTitle(`${title} · Pulseboard`);
    await expect(
      page.getByRole("navigation", { name: "Pages" }).locator("[aria-current='page']"),
    ).toHaveText(tab === null ? [] : [tab]);
  };
  await tile(page, "greetings").getByRole("link", { name: "greetings" }).click();
  await shows("/topics/greetings", "greetings", null);
  await go(page, "Chat");
  await shows("/chat/general", "general", "Chat");
  await go(page, "Guide");
  await page.goBack();
  await shows("/chat/general", "general", "Chat");
  await page.goBack();
  await shows("/topics/greetings", "greetings", null);
  await expect(heading(page)).toHaveText("greetings");
  await page.goBack();
  await shows("/", "Board", "Board");
  await expect(tile(page, "greetings")).toBeVisible();
  await page.goForward();
  await page.goForward();
  await shows("/chat/general", "general", "Chat");
  expect(await isMarked(page)).toBe(true);
});

test("a page there is not is left and come back to like any other", async ({
  page,
  complaints,
}) => {
  complaints.expect(/the server responded with a status of 404/);
  await open(page, "/nothing/at%20all?a=b");
  await expect(page.getByText("There's no page at")).toContainText("/nothing/at%20all");
  await mark(page);
  await go(page, "Board");
  await page.goBack();
  await expect(heading(page)).toHaveText("Page not found");
  await expect(page).toHaveURL("/nothing/at%20all?a=b");
  expect(await isMarked(page)).toBe(true);
});

test("a link to the page that is open adds nothing to the history", async ({ page }) => {
  await open(page, "/guide");
  await go(page, "Inspector");
  const before = await page.evaluate(() => history.length);
  await go(page, "Inspector");
  await go(page, "Inspector");
  expect(await page.evaluate(() => history.length)).toBe(before);
  await page.goBack();
  await expect(page).toHaveURL("/guide");
});

test("a click with a modifier or the middle button opens another tab", async ({
  page,
  context,
}) => {
  await open(page, "/");
  const link = page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Guide" });
  const clicks: Parameters<typeof link.click>[0][] = [
    { modifiers: ["ControlOrMeta"] },
    { modifiers: ["Shift"] },
    { button: "middle" },
  ];
  for (const options of clicks) {
    const opened = context.waitForEvent("page");
    await link.click(options);
    const other = await opened;
    await expect(other).toHaveURL("/guide");
    await other.close();
    await expect(page).toHaveURL("/");
    await expect(heading(page)).toHaveText("Board");
  }
});

test("the app follows links to its pages, and leaves all others to the browser", async ({
  page,
  server,
}) => {
  await open(page, "/guide");
  const takes = (attributes: Record<string, string>) =>
    page.evaluate((attributes) => {
      let isTaken: boolean | undefined;
      const watch = (event: Event) => {
        isTaken = event.defaultPrevented;
        event.preventDefault();
      };
      const link = document.createElement("a");
      for (const [name, value] of Object.entries(attributes)) link.setAttribute(name, value);
      document.querySelector("main")!.append(link);
      // After the app's own listener.
      window.addEventListener("click", watch);
      link.click();
      window.removeEventListener("click", watch);
      link.remove();
      return isTaken;
    }, attributes);
  const left: Record<string, string>[] = [
    { href: "/api/docs" },
    { href: "/metrics" },
    { href: "/chat?room=a" },
    { href: "/nothing" },
    { href: "/pkg/pulseboard.css" },
    { href: "https://example.org/guide" },
    { href: `//localhost:1/guide` },
    { href: "mailto:a@example.org" },
    { href: "#replay" },
    { href: "/guide#replay" },
    { href: "#" },
    { href: "/inspector", rel: "noopener external" },
    { href: "/inspector", target: "_blank" },
    { href: "/inspector", download: "" },
  ];
  for (const attributes of left)
    expect(await takes(attributes), JSON.stringify(attributes)).toBe(false);
  const taken: Record<string, string>[] = [
    { href: "/guide" },
    { href: "/inspector", target: "_self" },
    { href: "?a=b" },
    { href: "inspector#a" },
    { href: "/topics/gr%C3%B6%C3%9Fe/a?type=b" },
    { href: `${server.url}/chat/general` },
  ];
  for (const attributes of taken) {
    expect(await takes(attributes), JSON.stringify(attributes)).toBe(true);
    await go(page, "Guide");
  }
});

test("a link to what is no page of the app loads it, and Back returns to the page", async ({
  page,
}) => {
  await open(page, "/guide");
  await mark(page);
  await follow(page, { href: "/api/docs" });
  await expect(page).toHaveTitle("API reference · Pulseboard");
  expect(await isMarked(page)).toBe(false);
  await page.goBack();
  await expect(heading(page)).toHaveText(TITLES.Guide);
  await isLive(page);
});

/** How far the page is scrolled. */
function scrolled(page: Page): Promise<number> {
  return page.evaluate(() => Math.round(scrollY));
}

async function scrollTo(page: Page, top: number): Promise<void> {
  await page.evaluate((top) => {
    window.scrollTo(0, top);
    return new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  }, top);
  expect(await scrolled(page)).toBe(top);
}

test("a page begins at its top, and Back and Forward lead to where it was left", async ({
  page,
  server,
}) => {
  await publishNumbered(server, "greetings", 1, 20);
  await page.setViewportSize({ width: 800, height: 400 });
  await open(page, "/guide");
  await mark(page);
  await scrollTo(page, 1_500);
  await follow(page, { href: "/topics/greetings" });
  await expect(heading(page)).toHaveText("greetings");
  expect(await scrolled(page)).toBe(0);
  // The page is as high as its events once they are here.
  await expect(page.locator("main .event")).toHaveCount(20);
  await scrollTo(page, 40);
  await follow(page, { href: "/guide" });
  await expect(heading(page)).toHaveText(TITLES.Guide);
  expect(await scrolled(page)).toBe(0);
  await scrollTo(page, 700);
  await page.goBack();
  await expect.poll(() => scrolled(page)).toBe(40);
  await page.goBack();
  await expect.poll(() => scrolled(page)).toBe(1_500);
  await page.goForward();
  await page.goForward();
  await expect.poll(() => scrolled(page)).toBe(700);
  expect(await isMarked(page)).toBe(true);

  await page.reload();
  await isLive(page);
  await expect.poll(() => scrolled(page), { message: "after a reload" }).toBe(700);
  await page.goBack();
  await expect(heading(page)).toHaveText("greetings");
  await page.goBack();
  await expect.poll(() => scrolled(page), { message: "also back from there" }).toBe(1_500);
});

test("a page that fetches its content is scrolled to where it was left once it is there", async ({
  page,
  server,
}) => {
  await page.setViewportSize({ width: 800, height: 400 });
  await publishNumbered(server, "long", 1, 60);
  await open(page, "/topics/long");
  await expect(page.locator(".event")).toHaveCount(50);
  await scrollTo(page, 900);
  // The page keeps the history of one topic.
  await follow(page, { href: "/topics/other" });
  await expect(heading(page)).toHaveText("other");
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route("**/api/history?*", async (route) => {
    await held;
    await route.continue();
  });
  await page.goBack();
  await expect(page.getByText("Loading history…")).toBeVisible();
  expect(await scrolled(page)).toBeLessThan(900);
  release();
  await expect.poll(() => scrolled(page)).toBe(900);
});

test("a hash leads to its element, on the same page and on another", async ({ page }) => {
  await page.setViewportSize({ width: 1_000, height: 500 });
  await open(page, "/guide");
  await mark(page);
  await scrollTo(page, 300);
  await follow(page, { href: "#replay" });
  await expect(page.locator("#replay h2")).toBeInViewport();
  await page.goBack();
  await expect(page).toHaveURL("/guide");
  await expect.poll(() => scrolled(page)).toBe(300);
  await page.goForward();
  await expect(page.locator("#replay h2")).toBeInViewport();
  await scrollTo(page, 250);
  await page.evaluate(() => (location.hash = "types"));
  await expect(page.locator("#types h2")).toBeInViewport();
  await page.goBack();
  await expect.poll(() => scrolled(page), { message: "also when a script goes there" }).toBe(250);
  await follow(page, { href: "/" });
  await expect(heading(page)).toHaveText("Board");
  await follow(page, { href: "/guide#chat" });
  await expect(page).toHaveURL("/guide#chat");
  await expect(page.locator("#chat h2")).toBeInViewport();
  await page.goBack();
  await page.goBack();
  await expect(page).toHaveURL("/guide#replay");
  await expect.poll(() => scrolled(page)).toBe(250);
  expect(await isMarked(page)).toBe(true);
});

test("the focus goes to the heading of a new page, and the keyboard goes on from there", async ({
  page,
  server,
}) => {
  await server.say("general", "Ada", "Hello");
  await server.say("ops", "Ada", "Hello");
  await open(page, "/");
  await go(page, "Chat");
  await expect(heading(page)).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.locator("main :focus")).toHaveCount(1);
  await page.locator("#rooms").getByRole("link", { name: /ops/ }).click();
  await expect(heading(page)).toHaveText("ops");
  await expect(heading(page), "also from one room to another").toBeFocused();
  await page.goBack();
  await expect(heading(page)).toHaveText("general");
  await expect(heading(page)).toBeFocused();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: /Search pages/ }).fill("guide");
  await page.keyboard.press("Enter");
  await expect(heading(page)).toHaveText(TITLES.Guide);
  await expect(heading(page), "also from the palette").toBeFocused();
});

test("another query keeps the page, its state and the focus", async ({ page, server }) => {
  await publishNumbered(server, "numbered", 1, 3);
  await open(page, inspectorOf("numbered"));
  await showsEachOnce(page, 3);
  await page.getByRole("button", { name: "Connection" }).click();
  await page.evaluate(() => Object.assign(document.querySelector("main h1")!, { wasHere: true }));
  await follow(page, { href: inspectorOf("other") });
  await expect(filterField(page)).toHaveValue("topic:other");
  await expect(page.getByRole("button", { name: "Connection" })).toHaveAttribute(
    "aria-pressed",
    "true",
  );
  await expect(page.getByRole("button", { name: "Connection" })).toBeFocused();
  await page.goBack();
  await expect(filterField(page)).toHaveValue("topic:numbered");
  await showsEachOnce(page, 3);
  expect(await page.evaluate(() => "wasHere" in document.querySelector("main h1")!)).toBe(true);
});

test("a page whose code is late gives way to one that is asked for after it", async ({ page }) => {
  test.skip(!IS_RELEASE, "a development build has all code in one module");
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  let isAsked = false;
  await page.route("**/split_inspector*", async (route) => {
    isAsked = true;
    await held;
    await route.continue();
  });
  await open(page, "/");
  await page.getByRole("link", { name: "Inspector" }).click();
  await expect.poll(() => isAsked).toBe(true);
  await expect(page.locator(".tabs [aria-current]")).toHaveText("Inspector");
  await expect(heading(page), "the old page stays").toHaveText("Board");
  await expect(page).toHaveURL("/");
  await go(page, "Guide");
  release();
  await page.waitForLoadState("networkidle");
  await expect(heading(page)).toHaveText(TITLES.Guide);
  await expect(page).toHaveURL("/guide");
  await page.goBack();
  await expect(heading(page)).toHaveText("Board");
});
