// The details of an event in the inspector, and the export of several.
import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { expect, filterField, inspectorOf, open, rows, test } from "./fixtures.js";
import { detail, list, publishMany } from "./inspector.js";

test("the details show an event and its bytes in each framing, and stay while others arrive", async ({
  page,
  server,
}) => {
  const id = await server.publish(
    "office/sensor",
    { temperature: 21.4, tags: ["a"] },
    { "ce-subject": "west" },
  );
  await server.publish("other", "newer");
  await open(page, inspectorOf("office/sensor"));
  await rows(page).click();
  await expect(rows(page)).toHaveAttribute("aria-selected", "true");
  await server.publish("office/sensor", { temperature: 99 });
  await expect(rows(page)).toHaveCount(2);
  await expect(detail(page)).toContainText(id);
  await expect(detail(page).getByRole("definition").filter({ hasText: "west" })).toBeVisible();
  expect(JSON.parse((await detail(page).locator(".json").textContent())!)).toEqual({
    temperature: 21.4,
    tags: ["a"],
  });
  const wire = detail(page).locator(".wire");
  await expect(wire).toHaveText(
    `id: ${id}\nevent: message\ndata: {"temperature":21.4,"tags":["a"]}`,
  );
  await detail(page).getByRole("button", { name: "unnamed" }).click();
  await expect(wire).toHaveText(`id: ${id}\ndata: {"temperature":21.4,"tags":["a"]}`);
  await detail(page).getByRole("button", { name: "envelope" }).click();
  await expect(wire).toContainText('"specversion":"1.0"');
  await expect(page.locator(".row[aria-selected='true']")).toHaveCount(1);
  await detail(page).getByRole("link", { name: "Show in topic" }).click();
  await expect(page).toHaveURL(`/topics/office/sensor?event=${id}`);
});

test("the reader can filter by a value of the payload and copy its path", async ({
  page,
  context,
  server,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await server.publish("jobs", { name: "nightly backup", steps: [{ id: 7 }] });
  await server.publish("jobs", { name: "other", steps: [{ id: 8 }] });
  await open(page, inspectorOf("jobs"));
  await rows(page).last().click();
  await detail(page).getByRole("button", { name: "7", exact: true }).click();
  await detail(page).getByRole("button", { name: "Copy path" }).click();
  await expect(detail(page).getByRole("button", { name: "Copied" })).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("data.steps[0].id");
  await detail(page).getByRole("button", { name: "nightly backup" }).click();
  await detail(page).getByRole("button", { name: "Filter by this value" }).click();
  await expect(filterField(page)).toHaveValue('topic:jobs data.name="nightly backup"');
  await expect(rows(page)).toHaveCount(1);
});

test("the copied command publishes the same event again", async ({ page, context, server }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await server
    .publish("office/it's", { text: "it's" }, { "ce-type": "com.example.x" })
    .catch(() => undefined);
  await server.publish(
    "office",
    { text: "it's" },
    { "ce-type": "com.example.x", "ce-subject": "a b" },
  );
  await open(page, inspectorOf("office"));
  await rows(page).click();
  await detail(page).getByRole("button", { name: "Copy as curl" }).click();
  await expect(detail(page).getByRole("button", { name: "Copied" })).toBeVisible();
  const answer = execFileSync("sh", [
    "-c",
    `${await page.evaluate(() => navigator.clipboard.readText())} -s`,
  ]).toString();
  await expect(rows(page)).toHaveCount(2);
  await rows(page).first().click();
  await expect(detail(page)).toContainText((JSON.parse(answer) as { id: string }).id);
  await expect(detail(page)).toContainText("com.example.x");
  await expect(detail(page)).toContainText('"it\'s"');
});

test("the export has all events in the list, or the selected ones", async ({
  page,
  context,
  server,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await server.publish("other", "not this");
  await open(page, inspectorOf("take"));
  await publishMany(server, "take", 1, 120);
  await expect(list(page)).toHaveAttribute("data-found", "120");
  await page.getByText("Export", { exact: true }).click();
  await expect(page.getByText("120 events", { exact: true })).toBeVisible();
  const waited = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download NDJSON" }).click();
  const download = await waited;
  expect(download.suggestedFilename()).toMatch(/^pulseboard-.*\.ndjson$/);
  const lines = (await readFile((await download.path())!, "utf8")).trimEnd().split("\n");
  const events = lines.map(
    (line) => JSON.parse(line) as { topic: string; specversion: string; data: { n: number } },
  );
  expect(events.map((event) => event.data.n)).toEqual(
    Array.from({ length: 120 }, (_, index) => index + 1),
  );
  expect(new Set(events.map((event) => `${event.topic} ${event.specversion}`))).toEqual(
    new Set(["take 1.0"]),
  );
  await page.keyboard.press("Escape");

  await rows(page).nth(1).click();
  await rows(page)
    .nth(4)
    .click({ modifiers: ["Shift"] });
  await rows(page)
    .nth(6)
    .click({ modifiers: ["Control"] });
  await expect(list(page)).toContainText("5 selected");
  await page.getByText("Export", { exact: true }).click();
  await page.getByRole("button", { name: "Copy", exact: true }).click();
  await expect(page.getByText("5 events copied.")).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(
    copied
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { data: { n: number } }).data.n),
  ).toEqual([114, 116, 117, 118, 119]);
});
