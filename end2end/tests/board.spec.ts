import { expect, open, test, tile } from "./fixtures.js";

test.describe("with host metrics", () => {
  test.use({ serverArgs: [] });

  test("the tiles of the host change their values by themselves", async ({ page }) => {
    await open(page, "/");
    for (const name of ["CPU", "Memory", "Network in", "Disk write", "Load"]) {
      await expect(page.getByRole("region", { name, exact: true }).locator(".value")).toHaveText(
        /\d/,
      );
    }
    // On an idle machine a rate may stay zero for a while, so each value may change or its tile stay fresh. Processor and
    // memory always change.
    const value = (name: string) =>
      page.getByRole("region", { name, exact: true }).locator(".value");
    const before = await value("Memory").textContent();
    const seen = new Set<string>();
    await expect
      .poll(
        async () => {
          for (const text of await page
            .locator("[data-topic='host/metrics'] .value")
            .allTextContents())
            seen.add(text);
          return seen.size;
        },
        { message: "different values that the five tiles have shown" },
      )
      .toBeGreaterThan(8);
    expect(before).toMatch(/B$/);
    await expect(page.locator("[data-topic='host/metrics'] [data-age='stale']")).toHaveCount(0);
    const charts = page.locator("[data-topic='host/metrics'] path.line");
    await expect(charts).toHaveCount(5);
    for (const chart of await charts.all()) await expect(chart).toHaveAttribute("d", /^M.+L/);
  });
});

test("a published event appears on an open board without a reload", async ({ page, server }) => {
  await open(page, "/");
  await expect(page.getByRole("heading", { name: "Nothing has been published yet" })).toBeVisible();
  await page.evaluate(() => Object.assign(window, { wasHere: true }));

  await server.publish("hello", "Hello World");
  await expect(tile(page, "hello")).toContainText("Hello World");
  await expect(page.getByRole("heading", { name: "Nothing has been published yet" })).toBeHidden();

  await server.publish("office/sensor", { temperature: 21.4 });
  await expect(tile(page, "office/sensor")).toContainText(/temperature/i);
  await expect(tile(page, "office/sensor")).toContainText("21.4");
  await server.publish("office/sensor", { temperature: 22.6 });
  await expect(tile(page, "office/sensor").locator("figcaption b")).toContainText("22.6");

  await server.notify("deploys", "api v2.31.0 is live", "success");
  await expect(tile(page, "notifications")).toContainText("api v2.31.0 is live");
  await expect(tile(page, "notifications").locator("[data-severity='success']")).toBeVisible();

  expect(await page.evaluate(() => "wasHere" in window), "the page was not loaded anew").toBe(true);
});

test("a new topic gets a tile with its newest row first", async ({ page, server }) => {
  await server.publish("first", "one");
  await open(page, "/");
  await expect(page.locator("section[data-topic]")).toHaveCount(1);
  await server.publish("second", "two");
  await server.publish("second", "three");
  await expect(page.locator("section[data-topic]")).toHaveCount(2);
  await expect(tile(page, "second").getByRole("listitem").first()).toContainText("three");
  await expect(tile(page, "second").getByRole("listitem")).toHaveCount(2);
});

test("thirty topics that arrive at once all get tiles", async ({ page, server }) => {
  await open(page, "/");
  const lines = Array.from({ length: 30 }, (_, n) =>
    JSON.stringify({
      specversion: "1.0",
      id: `${n}`,
      source: "/test",
      type: "message",
      topic: `many/${n}`,
      data: n % 2 ? { value: n } : `line ${n}`,
    }),
  );
  const answer = await fetch(`${server.url}/events`, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
    body: `${lines.join("\n")}\n`,
  });
  expect(answer.status).toBeLessThan(300);
  await expect(page.locator("section[data-topic]")).toHaveCount(30);
});

test("the heading counts topics and events a second", async ({ page, server }) => {
  await open(page, "/");
  const summary = page.getByRole("main").locator("h1 + p");
  await expect(summary).toHaveText(/^0 topics, [\d.]+ events\/s$/);
  await server.publish("one", "Hello");
  await expect(summary).toHaveText(/^1 topic, /);
  for (let index = 0; index < 20; index++) await server.publish("two", `line ${index}`);
  await expect(summary).toHaveText(/^2 topics, (?!0\.0 )[\d.]+ events\/s$/);
});

test("the reader chooses the topics and the time range", async ({ page, server }) => {
  await server.publish("office/sensor", { temperature: 21.4 });
  await server.publish("hello", "Hello World");
  await open(page, "/");
  const topics = page.getByRole("group", { name: "Topics shown" });
  await topics.getByRole("button", { name: "office/**" }).click();
  await expect(tile(page, "hello")).toHaveCount(0);
  await expect(tile(page, "office/sensor")).toBeVisible();
  await topics.getByRole("button", { name: "all" }).click();
  await expect(tile(page, "hello")).toBeVisible();

  const times = page.getByRole("group", { name: "Time shown" });
  await times.getByRole("button", { name: "1 min", exact: true }).click();
  await expect(times.getByRole("button", { name: "1 min", exact: true })).toHaveAttribute(
    "aria-pressed",
    "true",
  );
  await expect(times.getByRole("button", { name: "5 min", exact: true })).toHaveAttribute(
    "aria-pressed",
    "false",
  );
});

test("an event is visible within three animation frames of its arrival", async ({
  page,
  server,
}) => {
  await page.addInitScript(() => {
    const frames = { now: 0, arrived: new Map<string, number>() };
    const count = () => {
      frames.now++;
      requestAnimationFrame(count);
    };
    count();
    const Original = window.EventSource;
    window.EventSource = class extends Original {
      constructor(url: string | URL, options?: EventSourceInit) {
        super(url, options);
        this.addEventListener("message", (message) => {
          const probe = /probe \d+\./.exec(String(message.data))?.[0];
          if (probe) frames.arrived.set(probe, frames.now);
        });
      }
    };
    Object.assign(window, { frames });
  });
  await server.publish("latency", "begin");
  await open(page, "/");
  await expect(tile(page, "latency")).toContainText("begin");
  const waits = await page.evaluate(async () => {
    const { frames } = window as unknown as {
      frames: { now: number; arrived: Map<string, number> };
    };
    const waits: number[] = [];
    for (let round = 0; round < 30; round++) {
      const text = `probe ${round}.`;
      const shown = new Promise<number>((done) => {
        const observer = new MutationObserver(() => {
          if (!document.querySelector("section[data-topic='latency']")?.textContent?.includes(text))
            return;
          observer.disconnect();
          done(frames.now);
        });
        observer.observe(document.body, { subtree: true, childList: true, characterData: true });
      });
      void fetch("/topics/latency", {
        method: "POST",
        body: text,
        headers: { "content-type": "text/plain" },
      });
      waits.push((await shown) - (frames.arrived.get(text) ?? Number.NaN));
    }
    return waits;
  });
  expect(waits, "one wait for each event").toHaveLength(30);
  for (const wait of waits) expect(wait, waits.join(" ")).toBeLessThanOrEqual(3);
});
