import type { Locator, Page } from "@playwright/test";
import { bell, expect, isLive, open, test } from "./fixtures.js";

declare global {
  interface Window {
    told: { title: string; body: string; tag: string }[];
    shownAs: DocumentVisibilityState;
  }
}

function toasts(page: Page): Locator {
  return page.getByRole("region", { name: "New notifications" });
}

function list(page: Page): Locator {
  return page.locator("details.bell[open]").getByRole("listitem");
}

test("the bell counts unread notifications, marks the new ones, and marks them read when it closes", async ({
  page,
  server,
}) => {
  await server.notify("deploys", "before the page");
  await open(page, "/guide");
  await expect(bell(page), "what was there at the first visit is read").toHaveAccessibleName(
    "Notifications",
  );
  await server.notify("deploys", "api is live", "success");
  await server.notify("backup", "disk is full", "error");
  await expect(bell(page)).toHaveAccessibleName("Notifications, 2 unread");
  await bell(page).click();
  await expect(list(page)).toHaveCount(3);
  for (const [index, words] of [
    ["error", "backup", "new", "disk is full"],
    ["success", "deploys", "new", "api is live"],
    ["info", "deploys", "before the page"],
  ].entries()) {
    for (const word of words) await expect(list(page).nth(index)).toContainText(word);
  }
  await expect(list(page).nth(2)).not.toContainText("new");
  await expect(bell(page), "opening alone reads nothing").toHaveAccessibleName(
    "Notifications, 2 unread",
  );
  await bell(page).click();
  await expect(bell(page)).toHaveAccessibleName("Notifications");
  await server.notify("backup", "disk has room", "info");
  await expect(bell(page)).toHaveAccessibleName("Notifications, 1 unread");
});

test("two tabs have the same unread count, also after a reload, and reading in one marks both read", async ({
  page,
  context,
  server,
  complaints,
}) => {
  await open(page, "/guide");
  const other = await context.newPage();
  complaints.watch(other);
  await open(other, "/guide");
  for (const number of [1, 2, 3]) await server.notify("deploys", `number ${number}`, "warning");
  for (const tab of [page, other])
    await expect(bell(tab)).toHaveAccessibleName("Notifications, 3 unread");
  await page.reload();
  await isLive(page);
  await expect(
    bell(page),
    "unread since it was read, not since the page is open",
  ).toHaveAccessibleName("Notifications, 3 unread");
  await bell(page).click();
  await page.getByRole("button", { name: "Mark all read" }).click();
  for (const tab of [page, other]) {
    await expect(bell(tab)).toHaveAccessibleName("Notifications");
    await expect(toasts(tab).getByText("number")).toHaveCount(0);
  }
  await other.reload();
  await isLive(other);
  await expect(bell(other)).toHaveAccessibleName("Notifications");
});

test("a toast names its severity, takes no focus, and leads to the event", async ({
  page,
  server,
}) => {
  await open(page, "/inspector");
  const search = page.getByRole("combobox", { name: "Filter events" });
  await search.click();
  await server.notify("backup", "disk is full", "error");
  const toast = toasts(page).locator(".toast").filter({ hasText: "disk is full" });
  await expect(toast).toContainText("error");
  await expect(toast).toContainText("backup");
  await expect(page.locator("[data-said]")).toHaveText("error: disk is full, backup");
  await expect(search).toBeFocused();
  await page.keyboard.type("disk");
  await expect(search).toHaveValue("disk");
  await toast.getByRole("link").click();
  await expect(page).toHaveURL(/\/topics\/backup\?event=/);
  await expect(toast).toHaveCount(0);
});

test("a toast disappears by itself, stays under the pointer, and can be dismissed", async ({
  page,
  server,
}) => {
  await open(page, "/guide");
  await server.notify("deploys", "api is live", "success");
  const toast = toasts(page).locator(".toast");
  await expect(toast).toHaveCount(1);
  await toast.hover();
  await expect(toast).toHaveCount(1);
  await page.mouse.move(10, 10);
  await expect(toast).toHaveCount(0);
  await server.notify("backup", "disk is full", "error");
  await toast.getByRole("button", { name: "Dismiss" }).click();
  await expect(toast).toHaveCount(0);
  await expect(bell(page), "it stays in the bell").toHaveAccessibleName("Notifications, 2 unread");
});

