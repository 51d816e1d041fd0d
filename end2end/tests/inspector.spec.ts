import { readFile } from "node:fs/promises";
import type { Locator, Page } from "@playwright/test";
import {
  type Server,
  badge,
  bell,
  connectionLog,
  expect,
  filterField,
  gapNotice,
  inspectorOf,
  isLive,
  open,
  publishNumbered,
  rows,
  showsEachOnce,
  test,
} from "./fixtures.js";

const grid = (page: Page): Locator => page.getByRole("grid", { name: "Events" });
const detail = (page: Page): Locator => page.getByRole("region", { name: "Selected event" });
const list = (page: Page): Locator => page.getByRole("region", { name: "Event list" });

/** Publishes many at once: `{"n": 1}` and so on. */
async function publishMany(
  server: Server,
  topic: string,
  first: number,
  last: number,
): Promise<void> {
  for (let from = first; from <= last; from += 500) {
    const numbers = Array.from(
      { length: Math.min(500, last - from + 1) },
      (_, index) => from + index,
    );
    const response = await fetch(`${server.url}/topics/${topic}`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson", connection: "close" },
      body: numbers.map((n) => JSON.stringify({ n })).join("\n"),
    });
    expect(response.status).toBeLessThan(300);
  }
}

/** Scrolls the list. */
function scrollTo(page: Page, top: number): Promise<void> {
  return grid(page).evaluate((element, top) => void (element.scrollTop = top), top);
}

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
  test(`what came while the stream was ${state} from the badge arrives on reopening, once`, async ({
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

test("what came while the inspector was paused arrives on resuming, once", async ({
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

test("the filter narrows the list by topic, type, words and fields of the data, and says what is wrong", async ({
  page,
  server,
}) => {
  await server.publish("office/sensor", { temperature: 21.4, tags: ["west", "indoor"] });
  await server.publish("office/sensor", { temperature: 35, tags: ["east"] });
  await server.notify("deploys", "api is live");
  await server.notify("backup", "disk is full", "error");
  await open(page, "/inspector");
  const field = filterField(page);
  const finds = async (text: string, ...found: string[]): Promise<void> => {
    await field.fill(text);
    await expect(rows(page), text).toHaveCount(found.length);
    for (const [index, words] of found.entries())
      await expect(rows(page).nth(index)).toContainText(words);
  };
  await finds("topic:office/**", "35", "21.4");
  await finds("type:notification", "disk is full", "api is live");
  await finds("type:notification FULL", "disk is full");
  await finds("-type:notification -type:presence topic:office/** data.temperature>30", "35");
  await finds("data.tags[0]=west", "21.4");
  await finds("data.tags[*]=indoor", "21.4");
  await finds('"disk is" data.type=error', "disk is full");
  await finds("data.message~LIVE", "api is live");
  await finds("data.temperature -data.tags[1]", "35");
  await field.fill("data.temperature -data.tags[1] topic:a//b");
  await expect(page.getByRole("alert").filter({ hasText: "topic:a//b" })).toBeVisible();
  await expect(rows(page), "what was looked for before goes on").toHaveCount(1);
  await finds("nothing-has-this-word");
  await expect(page.getByText("No event matches.")).toBeVisible();
  await server.publish("late", "nothing-has-this-word");
  await expect(rows(page), "what comes later is found too").toHaveCount(1);
});

test("the filter is in the address, and leaves one step in the history", async ({
  page,
  server,
}) => {
  await server.publish("a", "one");
  await server.publish("b", "two");
  await open(page, "/guide");
  await page
    .getByRole("navigation", { name: "Pages" })
    .getByRole("link", { name: "Inspector", exact: true })
    .click();
  await filterField(page).pressSequentially("topic:a ");
  await expect(page).toHaveURL(/\/inspector\?q=topic%3Aa%20$/);
  await page.reload();
  await isLive(page);
  await expect(rows(page)).toHaveCount(1);
  await expect(filterField(page)).toHaveValue("topic:a ");
  await page
    .getByRole("navigation", { name: "Pages" })
    .getByRole("link", { name: "Inspector", exact: true })
    .click();
  await expect(filterField(page)).toHaveValue("");
  await page.goBack();
  await expect(filterField(page)).toHaveValue("topic:a ");
  await page.goBack();
  await expect(page).toHaveURL(/\/guide$/);
});

test("topics, types and fields are suggested while one writes, and taken with the keyboard", async ({
  page,
  server,
}) => {
  await server.publish("office/sensor", { temperature: 21.4 });
  await server.notify("deploys", "api is live");
  await open(page, "/inspector");
  const field = filterField(page);
  const options = page.getByRole("listbox", { name: "Suggestions" }).getByRole("option");
  await field.pressSequentially("topic:off");
  await expect(options).toHaveText(["topic:office/**", "topic:office/sensor"]);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await expect(options.nth(1)).toHaveAttribute("aria-selected", "true");
  await expect(field).toHaveAttribute("aria-activedescendant", "suggestion-1");
  await page.keyboard.press("Enter");
  await expect(field).toHaveValue("topic:office/sensor ");
  await expect(options).toHaveCount(0);
  await page.keyboard.type("data.temp");
  await options.filter({ hasText: "data.temperature" }).click();
  await page.keyboard.type(">20");
  await expect(field).toHaveValue("topic:office/sensor data.temperature>20");
  await expect(rows(page)).toHaveCount(1);
  await page.getByLabel("How to filter").click();
  await page.getByRole("button", { name: "-type:metrics" }).click();
  await expect(field).toHaveValue("topic:office/sensor data.temperature>20 -type:metrics ");
});

test("a burst is counted whole while only the rows in view exist", async ({ page, server }) => {
  await open(page, inspectorOf("burst"));
  await publishMany(server, "burst", 1, 2_000);
  await expect(list(page)).toHaveAttribute("data-found", "2000");
  await expect(grid(page)).toHaveAttribute("aria-rowcount", "2001");
  expect(await rows(page).count()).toBeLessThan(60);
  await expect(rows(page).first()).toContainText('{"n":2000}');
  await scrollTo(page, 1_000 * 30);
  await expect(rows(page).filter({ hasText: '{"n":1000}' })).toBeInViewport();
  await grid(page).focus();
  await page.keyboard.press("End");
  await expect(rows(page).last()).toContainText('{"n":1}');
  await expect(rows(page).last()).toHaveAttribute("aria-rowindex", "2001");
  await expect(rows(page).last()).toBeInViewport();
});

test("what one reads stays where it is while more comes, and a button leads to it", async ({
  page,
  server,
}) => {
  await open(page, inspectorOf("flow"));
  await publishMany(server, "flow", 1, 300);
  await expect(rows(page).first()).toContainText('{"n":300}');
  await scrollTo(page, 100 * 30);
  const read = rows(page).filter({ hasText: '{"n":195}' });
  await expect(read).toBeInViewport();
  const place = (await read.boundingBox())!.y;
  await publishMany(server, "flow", 301, 340);
  const waiting = page.getByRole("button", { name: "40 new" });
  await expect(waiting).toBeVisible();
  expect((await read.boundingBox())!.y).toBe(place);
  await waiting.click();
  await expect(rows(page).first()).toContainText('{"n":340}');
  await expect(waiting).toHaveCount(0);
  await publishMany(server, "flow", 341, 341);
  await expect(rows(page).first()).toContainText('{"n":341}');
});

/** Publishes `{"n": 1}` and so on, one after another, for as long as something else goes on. */
async function whileBusy(
  server: Server,
  topic: string,
  during: () => Promise<void>,
): Promise<void> {
  let isOver = false;
  const publishing = (async () => {
    for (let n = 1; !isOver; n++) await server.publish(topic, { n });
  })();
  try {
    await during();
  } finally {
    isOver = true;
    await publishing;
  }
}

/** Waits until so many more events have come. */
async function moreCome(page: Page, count: number): Promise<void> {
  const received = async () => Number(await list(page).getAttribute("data-received"));
  const before = await received();
  await expect.poll(received, { message: `${count} more events` }).toBeGreaterThan(before + count);
}

test("what is pressed is what is chosen, however fast the list moves", async ({ page, server }) => {
  await open(page, inspectorOf("busy"));
  await whileBusy(server, "busy", async () => {
    await moreCome(page, 40);
    const row = rows(page).nth(5);
    const payload = row.locator(".payload");
    const { x, y, width, height } = (await row.boundingBox())!;
    await page.mouse.move(x + width / 2, y + height / 2);
    const shown = (await payload.textContent())!;
    await page.mouse.down();
    await moreCome(page, 40);
    await expect(payload, "the list stands still").toHaveText(shown);
    await expect(
      page.getByRole("button", { name: /^\d+ new$/ }),
      "what comes meanwhile is told",
    ).toBeVisible();
    await page.mouse.up();
    await expect(detail(page).locator(".json")).toContainText(
      shown.replace(":", ": ").slice(1, -1),
    );

    // A finger is gone before its click comes, and the list has moved by then.
    await page.mouse.move(1, 1);
    const moves = async () => (await payload.textContent()) !== shown;
    await expect.poll(moves, { message: "the list goes on" }).toBe(true);
    const pressed = await row.evaluate(async (row) => {
      const tell = (type: string) =>
        row.dispatchEvent(
          new PointerEvent(type, { bubbles: type !== "pointerleave", pointerType: "touch" }),
        );
      const text = () => row.querySelector(".payload")!.textContent!;
      tell("pointerdown");
      const pressed = text();
      const frame = row.closest(".lines-frame")!;
      tell("pointerup");
      frame.dispatchEvent(new PointerEvent("pointerleave", { pointerType: "touch" }));
      while (text() === pressed) await new Promise(requestAnimationFrame);
      row.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      return pressed;
    });
    await expect(detail(page).locator(".json")).toContainText(
      pressed.replace(":", ": ").slice(1, -1),
    );
  });
});

test("the list stands still while the pointer moves over it, and goes on when it rests", async ({
  page,
  server,
}) => {
  await open(page, inspectorOf("busy"));
  await whileBusy(server, "busy", async () => {
    await moreCome(page, 40);
    const first = rows(page).first().locator(".payload");
    const { x, y } = (await grid(page).boundingBox())!;
    await page.mouse.move(x + 200, y + 100);
    const shown = (await first.textContent())!;
    for (let step = 0; step < 6; step++) {
      await page.mouse.move(x + 200 + step * 5, y + 100);
      await moreCome(page, 10);
      await expect(first).toHaveText(shown);
    }
    const waiting = page.getByRole("button", { name: /^\d+ new$/ });
    await expect(waiting).toBeVisible();
    // It rests where it is.
    await expect(first).not.toHaveText(shown);
    await expect(waiting).toHaveCount(0);
  });
});

test("more than the page keeps is counted, and said to be in the log", async ({ page, server }) => {
  await open(page, inspectorOf("flood"));
  await publishMany(server, "flood", 1, 5_600);
  await expect(list(page)).toHaveAttribute("data-found", "5600");
  await expect(
    page.getByText("600 older events dropped from this page, still in the log."),
  ).toBeVisible();
  await expect(list(page)).toContainText("5,600 found (5,000 here)");
});

test("the keyboard goes through the list and into the event", async ({ page, server }) => {
  await open(page, inspectorOf("keys"));
  await publishMany(server, "keys", 1, 100);
  await expect(rows(page).first()).toContainText('{"n":100}');
  const isChosen = async (n: number): Promise<void> => {
    const chosen = page.locator(".row[aria-selected='true']");
    await expect(chosen).toContainText(`{"n":${n}}`);
    await expect(chosen).toBeInViewport();
    await expect(grid(page)).toHaveAttribute(
      "aria-activedescendant",
      (await chosen.getAttribute("id"))!,
    );
    await expect(detail(page).locator(".json")).toContainText(`"n": ${n}`);
  };
  await grid(page).focus();
  await page.keyboard.press("Home");
  await isChosen(100);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("j");
  await isChosen(98);
  await page.keyboard.press("k");
  await isChosen(99);
  await page.keyboard.press("PageDown");
  await isChosen(89);
  await page.keyboard.press("End");
  await isChosen(1);
  await page.keyboard.press("ArrowUp");
  await isChosen(2);
  await page.getByRole("button", { name: "Newer event" }).click();
  await isChosen(3);
});

test("one event is shown in full, with its bytes in each framing, and stays while others come", async ({
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
  await detail(page).getByRole("link", { name: "Show in its topic" }).click();
  await expect(page).toHaveURL(`/topics/office/sensor?event=${id}`);
});

test("a value of the payload can be filtered for, and its path copied", async ({
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
  await detail(page).getByRole("button", { name: "Filter for it" }).click();
  await expect(filterField(page)).toHaveValue('topic:jobs data.name="nightly backup"');
  await expect(rows(page)).toHaveCount(1);
});

test("the command that is copied publishes the same event again", async ({
  page,
  context,
  server,
}) => {
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
  const { execFileSync } = await import("node:child_process");
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

test("the log is searched with the same filter, up to a budget, and further when asked", async ({
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
  await expect(list(page)).toContainText("Searched all 21,001 events");
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

  /** Publishes an event a second, from the first second of the year on. */
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

  test("the log is looked at from one moment to another, which stand in the address", async ({
    page,
    server,
  }) => {
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
      page.getByText(/Searched all [\d,]+ events/),
      "it begins near the moment and ends after it",
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
    await expect(page.getByText("It ends before it begins.")).toBeVisible();
    await expect(rows(page)).toHaveCount(0);
    await to.fill("");
    await to.blur();
    await expect.poll(async () => (await found(page))[0]).toBe("9999");

    const time = page.getByRole("group", { name: "Time" });
    await time.getByRole("button", { name: "1 h" }).click();
    await expect(page).toHaveURL("/inspector?q=topic%3Apast&view=stored&time=1h");
    await expect.poll(() => found(page)).toEqual(["9999"]);
    await time.getByRole("button", { name: "All time" }).click();
    await expect(page).toHaveURL("/inspector?q=topic%3Apast&view=stored");
    await expect(list(page)).toContainText("Search further back");
    await page.getByRole("button", { name: "Live" }).click();
    await expect(time).toHaveCount(0);
  });

  test("what happened around an event is a press away", async ({ page, server }) => {
    await publishPast(server, 2_000);
    await open(page, "/inspector?q=topic:past data.n=1000&view=stored");
    await rows(page).click();
    await detail(page).getByRole("button", { name: "What happened around it" }).click();
    await expect(filterField(page)).toHaveValue("");
    await expect(page.getByLabel("From", { exact: true })).toHaveValue("2026-01-01T01:15:40");
    await expect(grid(page)).toHaveAttribute("aria-rowcount", "121");
    await expect(rows(page).first()).toContainText('{"n":1059}');
    await expect(rows(page).filter({ hasText: "other" }).first()).toBeVisible();
  });
});

test("a search of the log that fails says so, and is tried again", async ({
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

test("what is found is exported, or what is marked of it", async ({ page, context, server }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await server.publish("other", "not this");
  await open(page, inspectorOf("take"));
  await publishMany(server, "take", 1, 120);
  await expect(list(page)).toHaveAttribute("data-found", "120");
  await page.getByText("Export", { exact: true }).click();
  await expect(page.getByText("120 events found")).toBeVisible();
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
  await expect(list(page)).toContainText("5 marked");
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

test("the form publishes, tells a slip at its field, and remembers", async ({ page }) => {
  await open(page, "/inspector");
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  const form = page.getByRole("region", { name: "Publish", exact: true });
  const publish = form.getByRole("button", { name: "Publish", exact: true });
  await publish.click();
  await expect(form.getByRole("status")).toHaveText(/^Published as [0-9a-f]{8}-\d+ in \d+ ms\.$/);
  await expect(rows(page).filter({ hasText: "api v2.31.0 is live" })).toHaveCount(1);
  await expect(bell(page)).toHaveAccessibleName("Notifications, 1 unread");
  const payload = form.getByRole("textbox", { name: "Payload" });
  await payload.fill("{");
  await expect(payload).toHaveAttribute("aria-invalid", "true");
  await expect(form.getByText("not valid JSON")).toBeVisible();
  await publish.click();
  await expect(form.getByRole("alert")).toContainText("not valid JSON");
  await form.getByRole("combobox", { name: "Topic" }).fill("a//b");
  await expect(form.getByText("non-empty segments")).toBeVisible();
  await form.getByRole("combobox", { name: "Topic" }).fill("queue");
  await form.getByRole("button", { name: "metrics" }).click();
  await payload.fill('{"waiting":3}');
  await form.getByRole("button", { name: "Format JSON" }).click();
  await expect(payload).toHaveValue('{\n  "waiting": 3\n}');
  await form.getByText("Further attributes").click();
  await form.getByRole("textbox", { name: "One a line" }).fill("subject: west wing");
  await payload.press("Control+Enter");
  await expect(rows(page).filter({ hasText: '{"waiting":3}' })).toHaveCount(1);

  await page.reload();
  await isLive(page);
  await page.getByRole("button", { name: "Publish", exact: true }).click();
  await expect(form.getByRole("combobox", { name: "Topic" })).toHaveValue("queue");
  await expect(payload).toHaveValue('{\n  "waiting": 3\n}');
  await expect(form.getByRole("textbox", { name: "One a line" })).toHaveValue("subject: west wing");
  const earlier = form.getByRole("list", { name: "Published before" }).getByRole("button");
  await expect(earlier).toHaveCount(2);
  await earlier.last().click();
  await expect(form.getByRole("combobox", { name: "Topic" })).toHaveValue("deploys");
  // Who is here is told a moment after the page is live, and moves the rows.
  await expect(async () => {
    await rows(page).filter({ hasText: '{"waiting":3}' }).click();
    await expect(detail(page)).toContainText("west wing", { timeout: 2_000 });
  }).toPass();
  await detail(page).getByRole("button", { name: "Edit and publish again" }).click();
  await expect(form.getByRole("combobox", { name: "Topic" })).toHaveValue("queue");
  await expect(payload).toBeFocused();
});

test("the connection's panel tells its lag, its heartbeats and what it has been through", async ({
  page,
  server,
  wire,
  complaints,
}) => {
  complaints.expectLostConnections();
  await open(page, `${wire.url}/inspector`);
  await page.getByRole("button", { name: "Connection" }).click();
  const panel = page.getByRole("region", { name: "Connection" });
  await expect(panel).toContainText("nothing came in the last minute");
  await server.publish("a", "one");
  await expect(panel).toContainText(/median, .* p95/);
  await expect(panel.getByRole("definition").nth(3)).toHaveText("0");
  wire.cut();
  await expect(panel.getByRole("definition").nth(3)).toHaveText("1");
  await expect(connectionLog(page).filter({ hasText: "retry" }).first()).toBeVisible();
  await expect(panel.locator("li[data-kind='open']").first()).toContainText("resumed after");
  await expect(panel.getByRole("definition").nth(4)).toHaveText("1");
  await expect(panel.locator("li[data-kind='error']")).toContainText(["the connection broke"]);

  let refused = 0;
  wire.decide = (path) =>
    Promise.resolve(path.startsWith("/events") && refused++ < 1 ? 503 : "pass");
  wire.cut();
  await expect(panel.locator("li[data-kind='error']").first()).toContainText("no stream");
  await expect(panel.getByRole("definition").nth(3)).toHaveText("2");
  await expect(panel.getByRole("definition").nth(4)).toHaveText("3");
});

test("on a phone an event covers the list, and one goes back to where one was", async ({
  page,
  server,
}) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await open(page, inspectorOf("phone"));
  await publishMany(server, "phone", 1, 60);
  await expect(rows(page).first()).toContainText('{"n":60}');
  await expect(detail(page)).toBeHidden();
  await scrollTo(page, 20 * 48);
  const row = rows(page).filter({ hasText: '{"n":38}' });
  await row.click();
  await expect(detail(page)).toBeVisible();
  await expect(rows(page).first()).toBeHidden();
  await detail(page).getByRole("button", { name: "Back" }).click();
  await expect(detail(page)).toBeHidden();
  await expect(row).toBeInViewport();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
});

test("people in several rooms make several rows, none of them twice", async ({ page, newPage }) => {
  for (const [room, name] of [
    ["one", "Ada"],
    ["two", "Grace"],
    ["three", "Edsger"],
  ] as const) {
    const other = await newPage();
    await open(other, `/chat/${room}`);
    await other.getByRole("textbox", { name: "Your name" }).fill(name);
    await other.getByRole("textbox", { name: `Message ${room}` }).fill("Hello");
    await other.getByRole("button", { name: "Send" }).click();
    await expect(
      other.getByRole("complementary", { name: "Here now" }).getByRole("listitem"),
    ).toHaveText([new RegExp(`${name}$`)]);
  }
  await open(page, "/inspector?q=type:presence");
  // The snapshot tells of each room and of the board at one and the same moment; each is a row of its own.
  await rows(page).filter({ hasText: "chat/one" }).first().click();
  await expect(page.locator(".row[aria-selected='true']"), "rows selected").toHaveCount(1);
  const search = filterField(page);
  await search.fill("topic:chat/two type:presence");
  await expect(rows(page).first()).toContainText("Grace");
  for (const row of await rows(page).all()) await expect(row).toContainText("chat/two");
  await search.fill("topic:chat/** type:presence");
  await expect(rows(page).filter({ hasText: "Edsger" }).first()).toBeVisible();
  await expect(rows(page).filter({ hasText: "Ada" }).first()).toBeVisible();
  await search.fill("topic:chat/two type:presence");
  for (const row of await rows(page).all()) await expect(row).toContainText("chat/two");
});
