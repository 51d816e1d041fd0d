import type { Locator, Page } from "@playwright/test";
import { badge, expect, fill, isLive, open, test } from "./fixtures.js";

function palette(page: Page): Locator {
  return page.getByRole("dialog", { name: "Search pages, topics and actions" });
}

function field(page: Page): Locator {
  return palette(page).getByRole("combobox");
}

function options(page: Page): Locator {
  return palette(page).getByRole("option");
}

function help(page: Page): Locator {
  return page.getByRole("dialog", { name: "Keyboard shortcuts" });
}

test("a few letters in the palette find a topic, with the keyboard alone", async ({
  page,
  server,
}) => {
  await fill(server);
  await open(page, "/");
  await page.keyboard.press("Control+k");
  await expect(field(page)).toBeFocused();
  await page.keyboard.type("ofse");
  const first = options(page).first();
  await expect(first).toContainText("office/sensor");
  await expect(first.locator("mark")).toHaveText(["of", "se"]);
  await expect(first).toHaveAttribute("aria-selected", "true");
  await expect(field(page)).toHaveAttribute(
    "aria-activedescendant",
    (await first.getAttribute("id"))!,
  );
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/topics/office/sensor");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("office/sensor");
  await expect(page.locator("dialog"), "closed, and gone").toHaveCount(0);
});

test("recent choices come first the next time, also after a reload", async ({ page, server }) => {
  await fill(server);
  await open(page, "/");
  await page.getByRole("button", { name: "Search pages, topics and actions" }).click();
  await expect(options(page).first()).toContainText("Go to the board");
  await field(page).fill("guide");
  await options(page).filter({ hasText: "Go to the guide" }).click();
  await expect(page).toHaveURL("/guide");
  await page.reload();
  await isLive(page);
  await page.keyboard.press("Control+k");
  await expect(options(page).first()).toContainText("Go to the guide");
});

test("the arrow keys wrap around, Escape closes, and the focus returns", async ({ page }) => {
  await open(page, "/");
  const button = page.getByRole("button", { name: "Search pages, topics and actions" });
  await button.focus();
  await page.keyboard.press("Enter");
  await expect(field(page)).toBeFocused();
  await page.keyboard.press("ArrowUp");
  await expect(options(page).last()).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("ArrowDown");
  await expect(options(page).first()).toHaveAttribute("aria-selected", "true");
  await field(page).fill("zzzz");
  await expect(palette(page).getByRole("status")).toContainText("No matches");
  await page.keyboard.press("Escape");
  await expect(page.locator("dialog"), "closed, and gone").toHaveCount(0);
  await expect(button).toBeFocused();
  // A click beside it closes it as well.
  await page.keyboard.press("Control+k");
  await expect(palette(page)).toBeVisible();
  await page.mouse.click(5, 300);
  await expect(page.locator("dialog"), "closed, and gone").toHaveCount(0);
});

const TIME = "2024-01-01T12:00:00Z";
const OLD_TOPIC = {
  topic: "archive/old",
  count: 1,
  bytes: 60,
  time: TIME,
  last: {
    specversion: "1.0",
    id: "1",
    source: "/test",
    type: "message",
    time: TIME,
    datacontenttype: "application/json",
    topic: "archive/old",
    eventid: "00000007-1",
    data: "once",
  },
};

test("a topic that the page does not know is found in the log", async ({ page, server }) => {
  await open(page, "/");
  // The server finds a topic that the page does not know.
  await page.route("**/api/topics?**", (route) =>
    route.fulfill({ json: { topics: [OLD_TOPIC], next: null } }),
  );
  await page.keyboard.press("Control+k");
  await expect(field(page)).toBeFocused();
  await page.keyboard.type("archive/o");
  await expect(options(page)).toHaveText(/archive\/old/);
  await server.publish("archive/old", "once");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/topics/archive/old");
});

test("the palette runs its actions", async ({ page }) => {
  await open(page, "/");
  await page.keyboard.press("Control+k");
  await expect(field(page)).toBeFocused();
  await page.keyboard.type("pause");
  await page.keyboard.press("Enter");
  await expect(badge(page)).toHaveAttribute("data-state", "paused");
  await page.keyboard.press("Control+k");
  await expect(field(page)).toBeFocused();
  await page.keyboard.type("keyboard sh");
  await page.keyboard.press("Enter");
  await expect(help(page)).toBeVisible();
});

test("shortcuts open pages, the search and frequent actions", async ({ page }) => {
  await open(page, "/");
  for (const [keys, url] of [
    ["gc", "/chat/general"],
    ["gg", "/guide"],
    ["gi", "/inspector"],
    ["gb", "/"],
  ] as const) {
    await page.keyboard.type(keys);
    await expect(page).toHaveURL(url);
  }
  await page.keyboard.type("gi");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Inspector");
  await page.keyboard.press("/");
  await expect(page.getByRole("combobox", { name: "Filter events" })).toBeFocused();
  await expect(
    page.getByRole("combobox", { name: "Filter events" }),
    "the key itself is not written",
  ).toHaveValue("");
  await page.getByRole("combobox", { name: "Filter events" }).blur();
  await page.keyboard.press("p");
  await expect(badge(page)).toHaveAttribute("data-state", "paused");
  await page.keyboard.press("p");
  await isLive(page);
  await page.emulateMedia({ colorScheme: "light" });
  await page.keyboard.press("t");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});

test("in a text field keys type letters, and with Ctrl they stay the browser's", async ({
  page,
  server,
}) => {
  await server.say("general", "Ada", "Hello");
  await open(page, "/chat/general");
  const message = page.getByRole("textbox", { name: "Message general" });
  await message.focus();
  await page.keyboard.type("gb?pt/");
  await expect(message).toHaveValue("gb?pt/");
  await expect(page).toHaveURL("/chat/general");
  await expect(badge(page)).toHaveAttribute("data-state", "open");
  await expect(help(page)).toHaveCount(0);
  await message.blur();
  await page.keyboard.press("Alt+t");
  await page.keyboard.press("Control+Alt+p");
  await expect(page.locator("html")).not.toHaveAttribute("data-theme");
  await expect(badge(page)).toHaveAttribute("data-state", "open");
  // The palette's keys type nothing, so they work in text fields too.
  await message.focus();
  await page.keyboard.press("Control+k");
  await expect(palette(page)).toBeVisible();
});

test("the help sheet lists the shortcuts and turns them off, also for the next visit", async ({
  page,
}) => {
  await open(page, "/");
  await page.keyboard.press("?");
  await expect(help(page)).toBeVisible();
  await expect(help(page)).toContainText("Go to the chat");
  await expect(help(page)).toContainText("Pause or resume the stream");
  const choice = help(page).getByRole("checkbox", { name: "Single-key shortcuts" });
  await expect(choice).toBeChecked();
  await choice.uncheck();
  await page.keyboard.press("Escape");
  await expect(page.locator("dialog"), "closed, and gone").toHaveCount(0);
  await page.keyboard.press("p");
  await page.keyboard.type("gc");
  await page.keyboard.press("Control+k");
  await expect(palette(page), "which is no single key").toBeVisible();
  await expect(page).toHaveURL("/");
  await expect(badge(page)).toHaveAttribute("data-state", "open");
  await page.reload();
  await isLive(page);
  await page.keyboard.press("?");
  await page.keyboard.press("Control+k");
  await expect(palette(page)).toBeVisible();
  await expect(help(page)).toHaveCount(0);
});

test("the palette is not in the document until it is opened", async ({ page }) => {
  await open(page, "/");
  await expect(page.locator("dialog")).toHaveCount(0);
});