test("notifications missed while disconnected do not become toasts", async ({ page, server }) => {
  await open(page, "/guide");
  await page.locator("summary[data-state]").click();
  await page.getByRole("banner").getByRole("button", { name: "Pause" }).click();
  for (let number = 1; number <= 12; number++)
    await server.notify("deploys", `number ${number}`, number === 2 ? "error" : "info");
  await page.getByRole("banner").getByRole("button", { name: "Resume" }).click();
  await expect(bell(page)).toHaveAccessibleName("Notifications, 12 unread");
  const more = toasts(page).getByRole("button", { name: "more notifications" });
  await expect(more).toHaveText("9 more notifications");
  await expect(toasts(page).locator(".toast[data-severity]")).toHaveCount(3);
  await expect(toasts(page), "the most severe one stays").toContainText("number 2");
  await more.click();
  await expect(list(page)).toHaveCount(12);
});

test("the desktop shows notifications from one tab, if turned on and no tab is visible", async ({
  context,
  server,
  complaints,
}) => {
  await context.grantPermissions(["notifications"]);
  await context.addInitScript(() => {
    window.told = [];
    window.shownAs = "visible";
    Object.defineProperty(document, "visibilityState", { get: () => window.shownAs });
    class Recorder extends EventTarget {
      static permission = "granted";
      static requestPermission = () => Promise.resolve("granted");
      constructor(title: string, options: { body: string; tag: string }) {
        super();
        window.told.push({ title, body: options.body, tag: options.tag });
      }
      close() {}
    }
    Object.defineProperty(window, "Notification", { value: Recorder });
  });
  const tabs: Page[] = [];
  for (let number = 0; number < 2; number++) {
    const tab = await context.newPage();
    complaints.watch(tab);
    await open(tab, "/guide");
    tabs.push(tab);
  }
  const told = async () =>
    (await Promise.all(tabs.map((tab) => tab.evaluate(() => window.told)))).flat();
  const show = (tab: Page, as: DocumentVisibilityState) =>
    tab.evaluate((as) => {
      window.shownAs = as;
      document.dispatchEvent(new Event("visibilitychange"));
    }, as);
  const reaches = async (count: number) => {
    for (const tab of tabs)
      await expect(bell(tab)).toHaveAccessibleName(`Notifications, ${count} unread`);
  };

  for (const tab of tabs) await show(tab, "hidden");
  await server.notify("backup", "nobody asked", "error");
  await reaches(1);
  expect(await told()).toEqual([]);

  await show(tabs[1]!, "visible");
  await bell(tabs[1]!).click();
  const choice = tabs[1]!.getByRole("switch", { name: "Desktop notifications" });
  await choice.click();
  await expect(choice).toHaveAttribute("aria-checked", "true");
  await tabs[1]!.keyboard.press("Escape");
  for (const tab of tabs) await expect(bell(tab)).toHaveAccessibleName("Notifications");
  await server.notify("backup", "somebody looks", "error");
  await reaches(1);
  expect(await told()).toEqual([]);

  await show(tabs[1]!, "hidden");
  await server.notify("backup", "only good to know", "info");
  const id = await server.notify("backup", "disk is full", "error");
  await reaches(3);
  await expect.poll(told).toEqual([{ title: "error: backup", body: "disk is full", tag: id }]);
});

