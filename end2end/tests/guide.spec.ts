import type { Locator, Page } from "@playwright/test";
import { expect, isLive, open, test } from "./fixtures.js";

function lesson(page: Page, name: string): Locator {
  return page.getByRole("region", { name, exact: true });
}

async function connect(lesson: Locator): Promise<void> {
  await lesson.getByRole("button", { name: "Connect" }).click();
  await expect(lesson.getByRole("status")).toHaveText("connected");
}

test("event types: a notification and an update arrive under their names", async ({ page }) => {
  await open(page, "/guide");
  const types = lesson(page, "Event types");
  await connect(types);
  await types.getByRole("button", { name: "Publish a notification" }).click();
  const row = (type: string) => types.getByRole("listitem").filter({ has: page.locator("code", { hasText: type }) });
  await expect(row("notification")).toContainText("info: New user joined");
  await types.getByRole("button", { name: "Publish an update" }).click();
  await expect(row("update")).toContainText("Page content updated");
  await expect(types.getByRole("listitem")).toHaveCount(2);
});

test("listening: a line published comes back through the server", async ({ page, server }) => {
  await open(page, "/guide");
  const listen = lesson(page, "Listen to a stream");
  await connect(listen);
  await listen.getByRole("textbox", { name: "What to publish" }).fill("From the page");
  await listen.getByRole("button", { name: "Publish" }).click();
  await expect(listen.getByRole("listitem")).toContainText("From the page");
  await server.publish("guide/listen", "From a program");
  await expect(listen.getByRole("listitem").first()).toContainText("From a program");
});

test("opening and closing: nothing arrives on a stream that is closed, and everything once it is open again", async ({ page, server }) => {
  await open(page, "/guide");
  const reconnect = lesson(page, "Reconnect without loss");
  await connect(reconnect);
  await server.publish("guide/reconnect", "one");
  await expect(reconnect.getByRole("listitem")).toHaveCount(1);
  await reconnect.getByRole("button", { name: "Close" }).click();
  await expect(reconnect.getByRole("status")).toHaveText("closed");
  await server.publish("guide/reconnect", "two");
  await server.publish("guide/reconnect", "three");
  await expect(reconnect.getByRole("listitem")).toHaveCount(1);
  await connect(reconnect);
  await expect(reconnect.getByRole("listitem").locator(".text")).toHaveText(["three", "two", "one"]);
});

test("the basic stream carries every message, whatever its topic", async ({ page, server }) => {
  await open(page, "/guide");
  const basic = lesson(page, "Open, message, error, close");
  await connect(basic);
  await server.publish("anywhere/at/all", "Another update");
  await expect(basic.getByRole("listitem").first()).toContainText("Another update");
});

test("the live chat shows what is said in the guide's room", async ({ page, server }) => {
  await open(page, "/guide");
  const chat = lesson(page, "A live chat");
  await connect(chat);
  await server.say("guide", "Ada", "Hello");
  await expect(chat.getByRole("listitem")).toContainText("Ada: Hello");
  await chat.getByRole("textbox", { name: "Your name" }).fill("Grace");
  await chat.getByRole("textbox", { name: "Message guide" }).fill("Hello Ada");
  await chat.getByRole("button", { name: "Send" }).click();
  await expect(chat.getByRole("listitem").first()).toContainText("Grace: Hello Ada");
});

test("the protocol: the newest event is shown in all three framings", async ({ page, server }) => {
  await open(page, "/guide");
  const protocol = lesson(page, "The protocol is text");
  const id = await server.notify("deploys", "on the wire");
  await expect(protocol.getByLabel("named", { exact: true })).toContainText(
    `id: ${id}\nevent: notification\ndata: {"type":"info","message":"on the wire"}`,
  );
  await expect(protocol.getByLabel("unnamed", { exact: true })).not.toContainText("event:");
  await expect(protocol.getByLabel("envelope", { exact: true })).toContainText('"specversion":"1.0"');
});

test("code is shown in the language chosen", async ({ page }) => {
  await open(page, "/guide");
  const listen = lesson(page, "Listen to a stream");
  await expect(listen.getByLabel("Rust", { exact: true })).toBeVisible();
  await expect(listen.getByLabel("JavaScript", { exact: true })).toBeHidden();
  await listen.getByRole("button", { name: "JavaScript" }).click();
  await expect(listen.getByLabel("JavaScript", { exact: true })).toContainText("new EventSource('/events?topic=guide/listen')");
  await expect(listen.getByLabel("Rust", { exact: true })).toBeHidden();
});

test.describe("with a heartbeat twice a second", () => {
  test.use({ serverArgs: ["--no-host-metrics", "--heartbeat", "0.5"] });

  test("heartbeats are heard", async ({ page }) => {
    await open(page, "/guide");
    const heartbeat = lesson(page, "Know that it is alive");
    await connect(heartbeat);
    await expect(heartbeat.getByRole("listitem").first()).toContainText("heartbeat");
    await expect(heartbeat.getByRole("listitem").first()).toContainText("alive at");
    await expect(heartbeat.getByRole("listitem").nth(2)).toBeVisible();
  });
});

test("one lesson is connected at a time, and none once one leaves the guide", async ({ page, wire }) => {
  await open(page, `${wire.url}/guide`);
  await connect(lesson(page, "Listen to a stream"));
  await connect(lesson(page, "Event types"));
  // A browser has six connections to a server; lessons that held them all would leave none to publish with.
  await expect(lesson(page, "Listen to a stream").getByText("closed", { exact: true })).toBeVisible();
  await expect.poll(() => wire.streams.length).toBe(2);
  await page.getByRole("link", { name: "Board", exact: true }).click();
  await expect.poll(() => wire.streams.length).toBe(1);
  await isLive(page);
});
