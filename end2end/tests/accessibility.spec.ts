import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import {
  PAGES,
  badge,
  bell,
  expect,
  fill,
  gapNotice,
  isLive,
  open,
  rows,
  test,
} from "./fixtures.js";

async function hasNoViolations(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.flatMap((violation) =>
    violation.nodes.map(
      (node) =>
        `${violation.id}: ${node.target.join(" ")} – ${node.failureSummary?.replaceAll("\n", " ")}`,
    ),
  );
  expect(found, `violations on ${what}`).toEqual([]);
}

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [1440, 360]) {
    test(`axe finds nothing on any page, ${colorScheme}, ${width} px wide`, async ({
      page,
      server,
      complaints,
    }) => {
      // Seven pages in a dozen states.
      test.slow();
      complaints.expect(/the server responded with a status of 404/);
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.setViewportSize({ width, height: 800 });
      await fill(server);
      for (const path of PAGES) {
        await open(page, path);
        await hasNoViolations(page, path);
      }
      // With the menus open, and with an event chosen.
      await open(page, "/");
      await badge(page).click();
      await hasNoViolations(page, "/ with the badge's menu");
      await bell(page).click();
      await hasNoViolations(page, "/ with the bell's list");
      await page.keyboard.press("Escape");
      await page.keyboard.press("Control+k");
      await expect(page.getByRole("option").first()).toBeVisible();
      await hasNoViolations(page, "/ with the palette");
      await page.keyboard.type("o");
      await expect(page.locator("mark").first()).toBeVisible();
      await hasNoViolations(page, "/ with what the palette found");
      await page.keyboard.press("Escape");
      await expect(page.locator("dialog"), "closed, and gone").toHaveCount(0);
      await page.keyboard.press("?");
      await expect(page.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
      await hasNoViolations(page, "/ with the help sheet");
      await page.goto("/offline");
      await hasNoViolations(page, "the offline page");
      await open(page, "/inspector");
      await rows(page).nth(1).click();
      await hasNoViolations(page, "/inspector with an event chosen");
      const id = await server.publish("greetings", "Good night");
      await open(page, `/topics/greetings?event=${id}`);
      await hasNoViolations(page, "a topic with an event chosen");
      await open(page, `/topics/greetings?before=${id}`);
      await hasNoViolations(page, "an earlier part of a topic");
    });
  }
}

test("axe finds nothing on pages in a failed state", async ({ page, server, complaints }) => {
  complaints.expectLostConnections();
  await fill(server);
  await page.emulateMedia({ reducedMotion: "reduce" });
  await open(page, "/chat/general");
  await page.getByRole("textbox", { name: "Your name" }).fill("Grace");
  await page.getByRole("textbox", { name: "Message general" }).fill("Hello");
  await server.stop();
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "Can't reach the server" })).toBeVisible();
  await expect(badge(page)).toHaveAttribute("data-state", "reconnecting");
  await hasNoViolations(page, "the chat while the server is down");
  server.forget();
  await server.start();
  await expect(gapNotice(page)).toBeVisible();
  await hasNoViolations(page, "the chat with the gap notice");
});

