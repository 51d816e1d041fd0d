import type { Page } from "@playwright/test";
import {
  badge,
  expect,
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
