import type { BrowserContext, Page } from "@playwright/test";
import {
  type Complaints,
  type Server,
  badge,
  connectionLog,
  expect,
  gapNotice,
  inspectorOf,
  isLive,
  publishNumbered,
  rows,
  showsEachOnce,
  test,
} from "./fixtures.js";

const PATIENCE = 3_000;

/** Tabs of one browser, one after another, each following the stream. */
async function openTabs(
  context: BrowserContext,
  complaints: Complaints,
  count: number,
  url: string,
): Promise<Page[]> {
  const tabs: Page[] = [];
  for (let number = 0; number < count; number++) {
    const tab = await context.newPage();
    complaints.watch(tab);
    await tab.goto(url);
    await isLive(tab);
    tabs.push(tab);
  }
  return tabs;
}

/** The streams that are open, as the server counts them. */
async function streams(server: Server): Promise<number> {
  const response = await fetch(`${server.url}/metrics`, { headers: { connection: "close" } });
  const counts = [
    ...(await response.text()).matchAll(/^pulseboard_streams(?:\{[^}]*\})? (\d+)$/gm),
  ];
  expect(counts.length, "counts of streams in /metrics").toBeGreaterThan(0);
  return counts.reduce((sum, count) => sum + Number(count[1]), 0);
}

/** The tab with the connection, and the others. */
async function roles(tabs: Page[]): Promise<{ leader: Page; followers: Page[] }> {
  const found = await Promise.all(tabs.map((tab) => badge(tab).getAttribute("data-role")));
  const leaders = tabs.filter((_, index) => found[index] !== "follower");
  expect(leaders, `roles are ${found.join(", ")}`).toHaveLength(1);
  return { leader: leaders[0]!, followers: tabs.filter((_, index) => found[index] === "follower") };
}

/** Waits until every tab shows an event, and answers how long it took from its publishing, in milliseconds. */
async function reaches(server: Server, tabs: Page[], number: number): Promise<number> {
  const began = Date.now();
  await server.publish("numbered", `event ${number}`);
  await Promise.all(
    tabs.map((tab) =>
      expect(rows(tab).filter({ hasText: new RegExp(`event ${number}\\b`) })).toHaveCount(1),
    ),
  );
  return Date.now() - began;
}

test("ten tabs of a browser share one connection, and each shows every event once", async ({
  context,
  server,
  complaints,
}) => {
  const tabs = await openTabs(context, complaints, 10, inspectorOf("numbered"));
  await expect.poll(() => streams(server)).toBe(1);
  await publishNumbered(server, "numbered", 1, 30);
  for (const tab of tabs) await showsEachOnce(tab, 30);
  expect(await streams(server)).toBe(1);

  const { leader, followers } = await roles(tabs);
  await expect(badge(leader)).toHaveAttribute("data-role", "leader");
  await badge(followers[0]!).click();
  await expect(followers[0]!.getByText("Live · shared by another tab")).toBeVisible();
  await badge(leader).click();
  await expect(leader.getByText("shares its connection with 9 other tabs")).toBeVisible();
});

test("when the tab with the connection is closed another takes over, and nothing is lost or doubled", async ({
  context,
  server,
  complaints,
}) => {
  const tabs = await openTabs(context, complaints, 4, inspectorOf("numbered"));
  await publishNumbered(server, "numbered", 1, 5);
  for (const tab of tabs) await showsEachOnce(tab, 5);
  let left = tabs;
  for (let last = 5; left.length > 1; last += 10) {
    const { leader, followers } = await roles(left);
    left = followers;
    const publishing = publishNumbered(server, "numbered", last + 1, last + 9);
    await leader.close();
    await publishing;
    expect(await reaches(server, left, last + 10), "milliseconds").toBeLessThan(PATIENCE);
    for (const tab of left) {
      await showsEachOnce(tab, last + 10);
      await expect(gapNotice(tab)).toHaveCount(0);
    }
    await expect.poll(() => streams(server)).toBe(1);
  }
});

test("a tab that the browser freezes hands the connection over, and catches up when it is thawed", async ({
  context,
  server,
  complaints,
}) => {
  const tabs = await openTabs(context, complaints, 3, inspectorOf("numbered"));
  await publishNumbered(server, "numbered", 1, 3);
  for (const tab of tabs) await showsEachOnce(tab, 3);
  const { leader, followers } = await roles(tabs);
  const session = await context.newCDPSession(leader);
  await session.send("Page.setWebLifecycleState", { state: "frozen" });
  expect(await reaches(server, followers, 4), "milliseconds").toBeLessThan(PATIENCE);
  await publishNumbered(server, "numbered", 5, 9);
  for (const tab of followers) await showsEachOnce(tab, 9);
  await session.send("Page.setWebLifecycleState", { state: "active" });
  await showsEachOnce(leader, 9);
  await expect.poll(() => streams(server)).toBe(1);
});

