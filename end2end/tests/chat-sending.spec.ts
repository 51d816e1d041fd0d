import type { Locator, Page, Route } from "@playwright/test";
import { expect, isLive, open, test } from "./fixtures.js";

const ROOM = "/chat/general";

function field(page: Page, room = "general"): Locator {
  return page.getByRole("textbox", { name: `Message ${room}` });
}

function lines(page: Page): Locator {
  return page.getByRole("log", { name: "Messages" }).locator("li.line");
}

function said(page: Page): Locator {
  return lines(page).locator(".said");
}

/** A page whose reader has this name already. */
async function as(page: Page, name: string, baseURL: string): Promise<Page> {
  await page
    .context()
    .addCookies([{ name: "name", value: encodeURIComponent(name), url: baseURL }]);
  return page;
}

async function say(page: Page, text: string): Promise<void> {
  await field(page).fill(text);
  await field(page).press("Enter");
}

/** Whether a request sends a message. Typing events use the same URL. */
function isSaying(route: Route): boolean {
  return route.request().headers()["ce-type"] === "chat";
}

test("a message is shown before the server responds, and then becomes a line of the room", async ({
  page,
  baseURL,
}) => {
  await open(await as(page, "Ada", baseURL!), ROOM);
  let letGo = () => {};
  const held = new Promise<void>((done) => (letGo = done));
  await page.route("**/topics/chat/general", async (route) => {
    if (isSaying(route)) await held;
    await route.continue();
  });
  await say(page, "one");
  await say(page, "two");
  await expect(said(page)).toHaveText(["one", "two"]);
  await expect(lines(page).locator(".fate")).toHaveText(["Sending…", "Queued"]);
  await expect(field(page)).toHaveValue("");
  letGo();
  await expect(lines(page).locator(".fate")).toHaveCount(0);
  await expect(said(page)).toHaveText(["one", "two"]);
  await expect(page.locator("li.unsent")).toHaveCount(0);
});

test("unsent messages keep their place and order, and Retry sends them", async ({
  page,
  server,
  complaints,
  baseURL,
}) => {
  complaints.expectLostConnections();
  await open(await as(page, "Ada", baseURL!), ROOM);
  let isDown = true;
  await page.route("**/topics/chat/general", (route) =>
    isDown && isSaying(route) ? route.abort() : route.continue(),
  );
  await say(page, "first");
  await expect(
    page.getByRole("alert").filter({ hasText: "Not sent. Can't reach the server." }),
  ).toBeVisible();
  await say(page, "second");
  await server.say("general", "Grace", "meanwhile");
  await expect(said(page)).toHaveText(["meanwhile", "first", "second"]);
  isDown = false;
  await page.getByRole("button", { name: "Retry" }).click();
  await expect(page.locator("li.unsent")).toHaveCount(0);
  await expect(said(page)).toHaveText(["meanwhile", "first", "second"]);
  const { events } = await server.history({ topic: ["chat/general"], type: ["chat"] });
  expect(events.map((event) => (event.data as { text: string }).text)).toEqual([
    "meanwhile",
    "first",
    "second",
  ]);
});

test("a message whose response was lost is not stored twice", async ({
  page,
  server,
  newPage,
  complaints,
  baseURL,
}) => {
  complaints.expectLostConnections();
  const other = await newPage();
  await open(other, ROOM);
  // Paused, so that the stream does not bring the message back.
  await open(await as(page, "Ada", baseURL!), ROOM);
  await page.locator("summary[data-state]").click();
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(page.locator("summary[data-state]")).toHaveAttribute("data-state", "paused");
  await page.keyboard.press("Escape");
  let isLost = true;
  await page.route("**/topics/chat/general", async (route) => {
    if (!isLost || !isSaying(route)) return route.continue();
    isLost = false;
    await route.fetch();
    await route.abort();
  });
  await say(page, "once");
  await expect(said(other)).toHaveText(["once"]);
  await page.getByRole("button", { name: "Retry" }).click();
  await expect(page.getByRole("button", { name: "Retry" })).toHaveCount(0);
  await page.locator("summary[data-state]").click();
  await page.getByRole("button", { name: "Resume" }).click();
  await isLive(page);
  await expect(page.locator("li.unsent")).toHaveCount(0);
  await expect(said(page)).toHaveText(["once"]);
  await server.say("general", "Grace", "last");
  await expect(said(other)).toHaveText(["once", "last"]);
});

test("unsent messages are sent by themselves once the server is back", async ({
  page,
  server,
  complaints,
  baseURL,
}) => {
  complaints.expectLostConnections();
  await open(await as(page, "Ada", baseURL!), ROOM);
  await say(page, "Hello");
  await expect(page.locator("li.unsent")).toHaveCount(0);
  await server.stop();
  await say(page, "Is anybody there?");
  await expect(page.getByRole("button", { name: "Retry" })).toBeVisible();
  await say(page, "Hello?");
  await server.start();
  await isLive(page);
  await expect(page.locator("li.unsent")).toHaveCount(0);
  await expect(said(page)).toHaveText(["Hello", "Is anybody there?", "Hello?"]);
});

