import type { Locator, Page } from "@playwright/test";
import { type Server, expect, isLive, open, test } from "./fixtures.js";

const ROOM = "/chat/general";

function log(page: Page): Locator {
  return page.getByRole("log", { name: "Messages" });
}

function said(page: Page): Locator {
  return log(page).locator(".said");
}

function rooms(page: Page): Locator {
  return page.getByRole("complementary", { name: "Rooms" });
}

/** The distance to the end of the conversation, in pixels. */
function below(page: Page): Promise<number> {
  return log(page).evaluate((element) => 0 - element.scrollTop);
}

async function scrollTo(page: Page, where: "start" | "end"): Promise<void> {
  await log(page).evaluate(
    (element, where) => element.scrollTo(0, where === "end" ? 0 : -element.scrollHeight),
    where,
  );
}

/** Publishes the messages `line <first>` to `line <last>`, many at a time. */
async function fillRoom(server: Server, first: number, last: number): Promise<void> {
  const events = Array.from({ length: last - first + 1 }, (_, index) => ({
    specversion: "1.0",
    id: `line-${first + index}`,
    source: "/test",
    type: "chat",
    topic: "chat/general",
    data: { user: `Speaker ${Math.floor((first + index) / 5) % 3}`, text: `line ${first + index}` },
  }));
  const headers = { "content-type": "application/cloudevents-batch+json", connection: "close" };
  for (let at = 0; at < events.length; at += 200) {
    const response = await fetch(`${server.url}/events`, {
      method: "POST",
      headers,
      body: JSON.stringify(events.slice(at, at + 200)),
    });
    expect(response.status).toBe(201);
  }
}

function numbers(page: Page): Promise<number[]> {
  return said(page).evaluateAll((all) =>
    all.map((line) => Number(/line (\d+)/.exec(line.textContent ?? "")?.[1])),
  );
}

/** The line in the middle of the visible part, and its position. */
function inTheMiddle(page: Page): Promise<{ text: string; top: number }> {
  return log(page).evaluate((list) => {
    const frame = list.getBoundingClientRect();
    const lines = [...list.querySelectorAll("li.line")];
    const line = lines.find(
      (line) => line.getBoundingClientRect().bottom > frame.top + frame.height / 2,
    )!;
    return {
      text: line.querySelector(".said")!.textContent!,
      top: Math.round(line.getBoundingClientRect().top),
    };
  });
}

function topOf(page: Page, text: string): Promise<number> {
  return said(page)
    .filter({ hasText: new RegExp(`^${text}$`) })
    .locator("xpath=..")
    .evaluate((line) => Math.round(line.getBoundingClientRect().top));
}

/** Pretends that the page lost the focus. */
async function look(page: Page, isHere: boolean): Promise<void> {
  await page.evaluate((isHere) => {
    document.hasFocus = () => isHere;
    window.dispatchEvent(new Event(isHere ? "focus" : "blur"));
  }, isHere);
}

test("scrolling up loads earlier messages, and the line being read does not move", async ({
  page,
  server,
}) => {
  await fillRoom(server, 1, 450);
  await open(page, ROOM);
  await expect.poll(() => below(page), "a room opens at its end").toBe(0);
  expect((await numbers(page)).at(-1)).toBe(450);
  await expect(log(page).getByText("Beginning of #general")).toHaveCount(0);

  // The response is delayed, so that the reader has a position when it arrives.
  let letGo = () => {};
  const held = new Promise<void>((done) => (letGo = done));
  await page.route("**/api/history*", async (route) => {
    await held;
    await route.continue();
  });
  await scrollTo(page, "start");
  await expect(log(page).getByText("Loading earlier messages…")).toBeVisible();
  const before = await inTheMiddle(page);
  const count = await said(page).count();
  letGo();
  await expect.poll(() => said(page).count()).toBeGreaterThan(count);
  expect(await topOf(page, before.text)).toBe(before.top);

  await expect(async () => {
    await scrollTo(page, "start");
    await expect(log(page).getByText("Beginning of #general")).toBeVisible({ timeout: 500 });
  }).toPass();
  expect(await numbers(page), "all of it, once, in order").toEqual(
    Array.from({ length: 450 }, (_, index) => index + 1),
  );
});

test("the page holds a bounded number of messages, and the reader can return to the end", async ({
  page,
  server,
}) => {
  await fillRoom(server, 1, 1_500);
  await open(page, ROOM);
  await expect(async () => {
    await scrollTo(page, "start");
    await expect(log(page).getByText("Beginning of #general")).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 60_000 });
  const shown = await numbers(page);
  expect(shown.length).toBeLessThanOrEqual(1_200);
  expect(shown).toEqual(Array.from({ length: shown.length }, (_, index) => index + 1));
  await server.say("general", "Ada", "line 1501");
  await expect(page.getByRole("button", { name: "1 new message" })).toBeVisible();
  // Loading more brings the rest.
  await scrollTo(page, "end");
  await expect.poll(async () => (await numbers(page)).at(-1)).toBeGreaterThan(shown.length);
  await page.getByRole("button", { name: "1 new message" }).click();
  await expect(said(page).last()).toHaveText("line 1501");
  await expect.poll(() => below(page)).toBe(0);
  await server.say("general", "Ada", "line 1502");
  await expect(said(page).last()).toHaveText("line 1502");
});

