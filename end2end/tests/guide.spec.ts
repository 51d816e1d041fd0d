import AxeBuilder from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import { expect, isLive, open, test } from "./fixtures.js";

function lesson(page: Page, name: string): Locator {
  return page.getByRole("region", { name, exact: true });
}

/** The state of a lesson's stream. */
function state(lesson: Locator): Locator {
  return lesson.locator(".state");
}

async function connect(lesson: Locator): Promise<void> {
  await lesson.getByRole("button", { name: "Connect", exact: true }).click();
  await expect(state(lesson)).toHaveText("open");
}

test("event types: a notification and an update arrive with their types", async ({ page }) => {
  await open(page, "/guide");
  const types = lesson(page, "Event types");
  await connect(types);
  await expect(types.locator(".rows li")).toHaveCount(0);
  await types.getByRole("button", { name: "Publish a notification" }).click();
  const row = (type: string) =>
    types.locator(".rows li").filter({ has: page.locator("code", { hasText: type }) });
  await expect(row("notification")).toContainText("info: New user joined");
  await types.getByRole("button", { name: "Publish an update" }).click();
  await expect(row("update")).toContainText("Page content updated");
  await expect(types.locator(".rows li")).toHaveCount(2);
});

test("listening: a published line comes back from the server", async ({ page, server }) => {
  await open(page, "/guide");
  const listen = lesson(page, "Listen to a stream");
  await connect(listen);
  await listen.getByRole("textbox", { name: "Text to publish" }).fill("From the page");
  await listen.getByRole("button", { name: "Publish" }).click();
  await expect(listen.locator(".rows li")).toContainText("From the page");
  await server.publish("guide/listen", "From a program");
  await expect(listen.locator(".rows li").first()).toContainText("From a program");
});

test("opening and closing: a closed stream receives nothing, and everything once it is open again", async ({
  page,
  server,
}) => {
  await open(page, "/guide");
  const reconnect = lesson(page, "Reconnect without loss");
  await connect(reconnect);
  await server.publish("guide/reconnect", "one");
  await expect(reconnect.locator(".rows li")).toHaveCount(1);
  await reconnect.getByRole("button", { name: "Close" }).click();
  await expect(state(reconnect)).toHaveText("closed");
  await server.publish("guide/reconnect", "two");
  await server.publish("guide/reconnect", "three");
  await expect(reconnect.locator(".rows li")).toHaveCount(1);
  await connect(reconnect);
  await expect(reconnect.locator(".rows li").locator(".text")).toHaveText(["three", "two", "one"]);
});

test("the basic stream carries every message, whatever its topic", async ({ page, server }) => {
  await open(page, "/guide");
  const basic = lesson(page, "Open, message, error, close");
  await connect(basic);
  await server.publish("anywhere/at/all", "Another update");
  await expect(basic.locator(".rows li").first()).toContainText("Another update");
});

test("the live chat shows the messages of the guide's room", async ({ page, server }) => {
  await open(page, "/guide");
  const chat = lesson(page, "A live chat");
  await connect(chat);
  await server.say("guide", "Ada", "Hello");
  await expect(chat.locator(".rows li")).toContainText("Ada: Hello");
  await chat.getByRole("textbox", { name: "Your name" }).fill("Grace");
  await chat.getByRole("textbox", { name: "Message guide" }).fill("Hello Ada");
  await chat.getByRole("button", { name: "Send" }).click();
  await expect(chat.locator(".rows li").first()).toContainText("Grace: Hello Ada");
});

test("the protocol: the newest event is shown in all three framings", async ({ page, server }) => {
  await open(page, "/guide");
  const protocol = lesson(page, "The protocol is text");
  const id = await server.notify("deploys", "on the wire");
  await expect(protocol.getByLabel("named", { exact: true })).toContainText(
    `id: ${id}\nevent: notification\ndata: {"type":"info","message":"on the wire"}`,
  );
  await expect(protocol.getByLabel("unnamed", { exact: true })).not.toContainText("event:");
  await expect(protocol.getByLabel("envelope", { exact: true })).toContainText(
    '"specversion":"1.0"',
  );
});

/** The visible code of a lesson. */
function code(lesson: Locator): Locator {
  return lesson.locator("pre.code").filter({ visible: true });
}

test("code is shown in the chosen language, in every lesson and on the next visit", async ({
  page,
}) => {
  await open(page, "/guide");
  const [listen, types, access] = [
    lesson(page, "Listen to a stream"),
    lesson(page, "Event types"),
    lesson(page, "Tokens, cookies and other origins"),
  ];
  await expect(code(listen)).toContainText("use_event_source");
  await expect(code(access), "a lesson without Rust shows another language").toContainText(
    "withCredentials",
  );
  await listen.getByRole("tab", { name: "curl" }).click();
  for (const one of [listen, types, access]) {
    await expect(code(one)).toHaveCount(1);
    await expect(code(one)).toContainText("curl ");
    await expect(one.getByRole("tab", { name: "curl" })).toHaveAttribute("aria-selected", "true");
  }
  await page.reload();
  await expect(code(types)).toContainText("curl ");
});

