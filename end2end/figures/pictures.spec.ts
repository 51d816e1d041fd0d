import { resolve } from "node:path";
import { type Page } from "@playwright/test";
import { type Server, expect, isLive, open, test } from "../tests/fixtures.js";

// The pictures of the README: a board as it is on an ordinary morning. Times lie in the last quarter of an hour, so that the
// charts have something to tell.

const DOCS = resolve(__dirname, "../../docs");
const MINUTES = 15;

interface Told {
  topic: string;
  type: string;
  data: unknown;
}

/** Publishes events of the past: each with the time it is said to have happened at. */
async function past(server: Server, told: (Told & { time: number })[]): Promise<void> {
  const events = told.map(({ time, ...event }, at) => ({
    specversion: "1.0",
    id: `picture-${at}`,
    source: "/pictures",
    time: new Date(time).toISOString(),
    ...event,
  }));
  for (let from = 0; from < events.length; from += 200) {
    const answer = await fetch(`${server.url}/events`, {
      method: "POST",
      headers: { "content-type": "application/cloudevents-batch+json" },
      body: JSON.stringify(events.slice(from, from + 200)),
    });
    expect(answer.status, await answer.text()).toBe(201);
  }
}

/** A line that goes up and down as measured things do, the same on each run. */
function wave(at: number, middle: number, height: number, ...periods: number[]): number {
  const sum = periods.reduce(
    (all, period, index) => all + Math.sin(at / period + index * 1.7) / (index + 1),
    0,
  );
  return Math.round((middle + (height * sum) / periods.length) * 10) / 10;
}

async function morning(server: Server): Promise<void> {
  const now = Date.now();
  const told: (Told & { time: number })[] = [];
  for (let second = MINUTES * 60; second >= 0; second -= 5) {
    const [time, at] = [now - second * 1_000, (MINUTES * 60 - second) / 5];
    told.push({
      time,
      topic: "office/sensor",
      type: "metrics",
      data: { temperature: wave(at, 21.6, 1.1, 31, 9), humidity_percent: wave(at, 43, 5, 47, 13) },
    });
    told.push({
      time,
      topic: "shop/api",
      type: "metrics",
      data: {
        requests_per_second: Math.round(wave(at, 420, 130, 23, 7, 3)),
        p99_ms: Math.round(wave(at, 38, 16, 17, 5, 2)),
      },
    });
    if (at % 12 === 0)
      told.push({
        time,
        topic: "shop/queue",
        type: "metrics",
        data: { waiting: Math.round(wave(at, 24, 20, 29, 11)) },
      });
  }
  const minutes = (count: number) => now - count * 60_000;
  told.push({
    time: minutes(14),
    topic: "jobs/nightly",
    type: "message",
    data: { backup: "done", index: "running", mail: "waiting", primary: true },
  });
  told.push({
    time: minutes(6),
    topic: "jobs/nightly",
    type: "message",
    data: { backup: "done", index: "done", mail: "running", primary: true },
  });
  told.push({
    time: minutes(13),
    topic: "deploys",
    type: "notification",
    data: { type: "info", message: "api v2.31.0: rollout begun, 1 of 6" },
  });
  told.push({
    time: minutes(11),
    topic: "deploys",
    type: "notification",
    data: { type: "success", message: "api v2.31.0 is live on all 6" },
  });
  told.push({
    time: minutes(7),
    topic: "alerts",
    type: "notification",
    data: { type: "warning", message: "Disk on db-2 is 91 % full" },
  });
  told.push({
    time: minutes(2),
    topic: "alerts",
    type: "notification",
    data: { type: "error", message: "Checkout: 3 payments were declined by the bank" },
  });
  for (const [ago, content] of [
    [9, "Opening hours changed"],
    [5, "Price list of December is out"],
    [1, "Status page: all systems work"],
  ] as const) {
    told.push({ time: minutes(ago), topic: "pages/home", type: "update", data: { content } });
  }
  await past(
    server,
    told.sort((a, b) => a.time - b.time),
  );
  await server.say("general", "Ada", "Good morning! Is the deploy through?");
  await server.say("general", "Grace", "All six, two minutes ago");
  await server.say("general", "Grace", "I am watching p99 for a while");
  await server.say("general", "Ada", "Thanks. Then I take the disk on db-2");
}

async function settled(page: Page): Promise<void> {
  await isLive(page);
  await page.evaluate(() => document.fonts.ready);
  // The machine's own numbers draw a line once they have come for a while.
  await expect
    .poll(() => page.evaluate(() => performance.now()), { timeout: 60_000 })
    .toBeGreaterThan(4_000);
}

test.use({ serverArgs: [], locale: "en-GB" });

test("the pictures of the README", async ({ server, newPage }) => {
  await morning(server);
  const picture = async (
    name: string,
    path: string,
    width: number,
    height: number,
    colorScheme: "light" | "dark",
    prepare = async (_page: Page) => {},
  ) => {
    const page = await newPage({
      viewport: { width, height },
      colorScheme,
      deviceScaleFactor: width < 500 ? 2 : 1,
      reducedMotion: "reduce",
      locale: "en-GB",
    });
    await page.context().addCookies([
      { name: "hint", value: "gone", url: server.url },
      { name: "name", value: "Grace", url: server.url },
    ]);
    await open(page, path);
    await prepare(page);
    await settled(page);
    await page.screenshot({ path: `${DOCS}/${name}.png` });
    await page.close();
  };
  await picture("chat", "/chat/general", 1440, 900, "light");
  await picture("inspector", "/inspector?q=topic:shop/**", 1440, 900, "dark", async (page) => {
    await page.getByRole("grid", { name: "Events" }).locator(".row:not([hidden])").nth(3).click();
  });
  await picture("guide", "/guide", 1440, 900, "light");
  // Last, when there is something to draw of this machine.
  await picture("board-dark", "/", 1440, 940, "dark");
  await picture("board-light", "/", 1440, 940, "light");
  await picture("board-phone", "/", 390, 844, "dark");
});
