import type { Locator, Page } from "@playwright/test";
import { expect, isLive, open, test } from "./fixtures.js";

const ROOM = "/chat/general";

function field(page: Page, room = "general"): Locator {
  return page.getByRole("textbox", { name: `Message ${room}` });
}

function said(page: Page): Locator {
  return page.getByRole("log", { name: "Messages" }).locator(".said");
}

function here(page: Page): Locator {
  return page.getByRole("complementary", { name: "Here now" }).getByRole("listitem");
}

/** Sends a message; the first one with a name. */
async function say(page: Page, text: string, name?: string): Promise<void> {
  if (name !== undefined) await page.getByRole("textbox", { name: "Your name" }).fill(name);
  await field(page).fill(text);
  await field(page).press("Enter");
  await expect(field(page)).toHaveValue("");
}

test("two people chat: each sees the other's messages once, and who is there", async ({
  page: ada,
  newPage,
}) => {
  const grace = await newPage();
  await open(ada, ROOM);
  await open(grace, ROOM);
  await say(ada, "Good morning", "Ada");
  await expect(said(grace)).toHaveText(["Good morning"]);
  await say(grace, "Hello Ada", "Grace");
  await say(ada, "Is the deploy through?");
  await say(grace, "It is");
  const all = ["Good morning", "Hello Ada", "Is the deploy through?", "It is"];
  for (const page of [ada, grace]) {
    await expect(said(page)).toHaveText(all);
    await expect(here(page)).toHaveCount(2);
    await expect(here(page).filter({ hasText: "Ada" })).toHaveCount(1);
    await expect(here(page).filter({ hasText: "Grace" })).toHaveCount(1);
    await expect(page.getByRole("region", { name: "Room general" })).toContainText("2 here");
  }
  // The name is asked for once.
  await expect(ada.getByRole("textbox", { name: "Your name" })).toHaveCount(0);
});

test("messages and the name are there after a reload, once", async ({ page }) => {
  await open(page, ROOM);
  await say(page, "one", "Ada");
  await say(page, "two");
  await page.reload();
  await isLive(page);
  await expect(said(page)).toHaveText(["one", "two"]);
  await expect(page.getByText("You are Ada")).toBeVisible();
  await say(page, "three");
  await expect(said(page)).toHaveText(["one", "two", "three"]);
});

test("others see who is typing until the message is sent", async ({ page: ada, newPage }) => {
  const grace = await newPage();
  await open(ada, ROOM);
  await open(grace, ROOM);
  await say(ada, "Hello", "Ada");
  await field(ada).pressSequentially("I am thinking");
  await expect(grace.getByText("Ada is typing…")).toBeVisible();
  await expect(ada.getByText("Ada is typing…"), "not to oneself").toHaveCount(0);
  await field(ada).press("Enter");
  await expect(said(grace)).toHaveText(["Hello", "I am thinking"]);
  await expect(grace.getByText("Ada is typing…")).toHaveCount(0);
});

test("a person who leaves disappears after a while, and a reload does not count as leaving", async ({
  page: ada,
  newPage,
}) => {
  const grace = await newPage();
  await open(ada, ROOM);
  await open(grace, ROOM);
  await say(ada, "Hello", "Ada");
  await say(grace, "Hello Ada", "Grace");
  await expect(here(ada)).toHaveText([/Ada$/, /Grace$/]);
  const seen: string[][] = [];
  await ada.exposeFunction("sawPeople", (people: string[]) => seen.push(people));
  await ada.evaluate(() => {
    const list = document.querySelector("aside[aria-label='Here now'] ul")!;
    const tell = () =>
      (window as unknown as { sawPeople: (people: string[]) => void }).sawPeople(
        [...list.children].map((li) => li.textContent ?? ""),
      );
    new MutationObserver(tell).observe(list, { childList: true });
  });
  await grace.reload();
  await isLive(grace);
  await expect(here(grace)).toHaveCount(2);
  expect(seen, "changes of who is there during a reload").toEqual([]);

  const left = Date.now();
  await grace.context().close();
  await expect(here(ada)).toHaveText([/Ada$/]);
  expect(Date.now() - left, "there is a grace period").toBeGreaterThan(3_000);
});

test("opening another page leaves the room, and coming back enters it", async ({
  page: ada,
  newPage,
}) => {
  const grace = await newPage();
  await open(ada, ROOM);
  await open(grace, ROOM);
  await say(ada, "Hello", "Ada");
  await say(grace, "Hello Ada", "Grace");
  await expect(here(ada)).toHaveCount(2);
  await grace.getByRole("link", { name: "Inspector" }).click();
  await expect(here(ada)).toHaveText([/Ada$/]);
  await grace
    .getByRole("navigation", { name: "Pages" })
    .getByRole("link", { name: "Chat" })
    .click();
  await expect(here(ada)).toHaveCount(2);
  await expect(said(grace)).toHaveText(["Hello", "Hello Ada"]);
});

