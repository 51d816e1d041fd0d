// Pausing and closing the stream, and the inspector's connection panel.
import type { Page } from "@playwright/test";
import {
  badge,
  connectionLog,
  expect,
  gapNotice,
  inspectorOf,
  isLive,
  open,
  publishNumbered,
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
  test(`events published while the badge has ${state} the stream arrive on reopening, once`, async ({
    page,
    server,
    wire,
  }) => {
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

test("events published while the inspector is paused arrive on resuming, once", async ({
  page,
  server,
}) => {
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

test("the connection panel shows lag, reconnects, errors and their causes", async ({
  page,
  server,
  wire,
  complaints,
}) => {
  complaints.expectLostConnections();
  await open(page, `${wire.url}/inspector`);
  await page.getByRole("button", { name: "Connection" }).click();
  const panel = page.getByRole("region", { name: "Connection" });
  await expect(panel).toContainText("no events in the last minute");
  await server.publish("a", "one");
  await expect(panel).toContainText(/median, .* p95/);
  await expect(panel.getByRole("definition").nth(3)).toHaveText("0");
  wire.cut();
  await expect(panel.getByRole("definition").nth(3)).toHaveText("1");
  await expect(connectionLog(page).filter({ hasText: "retry" }).first()).toBeVisible();
  await expect(panel.locator("li[data-kind='open']").first()).toContainText("resumed after");
  await expect(panel.getByRole("definition").nth(4)).toHaveText("1");
  await expect(panel.locator("li[data-kind='error']")).toContainText(["connection lost"]);

  let refused = 0;
  wire.decide = (path) =>
    Promise.resolve(path.startsWith("/events") && refused++ < 1 ? 503 : "pass");
  wire.cut();
  await expect(panel.locator("li[data-kind='error']").first()).toContainText("connection refused");
  await expect(panel.getByRole("definition").nth(3)).toHaveText("2");
  await expect(panel.getByRole("definition").nth(4)).toHaveText("3");
});