test("the tabs are one stop of the Tab key, and the arrows, Home and End select", async ({
  page,
}) => {
  await open(page, "/guide");
  const types = lesson(page, "Event types");
  const tab = (name: string) => types.getByRole("tab", { name });
  await expect(types.getByRole("tab")).toHaveText(["Rust", "JavaScript", "curl"]);
  await tab("Rust").focus();
  for (const [key, name] of [
    ["ArrowRight", "JavaScript"],
    ["End", "curl"],
    ["ArrowRight", "Rust"],
    ["ArrowLeft", "curl"],
    ["Home", "Rust"],
  ] as const) {
    await page.keyboard.press(key);
    await expect(tab(name)).toBeFocused();
    await expect(tab(name)).toHaveAttribute("aria-selected", "true");
    await expect(types.locator('[role="tab"][tabindex="0"]')).toHaveText([name]);
    await expect(types.getByRole("tabpanel", { name })).toBeVisible();
    await expect(types.getByRole("tabpanel")).toHaveCount(1);
  }
  await page.keyboard.press("Tab");
  await expect(types.getByRole("button", { name: "Copy the code of Event types" })).toBeFocused();
});

test("changing the language does not move the page", async ({ page }) => {
  await open(page, "/guide");
  const tabs = lesson(page, "A live chat").getByRole("tablist");
  await tabs.scrollIntoViewIfNeeded();
  const before = await tabs.boundingBox();
  for (const name of ["curl", "JavaScript", "Rust"]) {
    await tabs.getByRole("tab", { name }).click();
    expect(await tabs.boundingBox()).toEqual(before);
  }
});

test("code is copied as it is shown, and a status says so", async ({ page, context, server }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page, "/guide");
  const first = lesson(page, "Your first event, in one minute");
  await first.getByRole("button", { name: "Copy" }).click();
  await expect(page.getByRole("status").locator(".saying")).toHaveText("Copied the curl code");
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe(await code(first).textContent());
  expect(copied).toContain(`${server.url}/topics/hello`);
});

test("the table of contents marks the current lesson and leads to each", async ({ page }) => {
  await open(page, "/guide");
  const rail = page.getByRole("navigation", { name: "Lessons", exact: true });
  const marked = rail.locator("[aria-current]");
  await expect(rail.getByRole("link")).toHaveCount(14);
  for (const [id, name] of [
    ["types", "Event types"],
    ["websocket", "WebSocket"],
    ["access", "Access"],
    ["listen", "Listen"],
  ] as const) {
    await rail.getByRole("link", { name }).click();
    await expect(page).toHaveURL(`/guide#${id}`);
    await expect(marked).toHaveText(new RegExp(`${name}$`));
    await expect(page.locator(`#${id} h2`)).toBeInViewport({ ratio: 1 });
  }
  await page.mouse.wheel(0, 900);
  await expect(marked).not.toHaveText(/Listen$/);
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing in the guide while a demo is open, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await open(page, "/guide");
    const types = lesson(page, "Event types");
    await types.getByRole("tab", { name: "JavaScript" }).click();
    await types.getByRole("button", { name: "Publish a notification" }).click();
    await expect(types.getByLabel("On the wire")).toContainText("event: notification");
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(
      violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`,
      ),
    ).toEqual([]);
  });
}

test("the palette finds a lesson by its title while the guide is open", async ({ page }) => {
  await open(page, "/guide");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("without loss");
  await expect(page.getByRole("option").first()).toContainText("Reconnect without loss");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL("/guide#reconnect");
  await expect(page.locator("#reconnect h2")).toBeInViewport({ ratio: 1 });
  await expect(page.locator(".rail [aria-current]")).toHaveText(/Reconnect$/);
  await page
    .getByRole("navigation", { name: "Pages" })
    .getByRole("link", { name: "Board" })
    .click();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("without loss");
  await expect(page.getByRole("option").filter({ hasText: "Reconnect without loss" })).toHaveCount(
    0,
  );
});

test("links lead from lesson to lesson and back", async ({ page }) => {
  await open(page, "/guide");
  const lessons = await page
    .locator(".lesson")
    .evaluateAll((lessons) => lessons.map((lesson) => lesson.id));
  for (const id of lessons.slice(1)) {
    await page
      .locator(".onward .on")
      .nth(lessons.indexOf(id) - 1)
      .click();
    await expect(page).toHaveURL(`/guide#${id}`);
  }
  await expect(page.locator(".onward .on")).toHaveCount(lessons.length - 1);
  await lesson(page, "Listen to a stream")
    .getByRole("link", { name: "Previous Your first event" })
    .click();
  await expect(page).toHaveURL("/guide#first");
});

test("an address with a lesson opens at that lesson, even with another language chosen", async ({
  page,
}) => {
  await open(page, "/guide");
  await lesson(page, "Event types").getByRole("tab", { name: "curl" }).click();
  await page.goto("/");
  await open(page, "/guide#replay");
  await expect(page.locator("#replay h2")).toBeInViewport({ ratio: 1 });
  await expect(page.locator(".rail [aria-current]")).toHaveText(/Replay$/);
});

