import type { Locator, Page } from "@playwright/test";
import AxeBuilder from "@axe-core/playwright";
import { expect, filterField, isLive, open, rows, test, tile } from "./fixtures.js";
import type { Server } from "./server.js";

/** The rows of the history, newest first. */
function events(page: Page): Locator {
  return page.getByRole("region", { name: "History" }).locator(".event");
}

/** The numbers in what the history shows, newest first: `event 7` counts as 7. */
async function numbers(page: Page): Promise<number[]> {
  const texts = await events(page).locator(".text").allTextContents();
  return texts.map((text) => Number(/^event (\d+)$/.exec(text)?.[1]));
}

/** `last` down to `first`. */
function down(last: number, first: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => last - index);
}

/** Waits until the history shows `last` down to `first`, each once and in order, and nothing else. */
async function shows(page: Page, last: number, first: number): Promise<void> {
  await expect
    .poll(() => numbers(page), { message: `events ${last} down to ${first}`, timeout: 30_000 })
    .toEqual(down(last, first));
}

/** Publishes `event <first>` to `event <last>`. Returns their ids by number. */
async function publish(
  server: Server,
  topic: string,
  first: number,
  last: number,
): Promise<string[]> {
  const ids: string[] = [];
  for (let number = first; number <= last; number++)
    ids[number] = await server.publish(topic, `event ${number}`);
  return ids;
}

const older = (page: Page) => page.getByRole("link", { name: "Older events" });
const newer = (page: Page) => page.getByRole("link", { name: "Newer events" });
const backToLive = (page: Page) => page.getByRole("link", { name: /^Back to live/ });

test("stored and live events are one list, and the heading counts them", async ({
  page,
  server,
}) => {
  await publish(server, "jobs/nightly", 1, 3);
  await open(page, "/topics/jobs/nightly");
  await expect(page).toHaveTitle("jobs/nightly · Pulseboard");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("jobs/nightly");
  await shows(page, 3, 1);
  const summary = page.getByRole("main").locator("h1 + p");
  await expect(summary).toHaveText(/^3 events/);
  await page.evaluate(() => Object.assign(window, { wasHere: true }));
  await publish(server, "jobs/nightly", 4, 6);
  await server.publish("jobs/other", "elsewhere");
  await shows(page, 6, 1);
  await expect(summary).toHaveText(/^6 events.*, last seen /);
  await expect(events(page).first().locator("time")).toHaveAttribute(
    "title",
    /^\d{4}-\d\d-\d\dT.*Z$/,
  );
  await expect(page.getByText("No older events.")).toBeVisible();
  expect(await page.evaluate(() => "wasHere" in window), "the page was not reloaded").toBe(true);
});

test("charts show the last, the smallest and the largest value, and grow as events arrive", async ({
  page,
  server,
}) => {
  for (const temperature of [21.4, 25.5, 19.8])
    await server.publish("office/sensor", { temperature, room: "west" });
  await open(page, "/topics/office/sensor");
  const chart = page
    .getByRole("region", { name: "Numbers" })
    .locator("figure")
    .filter({ hasText: "temperature" });
  await expect(chart.locator("b")).toHaveText("19.8°C");
  await expect(chart.locator(".scale span")).toHaveText(["25.5 °C", "19.8 °C"]);
  const line = (await chart.locator("path.line").getAttribute("d"))!;
  await server.publish("office/sensor", { temperature: 30.2, room: "west" });
  await expect(chart.locator("b")).toHaveText("30.2°C");
  await expect(chart.locator(".scale span")).toHaveText(["30.2 °C", "19.8 °C"]);
  await expect(chart.locator("path.line")).not.toHaveAttribute("d", line);
  await expect(events(page).first()).toContainText("temperature 30.2, room west");
});