/** Records announcements from now on: the text of each live region whenever it changes. */
async function listenToAnnouncements(page: Page): Promise<void> {
  await page.evaluate(() => {
    const said: string[] = [];
    const last = new Map<Element, string>();
    Object.assign(window, { said });
    const live =
      "[role=status], [role=alert], [role=log]:not([aria-live=off]), [aria-live=polite], [aria-live=assertive]";
    for (const region of document.querySelectorAll(live))
      last.set(region, region.textContent!.trim());
    new MutationObserver((changes) => {
      for (const change of changes) {
        const target =
          change.target instanceof Element ? change.target : change.target.parentElement;
        const region = target?.closest(live);
        // An element that is not rendered is not in the accessibility tree.
        if (!region?.checkVisibility({ visibilityProperty: true })) continue;
        const text = region.textContent!.trim();
        if (text && text !== last.get(region)) said.push(text);
        last.set(region, text);
      }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}

function announced(page: Page): Promise<string[]> {
  return page.evaluate(() => (window as unknown as { said: string[] }).said);
}

test("only lasting changes are announced", async ({ page, server }) => {
  await fill(server);
  await open(page, "/");
  await listenToAnnouncements(page);
  for (let number = 1; number <= 20; number++) await server.publish("greetings", `event ${number}`);
  await expect(page.locator("section[data-topic='greetings']")).toContainText("event 20");
  expect(await announced(page)).toEqual([]);
  await page.keyboard.press("p");
  await expect(badge(page)).toHaveAttribute("data-state", "paused");
  await expect.poll(() => announced(page)).toContain("Paused");
});

test("a change of the connection is announced once, also while its menu is open", async ({
  page,
}) => {
  await open(page, "/");
  await badge(page).click();
  await listenToAnnouncements(page);
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.locator("details[open]")).toContainText(
    "Paused in this tab. Resume loads what you missed.",
  );
  await expect.poll(() => announced(page)).toEqual(["Paused"]);
  await page.getByRole("button", { name: "Resume" }).click();
  await isLive(page);
  await expect.poll(() => announced(page)).toEqual(["Paused", "Live again"]);
});

test("a burst of notifications is announced in a few sentences, the most severe one among them", async ({
  page,
  server,
}) => {
  await open(page, "/");
  await listenToAnnouncements(page);
  for (let number = 1; number <= 40; number++)
    await server.notify("deploys", `number ${number}`, number === 20 ? "error" : "info");
  await expect(bell(page)).toHaveAccessibleName("Notifications, 40 unread");
  await expect.poll(async () => (await announced(page)).join(" | ")).toContain("error: number 20");
  const told = await announced(page);
  expect(told.length, told.join(" | ")).toBeLessThanOrEqual(10);
});

test("axe finds nothing on empty pages", async ({ page }) => {
  for (const path of ["/", "/chat/general", "/inspector"]) {
    await open(page, path);
    await hasNoViolations(page, `${path}, empty`);
  }
});

/** The elements that Tab reaches from the top of the page, in order. */
async function tabbed(page: Page, count: number): Promise<string[]> {
  const names: string[] = [];
  for (let index = 0; index < count; index++) {
    await page.keyboard.press("Tab");
    names.push(
      await page.evaluate(() => {
        const element = document.activeElement;
        return (
          element?.getAttribute("aria-label") ??
          element?.textContent?.trim().replace(/\s+/g, " ") ??
          ""
        );
      }),
    );
  }
  return names;
}

test("the keyboard reaches everything in the bar, in order, and Enter works", async ({
  page,
  server,
}) => {
  await fill(server);
  await open(page, "/");
  expect(await tabbed(page, 10)).toEqual([
    "Skip to content",
    "Pulseboard, home",
    "Board",
    "Chat",
    "Inspector",
    "Guide",
    "Search pages, topics and actions",
    expect.stringMatching(/^Live/),
    expect.stringMatching(/^Notifications/),
    "Switch between light and dark",
  ]);

  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await expect(
    page.locator("details[open]").getByRole("heading", { name: "Notifications" }),
  ).toBeVisible();
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await expect(page.locator("details[open]")).toHaveCount(1);
  await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Pause" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(badge(page)).toHaveAttribute("data-state", "paused");
  await badge(page).focus();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: "Resume" })).toBeFocused();
  await page.keyboard.press("Enter");
  await isLive(page);
});

test("the skip link leads to the content", async ({ page }) => {
  await open(page, "/");
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to content" });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
});

test("the keyboard alone opens the chat and sends a message", async ({ page }) => {
  await open(page, "/");
  const reach = async (name: string) => {
    await expect
      .poll(async () => (await tabbed(page, 1))[0], {
        message: `Tab reaches ${name}`,
        intervals: [0],
      })
      .toBe(name);
  };
  await reach("Chat");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("general");
  await reach("Your name");
  await page.keyboard.type("Ada");
  await reach("Message general");
  await page.keyboard.type("Hello");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("log", { name: "Messages" }).locator(".said")).toHaveText(["Hello"]);
  await expect(page.getByRole("textbox", { name: "Message general" })).toBeFocused();
  await page.keyboard.type("again");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("log", { name: "Messages" }).locator(".said")).toHaveText([
    "Hello",
    "again",
  ]);
});

test("the keyboard selects an event in the inspector", async ({ page, server }) => {
  await fill(server);
  await open(page, "/inspector?q=topic:greetings");
  await server.publish("greetings", "Good night");
  await expect(rows(page)).toHaveCount(2);
  await page.getByRole("grid", { name: "Events" }).focus();
  await page.keyboard.press("Home");
  await expect(rows(page).first()).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("ArrowDown");
  await expect(rows(page).last()).toHaveAttribute("aria-selected", "true");
  await expect(page.getByRole("grid", { name: "Events" })).toHaveAttribute(
    "aria-activedescendant",
    (await rows(page).last().getAttribute("id"))!,
  );
  await expect(page.getByRole("region", { name: "Selected event" })).toContainText("Hello World");
});