test("a refused message shows the reason, holds nothing back, and Discard removes it", async ({
  page,
  complaints,
  baseURL,
}) => {
  complaints.expect(/the server responded with a status of 400/);
  await open(await as(page, "Ada", baseURL!), ROOM);
  await page.route("**/topics/chat/general", async (route) => {
    const refused = isSaying(route) && (route.request().postData() ?? "").includes("forbidden");
    if (!refused) return route.continue();
    const body = JSON.stringify({
      title: "Bad Request",
      status: 400,
      detail: "That is not said here.",
    });
    return route.fulfill({ status: 400, contentType: "application/problem+json", body });
  });
  await say(page, "forbidden");
  await expect(
    page.getByRole("alert").filter({ hasText: "Not sent. That is not said here." }),
  ).toBeVisible();
  await say(page, "allowed");
  await expect(said(page)).toHaveText(["allowed", "forbidden"]);
  await page.getByRole("button", { name: "Discard" }).click();
  await expect(said(page)).toHaveText(["allowed"]);
});

test("a message keeps its line breaks", async ({ page, newPage, baseURL }) => {
  const other = await newPage();
  await open(other, ROOM);
  await open(await as(page, "Ada", baseURL!), ROOM);
  const height = async () => (await field(page).boundingBox())!.height;
  const before = await height();
  await field(page).pressSequentially("one");
  await field(page).press("Shift+Enter");
  await field(page).pressSequentially("  two");
  await field(page).press("Shift+Enter");
  await field(page).pressSequentially("three");
  await expect(field(page)).toHaveValue("one\n  two\nthree");
  expect(await height(), "the field grows with its text").toBeGreaterThan(before + 30);
  await field(page).press("Enter");
  await expect(field(page)).toHaveValue("");
  await expect.poll(height).toBe(before);
  await expect(said(other)).toHaveCount(1);
  expect(await said(other).evaluate((element) => (element as HTMLElement).innerText)).toBe(
    "one\n  two\nthree",
  );
});

test("on a touch screen Enter adds a line, and the button sends", async ({ newPage, baseURL }) => {
  const page = await as(
    await newPage({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 800 } }),
    "Ada",
    baseURL!,
  );
  await open(page, ROOM);
  await field(page).pressSequentially("one");
  await field(page).press("Enter");
  await field(page).pressSequentially("two");
  await expect(field(page)).toHaveValue("one\ntwo");
  await page.getByRole("button", { name: "Send" }).tap();
  await expect(said(page)).toHaveText(["one two"]);
  await expect(field(page)).toBeFocused();
});

test("each room keeps its draft until it is sent", async ({ page, server, baseURL }) => {
  await server.say("ops", "Grace", "in ops");
  await open(await as(page, "Ada", baseURL!), ROOM);
  await field(page).fill("half a thought");
  const rooms = page.getByRole("complementary", { name: "Rooms" });
  await rooms.getByRole("link", { name: "ops" }).click();
  await expect(field(page, "ops")).toHaveValue("");
  await field(page, "ops").fill("another");
  await rooms.getByRole("link", { name: "general" }).click();
  await expect(field(page)).toHaveValue("half a thought");
  await page.reload();
  await isLive(page);
  await expect(field(page)).toHaveValue("half a thought");
  await field(page).press("Enter");
  await expect(said(page)).toHaveText(["half a thought"]);
  await page.reload();
  await isLive(page);
  await expect(field(page)).toHaveValue("");
  await rooms.getByRole("link", { name: "ops" }).click();
  await expect(field(page, "ops")).toHaveValue("another");
});

test("web addresses become links without a referrer, and nothing else becomes a link", async ({
  page,
  server,
}) => {
  await server.say(
    "general",
    "Ada",
    "see https://a.example/x?y=1, (http://b.example/) and javascript:alert(1)",
  );
  await server.say(
    "general",
    "Ada",
    "https://bank.example@evil.example/ and https://a.example/\u202egpj.exe",
  );
  await open(page, ROOM);
  const links = said(page).getByRole("link");
  const shown = await links.evaluateAll((all) =>
    all.map((link) => [
      link.textContent,
      link.getAttribute("href"),
      link.getAttribute("rel"),
      link.getAttribute("target"),
    ]),
  );
  const of = (address: string) => [address, address, "noopener noreferrer nofollow", "_blank"];
  expect(shown).toEqual([
    of("https://a.example/x?y=1"),
    of("http://b.example/"),
    of("https://a.example/"),
  ]);
  await expect(said(page).last(), "what would turn the text around is shown instead").toContainText(
    "https://a.example/U+202Egpj.exe",
  );
});