test("all three hundred older events load, none missing and none twice", async ({
  page,
  server,
}) => {
  await publish(server, "long", 1, 300);
  await open(page, "/topics/long");
  await shows(page, 300, 251);
  // A real click would scroll to the link, and scrolling near the end loads more by itself.
  await older(page).dispatchEvent("click");
  await shows(page, 300, 151);
  await publish(server, "long", 301, 303);
  await shows(page, 303, 151);
  await older(page).dispatchEvent("click");
  await shows(page, 303, 51);
  await older(page).focus();
  await page.keyboard.press("Enter");
  await shows(page, 303, 1);
  await expect(older(page)).toHaveCount(0);
  await expect(page.getByText("No older events.")).toBeVisible();
  expect(page.url(), "the address stays").toMatch(/\/topics\/long$/);
});

test("scrolling near the end loads older events, and the reader's place does not move", async ({
  page,
  server,
}) => {
  await publish(server, "long", 1, 120);
  await open(page, "/topics/long");
  await shows(page, 120, 71);
  await page.mouse.move(300, 300);
  await page.mouse.wheel(0, 100_000);
  await shows(page, 120, 1);
  const row = events(page).filter({ hasText: /event 60$/ });
  await row.scrollIntoViewIfNeeded();
  const before = (await row.boundingBox())!.y;
  await publish(server, "long", 121, 125);
  // And several in one frame.
  await Promise.all([1, 2, 3, 4].map(() => server.publish("long", "together")));
  await expect(events(page)).toHaveCount(129);
  await expect
    .poll(async () => Math.abs((await row.boundingBox())!.y - before), {
      message: "pixels the row moved",
    })
    .toBeLessThan(3);
});

test("a failed load says so, and the reader can try again", async ({
  page,
  server,
  wire,
  complaints,
}) => {
  complaints.expectLostConnections();
  await publish(server, "long", 1, 90);
  let isBroken = true;
  wire.decide = async (path) => (isBroken && path.startsWith("/api/history") ? 503 : "pass");
  await open(page, wire.url + "/topics/long");
  await older(page).click();
  await expect(
    page.getByRole("alert").filter({ hasText: "The server responded with status 503." }),
  ).toBeVisible();
  await shows(page, 90, 41);
  isBroken = false;
  await page.getByRole("link", { name: "Try again" }).click();
  await shows(page, 90, 1);
  await expect(page.getByRole("alert").filter({ hasText: "503" })).toHaveCount(0);
});

test("the link of an event opens the page at that event, and leads back to live events", async ({
  page,
  newPage,
  server,
}) => {
  const ids = await publish(server, "long", 1, 120);
  await open(page, "/topics/long");
  await page
    .getByRole("region", { name: "History" })
    .locator(`[id="${ids[115]}"] a.moment`)
    .click();
  await expect(page).toHaveURL(`/topics/long?event=${ids[115]}`);
  await expect(page.locator(".event[aria-current]")).toContainText("event 115");
  await expect(page.locator(".event[aria-current] .json")).toContainText('"message": "event 115"');
  await shows(page, 120, 71);

  // Another browser opens the link of an older event.
  const other = await newPage();
  await open(other, `/topics/long?event=${ids[40]}`);
  await shows(other, 64, 15);
  const chosen = other.locator(".event[aria-current]");
  await expect(chosen).toHaveCount(1);
  await expect(chosen.locator(".text")).toHaveText("event 40");
  await expect(chosen).toBeInViewport();
  await publish(server, "long", 121, 122);
  await expect(backToLive(other)).toHaveText("Back to live, 2 new");
  await shows(other, 64, 15);
  await newer(other).click();
  await shows(other, 122, 15);
  await expect(newer(other), "the live end is reached").toHaveCount(0);
  await publish(server, "long", 123, 123);
  await shows(other, 123, 15);
});

