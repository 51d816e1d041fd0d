import { type Page } from "@playwright/test";
import { type Server, expect, open, test, tile } from "./fixtures.js";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

/** Publishes an event with a time in the past. */
function told(server: Server, topic: string, agoMillis: number, data: unknown): Promise<string> {
  return server.publish(topic, data, { "ce-time": new Date(Date.now() - agoMillis).toISOString() });
}

/** The first and the last x of a line, in thousandths of the width. */
async function reach(page: Page, topic: string): Promise<[first: number, last: number]> {
  const path = (await tile(page, topic).locator("path.line").first().getAttribute("d")) ?? "";
  const places = [...path.matchAll(/[ML](-?[\d.]+) /g)].map(([, x]) => Number(x));
  return [places[0] ?? Number.NaN, places.at(-1) ?? Number.NaN];
}

function timeShown(page: Page, range: string) {
  return page
    .getByRole("group", { name: "Time shown" })
    .getByRole("button", { name: range, exact: true });
}

test("a new topic gets its tile and its chart in the same frame", async ({ page, server }) => {
  await server.publish("hello", "Hello World");
  await open(page, "/");
  const frames = await page.evaluate(async () => {
    let frame = 0;
    const count = () => {
      frame++;
      requestAnimationFrame(count);
    };
    count();
    const drawn = new Promise<number>((done) => {
      let begin: number | undefined;
      const observer = new MutationObserver(() => {
        const tile = document.querySelector("section[data-topic='office/sensor']");
        if (!tile) return;
        begin ??= frame;
        if (
          !tile.querySelector("path.line")?.getAttribute("d") ||
          !tile.textContent?.includes("21.4")
        )
          return;
        observer.disconnect();
        done(frame - begin);
      });
      observer.observe(document.body, {
        subtree: true,
        childList: true,
        characterData: true,
        attributes: true,
      });
    });
    void fetch("/topics/office/sensor", {
      method: "POST",
      body: '{"temperature": 21.4}',
      headers: { "content-type": "application/json" },
    });
    return await drawn;
  });
  expect(frames, "animation frames from the tile to its chart").toBeLessThanOrEqual(1);
  await expect(tile(page, "office/sensor").locator("figcaption")).toContainText("21.4");
});

test("the chart of a new topic fills its width beside an old one", async ({ page, server }) => {
  for (let ago = 280; ago >= 0; ago -= 10) await told(server, "old", ago * SECOND, { load: ago });
  for (let ago = 90; ago >= 0; ago -= 3) await told(server, "young", ago * SECOND, { load: ago });
  await open(page, "/");
  for (const topic of ["old", "young"]) {
    await expect
      .poll(async () => (await reach(page, topic))[0], { message: `where ${topic} begins` })
      .toBeLessThan(60);
    expect((await reach(page, topic))[1], `where ${topic} ends`).toBeGreaterThan(900);
  }
});

test("choosing 24 hours reads the history of a day", async ({ page, server }) => {
  const at = (agoMillis: number, level: number) => ({
    topic: "tank",
    time: new Date(Date.now() - agoMillis).toISOString(),
    data: { level },
  });
  const day = Array.from({ length: 240 }, (_, n) =>
    at((240 - n) * (HOUR / 12), 50 + Math.sin((240 - n) / 20) * 10),
  );
  const now = Array.from({ length: 150 }, (_, n) => at((149 - n) * SECOND, 50));
  // More events of another topic than the snapshot holds, so that it has only the newest of these.
  const other = Array.from({ length: 2_100 }, (_, n) => ({ topic: "other", data: `line ${n}` }));
  const lines = [...day, ...now, ...other].map((event, n) =>
    JSON.stringify({ specversion: "1.0", id: `${n}`, source: "/test", type: "message", ...event }),
  );
  const answer = await fetch(`${server.url}/events`, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
    body: `${lines.join("\n")}\n`,
  });
  expect(answer.ok).toBe(true);
  await open(page, "/");
  const read = page.waitForResponse(
    (response) => response.url().includes("/api/series") && response.url().includes("topic=tank"),
  );
  await timeShown(page, "24 h").click();
  expect((await read).status()).toBe(200);
  const chart = tile(page, "tank").getByRole("slider");
  await expect
    .poll(async () => (await reach(page, "tank"))[0], { message: "twenty hours are drawn" })
    .toBeLessThan(30);
  await chart.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Shift+ArrowRight");
  await expect(chart, "what was told eighteen hours ago is read out").toHaveAttribute(
    "aria-valuetext",
    /, level 4\d/,
  );
});

test("pointing at a chart shows the value and its time, and every chart marks that time", async ({
  page,
  server,
}) => {
  for (let ago = 100; ago >= 0; ago -= 2) {
    await told(server, "one", ago * SECOND, { temperature: ago < 50 ? 30 : 20 });
    await told(server, "two", ago * SECOND, { humidity_percent: 40 });
  }
  await open(page, "/");
  const chart = tile(page, "one").getByRole("slider");
  const lines = (await chart.locator("svg").boundingBox())!;
  await page.mouse.move(lines.x + lines.width * 0.2, lines.y + lines.height / 2);
  const tip = tile(page, "one").locator(".chart-tip");
  await expect(tip).toContainText("20 °C");
  await expect(tip.locator("time")).toHaveText(/^\d\d:\d\d:\d\d$/);
  await page.mouse.move(lines.x + lines.width * 0.85, lines.y + lines.height / 2);
  await expect(tip).toContainText("30 °C");
  await expect(page.locator(".chart-cross")).toHaveCount(2);
  await expect(page.locator(".chart-tip"), "one tells, the other marks").toHaveCount(1);
  const [a, b] = await page
    .locator(".chart-cross")
    .evaluateAll((all) => all.map((cross) => Number.parseFloat((cross as HTMLElement).style.left)));
  // The two were published one after the other, so one is a moment older.
  expect(Math.abs(a! - b!)).toBeLessThan(2);
  const box = (await tip.boundingBox())!;
  expect(box.x + box.width, "the box with the values stays in the window").toBeLessThanOrEqual(
    page.viewportSize()!.width,
  );
  await page.mouse.move(2, 2);
  await expect(page.locator(".chart-cross")).toHaveCount(0);
});