test("unsent messages survive a reload in their room and order, and Retry stores each once", async ({
  page,
  server,
  newPage,
  complaints,
  baseURL,
}) => {
  complaints.expectLostConnections();
  await open(await as(page, "Ada", baseURL!), ROOM);
  let isDown = true;
  const refuse = async () =>
    page.route("**/topics/chat/**", (route) =>
      isDown && isSaying(route) ? route.abort() : route.continue(),
    );
  await refuse();
  await say(page, "first\nin two lines");
  await expect(page.getByRole("button", { name: "Retry" })).toBeVisible();
  await page.goto("/chat/elsewhere");
  await isLive(page);
  await expect(page.locator("li.unsent")).toHaveCount(0);
  await expect(
    page.getByRole("complementary", { name: "Rooms" }).getByRole("link", { name: "general" }),
  ).toContainText("Not sent");
  await page.goto(ROOM);
  await isLive(page);
  await expect(said(page)).toHaveText(["first\nin two lines"]);
  await expect(
    page.getByRole("alert").filter({ hasText: "Not sent. Can't reach the server." }),
  ).toBeVisible();
  isDown = false;
  await page.getByRole("button", { name: "Retry" }).click();
  await expect(page.locator("li.unsent")).toHaveCount(0);
  await page.reload();
  await isLive(page);
  await expect(said(page)).toHaveText(["first\nin two lines"]);
  await expect(page.locator("li.unsent")).toHaveCount(0);
  const other = await newPage();
  await open(other, ROOM);
  await expect(said(other)).toHaveText(["first\nin two lines"]);
  const { events } = await server.history({ topic: ["chat/general"], type: ["chat"] });
  expect(events).toHaveLength(1);
});

test("a message on its way when the page closes is sent once after a quick return, and after a late return its author is asked", async ({
  page,
  server,
  complaints,
  baseURL,
}) => {
  complaints.expectLostConnections();
  await open(await as(page, "Ada", baseURL!), ROOM);
  // The server stores it, and the page closes before the response; paused, so that the stream does not bring it back.
  await page.locator("summary[data-state]").click();
  await page.getByRole("banner").getByRole("button", { name: "Pause" }).click();
  await page.keyboard.press("Escape");
  let reached = () => {};
  const hasReached = new Promise<void>((done) => (reached = done));
  await page.route("**/topics/chat/general", async (route) => {
    if (!isSaying(route)) return route.continue();
    if ((route.request().postData() ?? "").includes("heard")) await route.fetch();
    reached();
  });
  await say(page, "heard");
  await hasReached;
  await say(page, "still waiting");
  await expect(lines(page).locator(".fate")).toHaveText(["Sending…", "Queued"]);
  await page.unroute("**/topics/chat/general");
  await page.reload();
  await isLive(page);
  await expect(page.locator("li.unsent")).toHaveCount(0);
  await expect(said(page)).toHaveText(["heard", "still waiting"]);
  const { events } = await server.history({ topic: ["chat/general"], type: ["chat"] });
  expect(events.map((event) => (event.data as { text: string }).text)).toEqual([
    "heard",
    "still waiting",
  ]);

  await page.route("**/topics/chat/general", (route) =>
    isSaying(route) ? undefined : route.continue(),
  );
  await say(page, "too late");
  await expect(lines(page).locator(".fate")).toHaveText("Sending…");
  // Pretends that it was written an hour ago.
  await page.addInitScript(() => {
    for (const name of Object.keys(localStorage).filter((name) =>
      name.startsWith("pulseboard.unsent."),
    )) {
      const entry = JSON.parse(localStorage.getItem(name)!) as { time: string };
      localStorage.setItem(
        name,
        JSON.stringify({
          ...entry,
          time: new Date(Date.parse(entry.time) - 3_600_000).toISOString(),
        }),
      );
    }
  });
  await page.reload();
  await isLive(page);
  await expect(
    page
      .getByRole("alert")
      .filter({ hasText: "Not sent. The page was closed before this was sent." }),
  ).toBeVisible();
  await page.getByRole("button", { name: "Discard" }).click();
  await expect(page.locator("li.unsent")).toHaveCount(0);
  await page.reload();
  await isLive(page);
  await expect(said(page)).toHaveText(["heard", "still waiting"]);
});

test("a message discarded in one tab is discarded in the others", async ({
  page,
  complaints,
  baseURL,
}) => {
  complaints.expectLostConnections();
  const refuse = (of: Page) =>
    of.route("**/topics/chat/general", (route) =>
      isSaying(route) ? route.abort() : route.continue(),
    );
  await refuse(page);
  await open(await as(page, "Ada", baseURL!), ROOM);
  await say(page, "rather not");
  await expect(page.getByRole("button", { name: "Discard" })).toBeVisible();
  const other = await page.context().newPage();
  await refuse(other);
  await open(other, ROOM);
  await expect(said(other)).toHaveText(["rather not"]);
  await other.getByRole("button", { name: "Discard" }).click();
  for (const window of [other, page]) await expect(window.locator("li.unsent")).toHaveCount(0);
});
