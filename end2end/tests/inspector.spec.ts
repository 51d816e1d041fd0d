import type { Page } from "@playwright/test";
import {
  badge,
  bell,
  connectionLog,
  expect,
  gapNotice,
  inspectorOf,
  isLive,
  open,
  publishNumbered,
  rows,
  showsEachOnce,
  test,
} from "./fixtures.js";

/** Presses one of the badge's buttons. */
async function fromBadge(page: Page, name: string): Promise<void> {
  await badge(page).click();
  await page.locator("details[open]").getByRole("button", { name }).click();
  await badge(page).click();
}

for (const { stop, start, state } of [
  { stop: "Close", start: "Resume", state: "closed" },
  { stop: "Pause", start: "Resume", state: "paused" },
]) {
  test(`what came while the stream was ${state} from the badge arrives on reopening, once`, async ({ page, server, wire }) => {
    await open(page, wire.url + inspectorOf("numbered"));
    await publishNumbered(server, "numbered", 1, 2);
    await showsEachOnce(page, 2);
    for (const round of [0, 1]) {
      await fromBadge(page, stop);
      await expect(badge(page)).toHaveAttribute("data-state", state);
      await expect(connectionLog(page).first()).toContainText(new RegExp(`${state} at`));
      await expect.poll(() => wire.streams, { message: "the connection is gone" }).toEqual([]);
      await publishNumbered(server, "numbered", 3 + round * 5, 7 + round * 5);
      await showsEachOnce(page, 2 + round * 5);
      await fromBadge(page, start);
      await isLive(page);
      await showsEachOnce(page, 7 + round * 5);
      await expect(connectionLog(page).first()).toContainText("resumed after");
    }
    await expect(connectionLog(page).filter({ hasText: `${state} at` })).toHaveCount(2);
    await expect(gapNotice(page)).toHaveCount(0);
  });
}

test("what came while the inspector was paused arrives on resuming, once", async ({ page, server }) => {
  await open(page, inspectorOf("numbered"));
  await publishNumbered(server, "numbered", 1, 3);
  await showsEachOnce(page, 3);
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(badge(page)).toHaveAttribute("data-state", "paused");
  await expect(connectionLog(page).first()).toContainText("paused at");
  await publishNumbered(server, "numbered", 4, 9);
  await showsEachOnce(page, 3);
  await page.getByRole("button", { name: "Resume" }).click();
  await showsEachOnce(page, 9);
  await expect(connectionLog(page).first()).toContainText("resumed after");
  await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
});

test("the search narrows the list by topic, type and words, and says what is wrong", async ({ page, server }) => {
  await server.publish("office/sensor", { temperature: 21.4 });
  await server.notify("deploys", "api is live");
  await server.notify("backup", "disk is full", "error");
  await open(page, "/inspector");
  const search = page.getByRole("searchbox", { name: "Search events" });
  await search.fill("topic:office/**");
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText("21.4");
  await search.fill("type:notification");
  await expect(rows(page)).toHaveCount(2);
  await search.fill("type:notification FULL");
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText("disk is full");
  await search.fill("topic:a//b");
  await expect(page.getByRole("alert").filter({ hasText: "topic:a//b" })).toBeVisible();
  await search.fill("nothing-has-this-word");
  await expect(rows(page)).toHaveCount(0);
  await expect(page.getByText("No event matches.")).toBeVisible();
  await server.publish("late", "nothing-has-this-word");
  await expect(rows(page), "what comes later is found too").toHaveCount(1);
});

test("one event is shown in full, with its bytes on the wire, and stays while others come", async ({ page, server }) => {
  const id = await server.publish("office/sensor", { temperature: 21.4, tags: ["a"] });
  await server.publish("other", "newer");
  await open(page, inspectorOf("office/sensor"));
  await page.getByRole("button", { name: "Show message of office/sensor" }).click();
  await expect(rows(page)).toHaveAttribute("aria-selected", "true");
  const detail = page.getByRole("region", { name: "Selected event" });
  await server.publish("office/sensor", { temperature: 99 });
  await expect(rows(page)).toHaveCount(2);
  await expect(detail).toContainText(id);
  await expect(detail.locator("pre").first()).toHaveText('{\n  "temperature": 21.4,\n  "tags": [\n    "a"\n  ]\n}', { useInnerText: true });
  await expect(detail.locator("pre").last()).toContainText(`id: ${id}\nevent: message\ndata: {"temperature":21.4,"tags":["a"]}`);
  await expect(page.locator("tr[aria-selected='true']")).toHaveCount(1);
});

test("the form publishes, and tells a slip at once", async ({ page }) => {
  await open(page, "/inspector");
  const form = page.getByRole("region", { name: "Publish", exact: true });
  await form.getByRole("button", { name: "Publish" }).click();
  await expect(form.getByRole("status")).toHaveText("Published to deploys.");
  await expect(rows(page).filter({ hasText: "api v2.31.0 is live" })).toHaveCount(1);
  await expect(bell(page)).toHaveAccessibleName("Notifications, 1 unread");
  await form.getByRole("textbox", { name: "Payload" }).fill("{");
  await form.getByRole("button", { name: "Publish" }).click();
  await expect(form.getByRole("alert")).toContainText("Payload: not valid JSON");
  await form.getByRole("textbox", { name: "Topic" }).fill("a//b");
  await form.getByRole("button", { name: "Publish" }).click();
  await expect(form.getByRole("alert")).toContainText("Topic: ");
});

test("people in several rooms make several rows, none of them twice", async ({ page, newPage }) => {
  for (const [room, name] of [["one", "Ada"], ["two", "Grace"], ["three", "Edsger"]] as const) {
    const other = await newPage();
    await open(other, `/chat/${room}`);
    await other.getByRole("textbox", { name: "Your name" }).fill(name);
    await other.getByRole("textbox", { name: `Message ${room}` }).fill("Hello");
    await other.getByRole("button", { name: "Send" }).click();
    await expect(other.getByRole("complementary", { name: "Here now" }).getByRole("listitem")).toHaveText([new RegExp(`${name}$`)]);
  }
  await open(page, "/inspector?q=type:presence");
  // The snapshot tells of each room and of the board at one and the same moment; each is a row of its own.
  const first = page.getByRole("button", { name: "Show presence of chat/one" }).first();
  await first.click();
  await expect(page.locator("tr[aria-selected='true']"), "rows selected").toHaveCount(1);
  const search = page.getByRole("searchbox", { name: "Search events" });
  await search.fill("topic:chat/two type:presence");
  await expect(rows(page).first()).toContainText("Grace");
  for (const row of await rows(page).all()) await expect(row).toContainText("chat/two");
  await search.fill("topic:chat/** type:presence");
  await expect(rows(page).filter({ hasText: "Edsger" }).first()).toBeVisible();
  await expect(rows(page).filter({ hasText: "Ada" }).first()).toBeVisible();
  await search.fill("topic:chat/two type:presence");
  for (const row of await rows(page).all()) await expect(row).toContainText("chat/two");
});
