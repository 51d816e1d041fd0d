// Stored events in the inspector: the search of the log and its time range.
import type { Page } from "@playwright/test";
import { type Server, expect, filterField, open, rows, test } from "./fixtures.js";
import { detail, grid, list, publishMany } from "./inspector.js";

test("the log is searched with the same filter, up to a budget, and further on request", async ({
  page,
  server,
}) => {
  await publishMany(server, "old", 1, 21_000);
  await server.publish("old", { n: -5 });
  await open(page, "/inspector?q=topic:old data.n<2");
  await page.getByRole("button", { name: "Stored" }).click();
  await expect(page).toHaveURL(/view=stored/);
  await expect(list(page)).toContainText(/Searched 20,\d+ events, back to/);
  await expect(rows(page)).toHaveCount(1);
  await page.getByRole("button", { name: "Search further back" }).click();
  await expect(list(page)).toContainText("Searched all 21,001 stored events");
  await expect(rows(page)).toHaveCount(2);
  await expect(rows(page).last()).toContainText('{"n":1}');
  await filterField(page).fill("topic:old data.n>20998");
  await expect(rows(page).first()).toContainText('{"n":21000}');
  await expect(list(page)).toContainText("Search further back");
  await page.reload();
  await expect(page.getByRole("button", { name: "Stored" })).toHaveAttribute(
    "aria-pressed",
    "true",
  );
  await expect(rows(page)).toHaveCount(2);
});

test.describe("in a zone an hour ahead", () => {
  test.use({ timezoneId: "Europe/Berlin" });

  const BEGAN = Date.parse("2026-01-01T00:00:00Z");

  /** Publishes events whose times are one second apart, from the first second of the year on. */
  async function publishPast(server: Server, count: number): Promise<void> {
    for (let from = 0; from < count; from += 1_000) {
      const lines = Array.from({ length: Math.min(1_000, count - from) }, (_, index) => ({
        specversion: "1.0",
        id: `second-${from + index}`,
        source: "/test",
        type: "message",
        topic: index % 10 === 3 ? "other" : "past",
        time: new Date(BEGAN + (from + index) * 1_000).toISOString(),
        data: { n: from + index },
      }));
      const response = await fetch(`${server.url}/events`, {
        method: "POST",
        headers: { "content-type": "application/cloudevents-batch+json", connection: "close" },
        body: JSON.stringify(lines),
      });
      expect(response.status).toBe(201);
    }
  }

  const found = async (page: Page): Promise<string[]> =>
    (await rows(page).locator(".payload").allTextContents()).map((text) => text.replace(/\D/g, ""));

  test("a custom time range limits the search, and is in the address", async ({ page, server }) => {
    await publishPast(server, 8_000);
    await server.publish("past", { n: 9_999 });
    let requests = 0;
    page.on("request", (request) => (requests += request.url().includes("/api/history") ? 1 : 0));
    await open(
      page,
      "/inspector?q=topic:past&view=stored&from=2026-01-01T00:10:00Z&to=2026-01-01T00:10:06Z",
    );
    await expect.poll(() => found(page)).toEqual(["605", "604", "602", "601", "600"]);
    await expect(
      page.getByText(/Searched all [\d,]+ stored events/),
      "the search starts near the end of the range and stops after its start",
    ).toBeVisible();
    expect(requests).toBeLessThan(20);
    const [from, to] = [
      page.getByLabel("From", { exact: true }),
      page.getByLabel("To", { exact: true }),
    ];
    await expect(from).toHaveValue("2026-01-01T01:10");
    await expect(to).toHaveValue("2026-01-01T01:10:06");
    await to.fill("2026-01-01T01:10:02");
    await to.blur();
    await expect.poll(() => found(page)).toEqual(["601", "600"]);
    await expect(page).toHaveURL(
      "/inspector?q=topic%3Apast&view=stored&from=2026-01-01T00%3A10%3A00Z&to=2026-01-01T00%3A10%3A02Z",
    );
    await page.reload();
    await expect.poll(() => found(page)).toEqual(["601", "600"]);
    await to.fill("2026-01-01T01:00:00");
    await to.blur();
    await expect(page.getByText("The end is before the start.")).toBeVisible();
    await expect(rows(page)).toHaveCount(0);
    await to.fill("");
    await to.blur();
    await expect.poll(async () => (await found(page))[0]).toBe("9999");

    const time = page.getByRole("group", { name: "Time range" });
    await time.getByRole("button", { name: "1 h" }).click();
    await expect(page).toHaveURL("/inspector?q=topic%3Apast&view=stored&time=1h");
    await expect.poll(() => found(page)).toEqual(["9999"]);
    await time.getByRole("button", { name: "All time" }).click();
    await expect(page).toHaveURL("/inspector?q=topic%3Apast&view=stored");
    await expect(list(page)).toContainText("Search further back");
    await page.getByRole("button", { name: "Live" }).click();
    await expect(time).toHaveCount(0);
  });

  test("the surrounding events of an event are a click away", async ({ page, server }) => {
    await publishPast(server, 2_000);
    await open(page, "/inspector?q=topic:past data.n=1000&view=stored");
    await rows(page).click();
    await detail(page).getByRole("button", { name: "Show surrounding events" }).click();
    await expect(filterField(page)).toHaveValue("");
    await expect(page.getByLabel("From", { exact: true })).toHaveValue("2026-01-01T01:15:40");
    await expect(grid(page)).toHaveAttribute("aria-rowcount", "121");
    await expect(rows(page).first()).toContainText('{"n":1059}');
    await expect(rows(page).filter({ hasText: "other" }).first()).toBeVisible();
  });
});

test("a failed search says so, and the reader can try again", async ({
  page,
  server,
  wire,
  complaints,
}) => {
  complaints.expectLostConnections();
  await server.publish("old", { n: 1 });
  await open(page, `${wire.url}/inspector?q=topic:old`);
  wire.decide = (path) => Promise.resolve(path.startsWith("/api/history") ? 503 : "pass");
  await page.getByRole("button", { name: "Stored" }).click();
  await expect(page.getByRole("alert").filter({ hasText: /\S/ })).toBeVisible();
  wire.decide = () => Promise.resolve("pass");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(rows(page)).toHaveCount(1);
});