test("each room has its own conversation", async ({ page, server }) => {
  await server.say("general", "Ada", "in general");
  await server.say("ops", "Grace", "in ops");
  await open(page, ROOM);
  await expect(said(page)).toHaveText(["in general"]);
  await page.getByRole("link", { name: "ops" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("ops");
  await expect(said(page)).toHaveText(["in ops"]);
  await server.say("ops", "Grace", "and again");
  await server.say("general", "Ada", "not here");
  await expect(said(page)).toHaveText(["in ops", "and again"]);
  await page.getByRole("link", { name: "general" }).click();
  await expect(said(page)).toHaveText(["in general", "not here"]);
});

test("the board can send messages", async ({ page, newPage, server }) => {
  await server.say("general", "Ada", "Hello board");
  const other = await newPage();
  await open(other, ROOM);
  await open(page, "/");
  const room = page.locator("section[data-topic='chat/general']");
  await expect(room).toContainText("Hello board");
  await room.getByRole("textbox", { name: "Your name" }).fill("Grace");
  await room.getByRole("textbox", { name: "Message general" }).fill("Hello chat");
  await room.getByRole("button", { name: "Send" }).click();
  await expect(room.locator(".said")).toHaveText(["Hello board", "Hello chat"]);
  await expect(said(other)).toHaveText(["Hello board", "Hello chat"]);
});

test("a name can be changed", async ({ page, newPage }) => {
  const other = await newPage();
  await open(other, ROOM);
  await open(page, ROOM);
  await say(page, "Hello", "Ada");
  await page.getByText("You are Ada").click();
  await page.getByRole("textbox", { name: "Your new name" }).fill("Ada Lovelace");
  await page.getByRole("button", { name: "Change" }).click();
  await expect(page.getByText("You are Ada Lovelace")).toBeVisible();
  await isLive(page);
  await say(page, "It is me");
  await expect(other.getByRole("log").getByText("Ada Lovelace", { exact: true })).toBeVisible();
  await expect(here(other)).toHaveText([/Ada Lovelace$/]);
});

test("a room is opened by its name", async ({ page, server }) => {
  await server.say("ops", "Ada", "in ops");
  await open(page, ROOM);
  await page.getByRole("textbox", { name: "Room name" }).fill("ops");
  await page.getByRole("button", { name: "Open" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("ops");
  await expect(said(page)).toHaveText(["in ops"]);
});

/** The element that a press on the middle of another element hits. */
function isOnTop(button: Locator): Promise<boolean> {
  return button.evaluate((button) => {
    const { left, top, width, height } = button.getBoundingClientRect();
    const met = document.elementFromPoint(left + width / 2, top + height / 2);
    return met !== null && (button === met || button.contains(met));
  });
}

for (const [width, height] of [
  [1_440, 900],
  [360, 740],
] as const) {
  test(`toasts and notices do not cover the text field, ${width} × ${height}`, async ({
    page,
    server,
    wire,
    complaints,
  }) => {
    complaints.expectLostConnections();
    await page.setViewportSize({ width, height });
    await open(page, wire.url + ROOM);
    const send = page.getByRole("button", { name: "Send" });
    for (const number of [1, 2, 3])
      await server.publish(
        "alerts",
        { type: "warning", message: `warning ${number}` },
        { "ce-type": "notification" },
      );
    await expect(page.locator(".toast .text")).toHaveCount(3);
    expect(await isOnTop(send), "under toasts").toBe(true);
    wire.refuse(true);
    wire.cut();
    await expect(page.locator("[data-notice='away']")).toBeVisible({ timeout: 20_000 });
    expect(await isOnTop(send), "under a notice").toBe(true);
    wire.refuse(false);
    await isLive(page);
  });
}

test("Chat is marked in the bar in every room", async ({ page }) => {
  const bar = page.getByRole("navigation", { name: "Pages" });
  for (const room of [ROOM, "/chat/another"]) {
    await open(page, room);
    await expect(bar.locator("[aria-current='page']")).toHaveText(["Chat"]);
  }
  await bar.getByRole("link", { name: "Board" }).click();
  await expect(bar.locator("[aria-current='page']")).toHaveText(["Board"]);
});

test("opening a room by its name clears the field", async ({ page }) => {
  await open(page, ROOM);
  const another = page.getByRole("textbox", { name: "Room name" });
  await another.fill("# on call");
  await another.press("Enter");
  await expect(page).toHaveURL(/\/chat\/on-call$/);
  await expect(another).toHaveValue("");
});

test("the reader's own long name fits the window of a phone", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await open(page, ROOM);
  await say(page, "hi", "N".repeat(40));
  const name = page.locator(".rename summary");
  await expect(name).toContainText("NNN");
  const { x, width, height } = (await name.boundingBox())!;
  expect(x + width).toBeLessThanOrEqual(360);
  expect(height, "one line").toBeLessThan(40);
});