for (const [what, prepare, words] of [
  [
    "are blocked",
    (page: Page) =>
      page.addInitScript(() =>
        Object.defineProperty(Notification, "permission", { get: () => "denied" }),
      ),
    "Your browser blocks notifications from this site.",
  ],
  [
    "do not exist",
    (page: Page) =>
      page.addInitScript(
        () => void delete (window as Partial<Window & typeof globalThis>).Notification,
      ),
    "This browser has no desktop notifications.",
  ],
  [
    "need HTTPS",
    (page: Page) =>
      page.addInitScript(() =>
        Object.defineProperty(window, "isSecureContext", { get: () => false }),
      ),
    "Desktop notifications need HTTPS or localhost.",
  ],
] as const) {
  test(`the bell says in advance that desktop notifications ${what}`, async ({ page }) => {
    await prepare(page);
    await open(page, "/guide");
    await bell(page).click();
    const choice = page.getByRole("switch", { name: "Desktop notifications" });
    await expect(page.locator("details.bell[open]")).toContainText(words);
    await expect(choice).toHaveAccessibleDescription(new RegExp(words));
    await expect(choice).toHaveAttribute("aria-checked", "false");
    if (what === "are blocked") {
      await choice.click();
      await expect(choice).toHaveAttribute("aria-checked", "false");
    } else {
      await expect(choice).toBeDisabled();
    }
  });
}

test("a refused permission is explained in the bell, and the switch stays off", async ({
  page,
}) => {
  await page.addInitScript(() => {
    let permission = "default";
    Object.defineProperty(Notification, "permission", { get: () => permission });
    Notification.requestPermission = async () => (permission = "denied") as NotificationPermission;
  });
  await open(page, "/guide");
  await bell(page).click();
  const menu = page.locator("details.bell[open]");
  const choice = page.getByRole("switch", { name: "Desktop notifications" });
  await expect(choice).toHaveAccessibleDescription("");
  await choice.click();
  await expect(menu.getByRole("status")).toContainText(
    "Your browser blocks notifications from this site.",
  );
  await expect(choice).toHaveAttribute("aria-checked", "false");
});

test("two hundred notifications at once are three toasts and a number, announced in one sentence, without taking the focus", async ({
  page,
  server,
}) => {
  await open(page, "/inspector");
  const search = page.getByRole("combobox", { name: "Filter events" });
  await search.click();
  await page.evaluate(() => {
    const said = document.querySelector("[data-said]")!;
    const heard: string[] = [];
    new MutationObserver(() => heard.push(said.textContent!)).observe(said, {
      childList: true,
      characterData: true,
      subtree: true,
    });
    Object.assign(window, { heard });
  });
  const events = Array.from({ length: 200 }, (_, index) => ({
    specversion: "1.0",
    id: `burst-${index}`,
    source: "/test",
    type: "notification",
    topic: "alerts",
    data: { type: index === 120 ? "error" : "info", message: `number ${index + 1}` },
  }));
  const headers = { "content-type": "application/cloudevents-batch+json", connection: "close" };
  const response = await fetch(`${server.url}/events`, {
    method: "POST",
    headers,
    body: JSON.stringify(events),
  });
  expect(response.status).toBe(201);
  const more = toasts(page).getByRole("button", { name: "more notifications" });
  await expect(more).toHaveText("197 more notifications");
  await expect(toasts(page).locator(".toast[data-severity]")).toHaveCount(3);
  await expect(toasts(page), "the most severe one stays").toContainText("number 121");
  await expect(bell(page)).toHaveAccessibleName("Notifications, 99+ unread");
  await expect(search).toBeFocused();
  await expect(toasts(page).locator(".toast")).toHaveCount(0);
  const heard = await page.evaluate(() => (window as unknown as { heard: string[] }).heard);
  expect(heard.length, heard.join("\n")).toBeLessThanOrEqual(10);
  expect(heard.join(" ")).toContain("error: number 121, alerts");
});

test("the palette marks notifications as read", async ({ page, server }) => {
  await open(page, "/guide");
  await server.notify("deploys", "api is live");
  await expect(bell(page)).toHaveAccessibleName("Notifications, 1 unread");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("notifications read");
  await page.getByRole("option", { name: "Mark notifications read" }).click();
  await expect(bell(page)).toHaveAccessibleName("Notifications");
  await expect(toasts(page).locator(".toast")).toHaveCount(0);
  await expect(page.getByText("Notifications marked read")).toBeVisible();
});