test("back to live shows the newest events", async ({ page, server }) => {
  const ids = await publish(server, "long", 1, 120);
  await open(page, `/topics/long?event=${ids[20]}`);
  await backToLive(page).click();
  await expect(page).toHaveURL("/topics/long");
  await shows(page, 120, 71);
  await publish(server, "long", 121, 122);
  await shows(page, 122, 71);
  await page.goBack();
  await expect(page.locator(".event[aria-current] .text")).toHaveText("event 20");
  await expect(page.locator(".event[aria-current]")).toBeInViewport();
  await page.goForward();
  await shows(page, 122, 73);
});

test("a link to an event that is no longer stored says so", async ({ page, server }) => {
  await publish(server, "long", 1, 3);
  await open(page, "/topics/long?event=00000000-2");
  await expect(page.getByText("The linked event is no longer stored")).toBeVisible();
  await shows(page, 3, 1);
});

test("the address selects the event types, for every reader", async ({ page, newPage, server }) => {
  await server.publish("mixed", "a message");
  await server.publish("mixed", { content: "an update" }, { "ce-type": "update" });
  await server.notify("mixed", "a warning", "warning");
  await open(page, "/topics/mixed");
  await expect(events(page)).toHaveCount(3);
  await expect(events(page).locator("[data-severity='warning']")).toHaveText("warning");
  const types = page.getByRole("navigation", { name: "Event types" });
  await expect(types.getByRole("link")).toHaveText([
    "all types",
    "message",
    "notification",
    "update",
  ]);
  await types.getByRole("link", { name: "update" }).click();
  await expect(page).toHaveURL("/topics/mixed?type=update");
  await expect(events(page).locator(".text")).toHaveText(["an update"]);
  await expect(types.locator("[aria-current]")).toHaveText("update");

  const other = await newPage({ javaScriptEnabled: false });
  await other.goto("/topics/mixed?type=update");
  await expect(events(other).locator(".text")).toHaveText(["an update"]);
  await expect(
    other.getByRole("navigation", { name: "Event types" }).locator("[aria-current]"),
  ).toHaveText("update");

  await server.publish("mixed", "another message");
  await server.publish("mixed", { content: "another update" }, { "ce-type": "update" });
  await expect(events(page).locator(".text")).toHaveText(["another update", "an update"]);
  await events(page).last().locator("a.moment").click();
  await expect(page).toHaveURL(/\/topics\/mixed\?type=update&event=/);
  await types.getByRole("link", { name: "all types" }).click();
  await expect(events(page)).toHaveCount(5);
});

test("an empty topic shows how to publish, and then its first event", async ({ page, server }) => {
  await open(page, "/topics/never/seen");
  await expect(page.getByRole("heading", { name: "No events in this topic yet" })).toBeVisible();
  await expect(page.locator(".empty pre")).toHaveText(
    `curl -d 'Hello World' -H 'Content-Type: text/plain' ${server.url}/topics/never/seen`,
  );
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await server.publish("never/seen", "event 1");
  await shows(page, 1, 1);
  await expect(page.getByRole("main").locator("h1 + p")).toHaveText(/^1 event, /);
});

test("the board, the inspector and the room lead to a topic, and it leads back, without a reload", async ({
  page,
  server,
}) => {
  await server.say("general", "Ada", "Hello");
  await server.publish("office/sensor", { temperature: 21.4 });
  await open(page, "/");
  await page.evaluate(() => Object.assign(window, { wasHere: true }));
  await tile(page, "office/sensor").getByRole("link", { name: "office/sensor" }).click();
  await expect(page).toHaveURL("/topics/office/sensor");
  await expect(page).toHaveTitle("office/sensor · Pulseboard");
  await expect(events(page).locator(".text")).toHaveText(["temperature 21.4"]);
  await page.getByRole("link", { name: "Inspect", exact: true }).click();
  await expect(filterField(page)).toHaveValue("topic:office/sensor");
  await filterField(page).fill("topic:chat/general type:chat");
  await rows(page).click();
  await page
    .getByRole("region", { name: "Selected event" })
    .getByRole("link", { name: "chat/general" })
    .click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("chat/general");
  await expect(events(page).locator(".text")).toHaveText(["Ada: Hello"]);
  await page.getByRole("link", { name: "Open chat room" }).click();
  await expect(page).toHaveURL("/chat/general");
  await page.goBack();
  await server.say("general", "Ada", "again");
  await expect(events(page).locator(".text")).toHaveText(["Ada: again", "Ada: Hello"]);
  await page.getByRole("link", { name: "chat", exact: true }).click();
  await expect(filterField(page)).toHaveValue("topic:chat/**");
  expect(await page.evaluate(() => "wasHere" in window), "the page was never reloaded").toBe(true);
});