test("a reader at the end stays there; a reader further up stays there and sees how many messages are new", async ({
  page,
  server,
}) => {
  await fillRoom(server, 1, 80);
  await open(page, ROOM);
  await server.say("general", "Ada", "line 81");
  await expect(said(page).last()).toHaveText("line 81");
  await expect.poll(() => below(page)).toBe(0);

  await log(page).evaluate((element) => element.scrollBy(0, -600));
  const before = await inTheMiddle(page);
  await server.say("general", "Ada", "line 82");
  await expect(page.getByRole("button", { name: "1 new message" })).toBeVisible();
  for (let number = 83; number <= 85; number++)
    await server.say("general", "Grace", `line ${number}`);
  const button = page.getByRole("button", { name: "4 new messages" });
  await expect(button).toBeVisible();
  expect(await topOf(page, before.text)).toBe(before.top);

  await button.click();
  await expect.poll(() => below(page)).toBe(0);
  await expect(said(page).last()).toBeInViewport();
  await expect(button).toHaveCount(0);
  await expect(
    log(page).locator(".since + li .said"),
    "the news begins after what was read",
  ).toHaveText("line 82");
  await server.say("general", "Grace", "line 86");
  await expect(said(page).last()).toBeInViewport();
});

test("messages that arrive while the reader looks elsewhere start with a divider and are read on return", async ({
  page,
  server,
}) => {
  await server.say("general", "Grace", "before");
  await open(page, ROOM);
  await expect(page).toHaveTitle("general · Pulseboard");
  await look(page, false);
  await server.say("general", "Grace", "meanwhile");
  await server.say("general", "Grace", "and again");
  await expect(page).toHaveTitle("(2) general · Pulseboard");
  await expect(log(page).locator(".since + li .said")).toHaveText("meanwhile");
  await look(page, true);
  await expect(page).toHaveTitle("general · Pulseboard");
  await expect(
    log(page).locator(".since + li .said"),
    "where it began stays to be seen",
  ).toHaveText("meanwhile");
  // The reader's own message is not new, and sending it means that they have read the rest.
  await page.getByRole("textbox", { name: "Your name" }).fill("Ada");
  await page.getByRole("textbox", { name: "Message general" }).fill("I see");
  await page.getByRole("textbox", { name: "Message general" }).press("Enter");
  await expect(said(page).last()).toHaveText("I see");
  await expect(log(page).locator(".since")).toHaveCount(0);
  await expect(page).toHaveTitle("general · Pulseboard");
});

test("unread messages of another room are counted beside it and in the title, also after a reload", async ({
  page,
  server,
}) => {
  await server.say("ops", "Grace", "old news");
  await open(page, ROOM);
  await expect(rooms(page).locator(".count")).toHaveCount(0);
  for (const text of ["one", "two", "three"]) await server.say("ops", "Grace", text);
  await expect(rooms(page).getByRole("link", { name: "ops" })).toContainText("3 unread");
  await expect(rooms(page).getByRole("link", { name: "ops" })).toContainText("Grace: three");
  await expect(page).toHaveTitle("(3) general · Pulseboard");
  await page.reload();
  await isLive(page);
  await expect(page).toHaveTitle("(3) general · Pulseboard");
  await rooms(page).getByRole("link", { name: "ops" }).click();
  await expect(page).toHaveTitle("ops · Pulseboard");
  await expect(rooms(page).locator(".count")).toHaveCount(0);
  await expect(log(page).locator(".since + li .said")).toHaveText("one");
  await page.reload();
  await isLive(page);
  await expect(page).toHaveTitle("ops · Pulseboard");
});

test("every page counts unread messages in its title until they are read", async ({
  page,
  server,
  complaints,
}) => {
  await open(page, ROOM);
  await expect(page).toHaveTitle("general · Pulseboard");
  const board = await page.context().newPage();
  complaints.watch(board);
  await open(board, "/");
  await expect(board).toHaveTitle("Board · Pulseboard");
  for (const text of ["one", "two"]) await server.say("ops", "Grace", text);
  for (const [window, title] of [
    [board, "(2) Board · Pulseboard"],
    [page, "(2) general · Pulseboard"],
  ] as const)
    await expect(window).toHaveTitle(title);
  await board.getByRole("link", { name: "Guide", exact: true }).click();
  await expect(board).toHaveTitle("(2) Guide · Pulseboard");
  await board.reload();
  await isLive(board);
  await expect(board).toHaveTitle("(2) Guide · Pulseboard");
  await page.bringToFront();
  await rooms(page).getByRole("link", { name: "ops" }).click();
  await expect(page).toHaveTitle("ops · Pulseboard");
  await expect(board).toHaveTitle("Guide · Pulseboard");
  await page.getByRole("link", { name: "Inspector", exact: true }).click();
  await server.say("general", "Grace", "three");
  await expect(page).toHaveTitle("(1) Inspector · Pulseboard");
});

test("messages read in one tab are read in the other", async ({ page, server }) => {
  const other = await page.context().newPage();
  await open(other, "/chat/elsewhere");
  await open(page, ROOM);
  await look(page, false);
  await server.say("general", "Grace", "Hello");
  for (const window of [page, other])
    await expect(rooms(window).getByRole("link", { name: "general" })).toContainText("1 unread");
  await look(page, true);
  for (const window of [page, other]) await expect(rooms(window).locator(".count")).toHaveCount(0);
  await expect(other).toHaveTitle("elsewhere · Pulseboard");
});

test("messages of others are announced, many at once as a number", async ({ page, server }) => {
  await server.say("general", "Grace", "old news");
  await open(page, ROOM);
  const voice = page.locator("[data-voice]");
  await expect(log(page)).toHaveAttribute("aria-live", "off");
  await expect(voice).toHaveText("");
  await server.say("general", "Grace", "Hello");
  await expect(voice).toHaveText("Grace: Hello");
  await fillRoom(server, 1, 40);
  await expect(voice).toHaveText(/^\d+ new messages from 3 people$/);
});