test("the keyboard reads a chart value by value, and Escape ends it", async ({ page, server }) => {
  for (let ago = 60; ago >= 0; ago -= 2)
    await told(server, "one", ago * SECOND, { temperature: ago < 30 ? 30 : 20 });
  await open(page, "/");
  const chart = tile(page, "one").getByRole("slider");
  await chart.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Shift+ArrowRight");
  await expect(chart).toHaveAttribute("aria-valuetext", /^\d\d:\d\d:\d\d, temperature 20 °C$/);
  for (let step = 0; step < 7; step++) await page.keyboard.press("Shift+ArrowRight");
  await expect(chart).toHaveAttribute("aria-valuetext", /, temperature 30 °C$/);
  await page.keyboard.press("Escape");
  await expect(page.locator(".chart-cross")).toHaveCount(0);
});

test("a state shows its value, since when, and its values before", async ({ page, server }) => {
  for (const [ago, state] of [
    [120, "ok"],
    [60, "failed"],
    [20, "ok"],
  ] as const)
    await told(server, "api/health", ago * SECOND, { state, maintenance: false });
  await open(page, "/");
  const row = tile(page, "api/health").locator(".states > div").filter({ hasText: "state" });
  await expect(row.locator(".state-word")).toHaveText("ok");
  await expect(row.locator("small")).toHaveText(/^for 2\d s$/);
  await expect(row.locator("path[data-tone='good']")).toHaveAttribute("d", /^M.+Z.*M.+Z$/);
  await expect(row.locator("path[data-tone='bad']")).toHaveAttribute("d", /^M[^M]+Z$/);
  await server.publish("api/health", { state: "failed", maintenance: true });
  await expect(row.locator(".state-word")).toHaveText("failed");
  await expect(row.locator(".state-word")).toHaveAttribute("data-tone", "bad");
});

test("a tile without new data says for how long, until new data arrives", async ({
  page,
  server,
}) => {
  // A value each second, the last one nine seconds ago: after one more second that is ten times the usual interval.
  for (let ago = 30; ago >= 9; ago--) await told(server, "pump", ago * SECOND, { pressure: ago });
  await open(page, "/");
  const fresh = tile(page, "pump").locator(".fresh");
  await expect(fresh).toHaveAttribute("data-age", "stale");
  await expect(fresh).toHaveText(/^no data for 1\d s$/);
  await server.publish("pump", { pressure: 3 });
  await expect(fresh).toHaveAttribute("data-age", "fresh");
  await expect(fresh).toHaveText(/now|\d s ago/);
});

test("a low chart has few labels that do not overlap, and a high one has more", async ({
  page,
  server,
}) => {
  for (let ago = 60; ago >= 0; ago -= 2) {
    await told(server, "many", ago * SECOND, {
      total: 900 - ago * 4,
      temperature: 20 + ago / 20,
      co2_ppm: 600 + ago,
    });
    await told(server, "single", ago * SECOND, { total: 900 - ago * 4 });
  }
  await open(page, "/");
  const gaps = (topic: string) =>
    tile(page, topic)
      .locator(".scale")
      .first()
      .locator("span")
      .evaluateAll((labels) => {
        const boxes = labels
          .map((label) => label.getBoundingClientRect())
          .sort((a, b) => a.top - b.top);
        return boxes.slice(1).map((box, index) => box.top - boxes[index]!.bottom);
      });
  for (const topic of ["many", "single"]) {
    for (const gap of await gaps(topic)) expect(gap, topic).toBeGreaterThanOrEqual(4);
  }
  expect((await gaps("single")).length).toBeGreaterThan((await gaps("many")).length);
});

test("numbers of any size and names of any length fit their tile", async ({ page, server }) => {
  await server.publish("sizes", {
    huge: 8e15,
    tiny: 0.000_08,
    a_name_that_goes_on_and_on_over_many_words_until_nobody_reads_it_any_more: -123_456.789,
  });
  await page.setViewportSize({ width: 360, height: 740 });
  await open(page, "/");
  const sizes = tile(page, "sizes");
  await expect(sizes.locator("figcaption", { hasText: "huge" })).toContainText("8.00e15");
  await expect(sizes.locator("figcaption", { hasText: "tiny" })).toContainText("0.000080");
  for (const width of [360, 768, 1_440]) {
    await page.setViewportSize({ width, height: 740 });
    const outside = await sizes.evaluate((tile) => {
      const { left, right } = tile.getBoundingClientRect();
      const words = [...tile.querySelectorAll("figcaption b, .scale span, .label")];
      return words
        .filter(
          (word) =>
            word.getBoundingClientRect().right > right || word.getBoundingClientRect().left < left,
        )
        .map((word) => word.textContent);
    });
    expect(outside, `${width} px`).toEqual([]);
    expect(
      await page.evaluate(() => document.documentElement.scrollWidth),
      `${width} px`,
    ).toBeLessThanOrEqual(width);
  }
});