test("the copied link is the address of the page", async ({ page, context, server }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const ids = await publish(server, "long", 1, 2);
  await open(page, `/topics/long?type=message&event=${ids[1]}`);
  await page.getByRole("button", { name: "Copy link" }).click();
  await expect(page.getByRole("button", { name: "Copied" })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
    `${server.url}/topics/long?type=message&event=${ids[1]}`,
  );
});

test("a server with a new log starts a new history", async ({ page, server, complaints }) => {
  complaints.expectLostConnections();
  await publish(server, "long", 1, 3);
  await open(page, "/topics/long");
  await server.stop("SIGKILL");
  server.forget();
  await server.start();
  await publish(server, "long", 7, 8);
  await shows(page, 8, 7);
  await isLive(page);
});

test("memory is bounded: a long history drops its newest events, and leads back to them", async ({
  page,
  server,
}) => {
  test.slow();
  await publish(server, "long", 1, 1_400);
  await open(page, "/topics/long");
  await shows(page, 1_400, 1_351);
  await expect
    .poll(
      async () => {
        await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
        return events(page).last().locator(".text").textContent();
      },
      { timeout: 60_000 },
    )
    .toBe("event 1");
  await shows(page, 1_200, 1);
  await backToLive(page).click();
  await shows(page, 1_400, 1_351);
});

test.describe("without script", () => {
  test.use({ javaScriptEnabled: false });

  test("older events, newer events and single events are plain links", async ({ page, server }) => {
    const ids = await publish(server, "long", 1, 120);
    await page.goto("/topics/long");
    await shows(page, 120, 71);
    await older(page).click();
    await shows(page, 70, 21);
    await older(page).click();
    await shows(page, 20, 1);
    await expect(page.getByText("No older events.")).toBeVisible();
    await newer(page).click();
    await shows(page, 70, 21);
    await backToLive(page).click();
    await shows(page, 120, 71);

    await page.goto(`/topics/long?event=${ids[40]}`);
    await shows(page, 64, 15);
    await expect(page.locator(".event[aria-current] .text")).toHaveText("event 40");
    await expect(
      page.locator(".event[aria-current]"),
      "the browser scrolls there by itself",
    ).toBeInViewport();
    await expect(page.getByRole("button", { name: "Copy link" })).toBeHidden();
  });
});

test("a long topic name wraps and leaves the buttons in the window", async ({ page, server }) => {
  const topic = Array.from({ length: 15 }, (_, at) => `segment${at}`).join("/");
  await server.publish(topic, "a line");
  for (const width of [360, 768, 1_440]) {
    await page.setViewportSize({ width, height: 900 });
    await open(page, `/topics/${topic}`);
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth),
      `${width} px`,
    ).toBeLessThanOrEqual(width);
  }
});

test("a constant field has one label, neither minimum nor maximum", async ({ page, server }) => {
  for (const warmth of [20, 21, 22]) await server.publish("room", { warmth, humidity: 43 });
  await open(page, "/topics/room");
  const labels = (field: string) =>
    page
      .locator("figure.multiple", { has: page.getByText(field, { exact: true }) })
      .locator(".scale span")
      .evaluateAll((spans) => spans.map((span) => getComputedStyle(span, "::before").content));
  expect(await labels("warmth")).toEqual(['"max "', '"min "']);
  expect(await labels("humidity")).toEqual(["none", "none"]);
});