test("a tab that hangs loses the connection to another within seconds", async ({
  context,
  server,
  complaints,
}) => {
  const tabs = await openTabs(context, complaints, 3, inspectorOf("numbered"));
  await publishNumbered(server, "numbered", 1, 3);
  for (const tab of tabs) await showsEachOnce(tab, 3);
  const { leader, followers } = await roles(tabs);
  // Stopped in its tracks, without a word.
  const session = await context.newCDPSession(leader);
  await session.send("Debugger.enable");
  const paused = new Promise((done) => session.once("Debugger.paused", done));
  await session.send("Debugger.pause");
  await paused;
  expect(await reaches(server, followers, 4), "milliseconds").toBeLessThan(PATIENCE);
  await publishNumbered(server, "numbered", 5, 9);
  for (const tab of followers) await showsEachOnce(tab, 9);
  await session.send("Debugger.resume");
  await session.send("Debugger.disable");
  await showsEachOnce(leader, 9);
  expect(await reaches(server, tabs, 10), "milliseconds").toBeLessThan(PATIENCE);
  for (const tab of tabs) await showsEachOnce(tab, 10);
  await expect.poll(() => streams(server)).toBe(1);
  expect((await roles(tabs)).leader).not.toBe(leader);
});

test("pausing pauses one tab: the others go on, and it misses nothing", async ({
  context,
  server,
  complaints,
}) => {
  const tabs = await openTabs(context, complaints, 3, inspectorOf("numbered"));
  const { leader, followers } = await roles(tabs);
  for (const [tab, others, last] of [
    [leader, followers, 0],
    [followers[1]!, [followers[0]!, leader], 10],
  ] as const) {
    await badge(tab).click();
    await tab.getByRole("banner").getByRole("button", { name: "Pause" }).click();
    await expect(badge(tab)).toHaveAttribute("data-state", "paused");
    await publishNumbered(server, "numbered", last + 1, last + 10);
    for (const other of others) await showsEachOnce(other, last + 10);
    await expect(badge(tab)).toHaveAttribute("data-state", "paused");
    await tab.getByRole("banner").getByRole("button", { name: "Resume" }).click();
    await showsEachOnce(tab, last + 10);
    await tab.keyboard.press("Escape");
    await expect.poll(() => streams(server)).toBe(1);
  }
});

test("a tab that was gone back to follows again", async ({ context, server, complaints }) => {
  const [first, second] = await openTabs(context, complaints, 2, inspectorOf("numbered"));
  await publishNumbered(server, "numbered", 1, 3);
  for (const tab of [first!, second!]) {
    await showsEachOnce(tab, 3);
    await tab.goto("about:blank");
  }
  await publishNumbered(server, "numbered", 4, 6);
  for (const tab of [first!, second!]) {
    await tab.goBack();
    await isLive(tab);
    await showsEachOnce(tab, 6);
  }
  await expect.poll(() => streams(server)).toBe(1);
});

test("without Web Locks each tab has a connection of its own", async ({
  context,
  server,
  complaints,
}) => {
  await context.addInitScript(() =>
    Object.defineProperty(Navigator.prototype, "locks", { get: () => undefined }),
  );
  const tabs = await openTabs(context, complaints, 3, inspectorOf("numbered"));
  await expect.poll(() => streams(server)).toBe(3);
  await publishNumbered(server, "numbered", 1, 5);
  for (const tab of tabs) {
    await showsEachOnce(tab, 5);
    await expect(badge(tab)).toHaveAttribute("data-role", "alone");
  }
});

test("a log that began anew is told of in every tab, once", async ({
  context,
  server,
  wire,
  complaints,
}) => {
  complaints.expectLostConnections();
  const tabs = await openTabs(context, complaints, 3, wire.url + inspectorOf("numbered"));
  await publishNumbered(server, "numbered", 1, 3);
  for (const tab of tabs) await showsEachOnce(tab, 3);
  await server.stop("SIGKILL");
  for (const tab of tabs)
    await expect(badge(tab), "followers say what the connection does").toHaveAttribute(
      "data-state",
      "reconnecting",
    );
  server.forget();
  await server.start();
  await publishNumbered(server, "numbered", 4, 6);
  for (const tab of tabs) {
    await isLive(tab);
    await showsEachOnce(tab, 6);
    await expect(connectionLog(tab).filter({ hasText: "began anew" })).toHaveCount(1);
    await expect(gapNotice(tab)).toHaveCount(1);
  }
});

test("whoever has two rooms open is present in both, over one connection", async ({
  context,
  server,
  complaints,
  newPage,
}) => {
  await context.addCookies([{ name: "name", value: "Ada", url: server.url }]);
  const [red] = await openTabs(context, complaints, 1, "/chat/red");
  const [blue] = await openTabs(context, complaints, 1, "/chat/blue");
  const other = await newPage();
  const people = (page: Page) => page.getByRole("complementary", { name: "Here now" });
  for (const room of ["red", "blue"]) {
    await other.goto(`/chat/${room}`);
    await isLive(other);
    await expect(people(other)).toContainText("Ada");
  }
  // One for each browser.
  await expect.poll(() => streams(server)).toBe(2);
  await expect(people(blue!)).toContainText("Ada");
  await expect(people(red!)).toContainText("Ada");

  // Whichever goes, the room that is left keeps them and the other does not.
  await red!.close();
  await server.say("blue", "Grace", "Still there?");
  await expect(blue!.getByText("Still there?", { exact: true })).toBeVisible();
  await expect(people(other)).toContainText("Ada");
  await other.goto("/chat/red");
  await isLive(other);
  await expect(people(other)).not.toContainText("Ada");
  await other.goto("/chat/blue");
  await expect(people(other)).toContainText("Ada");
});