for (const width of [360, 768]) {
  test(`at ${width} px the table of contents is a row above the lessons that stays in view`, async ({
    page,
  }) => {
    await page.setViewportSize({ width, height: 740 });
    await open(page, "/guide#replay");
    const rail = page.getByRole("navigation", { name: "Lessons", exact: true });
    await expect(rail.locator("[aria-current]")).toHaveText(/Replay$/);
    await expect(rail.locator("[aria-current]")).toBeInViewport({ ratio: 1 });
    const [row, heading] = [
      (await rail.boundingBox())!,
      (await page.locator("#replay h2").boundingBox())!,
    ];
    expect(row.height).toBeLessThan(60);
    expect(heading.y, "the heading is not under the row").toBeGreaterThanOrEqual(
      row.y + row.height,
    );
  });
}

test("publishing opens the stream, and the page shows the response and the text on the wire", async ({
  page,
}) => {
  await open(page, "/guide");
  const first = lesson(page, "Your first event, in one minute");
  await expect(state(first)).toHaveText("closed");
  await first.getByRole("button", { name: "Publish" }).click();
  await expect(state(first)).toHaveText("open");
  await expect(first.locator(".rows li")).toContainText("Hello World");
  const answer = await first.locator(".answer").textContent();
  const id = /stored as (\S+)/.exec(answer!)![1];
  await expect(first.getByLabel("On the wire")).toHaveText(
    new RegExp(`^id: ${id}\nevent: message\ndata: \\{"message":"Hello World",`),
  );
  await first.getByRole("link", { name: "/topics/hello" }).click();
  await expect(page.getByRole("main")).toContainText("Hello World");
});

test("an event with an id of its own is stored once, and the second response says so", async ({
  page,
}) => {
  await open(page, "/guide");
  const publish = lesson(page, "Publish from any program");
  const button = publish.getByRole("button", { name: "With its own id" });
  await button.click();
  await expect(publish.locator(".answer")).toContainText("201, stored as");
  await button.click();
  await expect(publish.locator(".answer")).toContainText("200, already stored as");
  await expect(publish.locator(".rows li")).toHaveCount(1);
});

test("replay delivers the events stored before the page was opened", async ({ page, server }) => {
  for (const text of ["one", "two"]) await server.publish("guide/replay", text);
  await open(page, "/guide");
  const replay = lesson(page, "Replay stored events");
  await connect(replay);
  await expect(replay.locator(".rows .text")).toHaveText(["two", "one"]);
});

test("the round trip to the server is measured", async ({ page }) => {
  await open(page, "/guide");
  const proxies = lesson(page, "Proxies that buffer events");
  await proxies.getByRole("button", { name: "Publish and measure" }).click();
  await expect(proxies.locator(".rows li")).toContainText(/\d+ ms from this page/);
});

test("the page says which tab has the connection", async ({ page, context }) => {
  await open(page, "/guide");
  const owner = lesson(page, "The limit of six connections").getByRole("status");
  await expect(owner).toHaveText("This tab has its own connection.");
  const [other] = await Promise.all([
    context.waitForEvent("page"),
    page.getByRole("link", { name: "Open the board in a second tab" }).click(),
  ]);
  await expect(owner).toHaveText("This tab has the connection and shares it with 1 other tab.");
  await other.close();
  await expect(owner).toHaveText("This tab has its own connection.");
});

test("a lost stream says so and reconnects", async ({ page, server, complaints }) => {
  complaints.expectLostConnections();
  await open(page, "/guide");
  const listen = lesson(page, "Listen to a stream");
  await connect(listen);
  await server.stop();
  await expect(state(listen)).toHaveText("reconnecting");
  await server.start();
  await expect(state(listen)).toHaveText("open");
  await server.publish("guide/listen", "after the loss");
  await expect(listen.locator(".rows li").first()).toContainText("after the loss");
});

test.describe("with a heartbeat twice a second", () => {
  test.use({ serverArgs: ["--no-host-metrics", "--heartbeat", "0.5"] });

  test("heartbeats arrive", async ({ page }) => {
    await open(page, "/guide");
    const heartbeat = lesson(page, "Detect a dead connection");
    await connect(heartbeat);
    await expect(heartbeat.locator(".rows li").first()).toContainText("heartbeat");
    await expect(heartbeat.locator(".rows li").first()).toContainText("alive at");
    await expect(heartbeat.locator(".rows li").nth(2)).toBeVisible();
  });
});

test("one lesson is connected at a time, and none outside the guide", async ({ page, wire }) => {
  await open(page, `${wire.url}/guide`);
  await connect(lesson(page, "Listen to a stream"));
  await connect(lesson(page, "Event types"));
  // A browser has six connections to a server. Lessons that used all of them would leave none to publish with.
  await expect(
    lesson(page, "Listen to a stream").getByText("closed", { exact: true }),
  ).toBeVisible();
  await expect.poll(() => wire.streams.length).toBe(2);
  await page
    .getByRole("navigation", { name: "Pages" })
    .getByRole("link", { name: "Board" })
    .click();
  await expect.poll(() => wire.streams.length).toBe(1);
  await isLive(page);
});
