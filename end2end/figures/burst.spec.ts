import { request } from "node:http";
import type { Page } from "@playwright/test";
import { badge, expect, open, type Server, test } from "../tests/fixtures.js";
import { record } from "./report.js";

const RATE = 5_000;
const SECONDS = Number(process.env.SECONDS ?? 30);
const TOPICS = 10;
/** A publisher's lines every so often. */
const EVERY = 50;

/** One burst event: numbers on half of the topics, words on the others. */
function line(number: number): string {
  const at = number % TOPICS;
  const topic = `burst/${at}`;
  const data =
    at % 2
      ? { content: `line ${number} of the burst` }
      : { value: Math.sin(number / 5_000) * 100, count: number };
  return JSON.stringify({
    specversion: "1.0",
    id: `burst-${number}`,
    source: "/figures",
    type: at % 2 ? "update" : "metrics",
    topic,
    data,
  });
}

/** Publishes at an even pace over a few streams of lines, as a busy program does. Answers how many were taken. */
async function burst(server: Server): Promise<number> {
  let published = 0;
  // A stream of lines takes 8 MiB, so there is one for every second.
  for (let second = 0; second < SECONDS; second++) {
    const [begin, from] = [performance.now(), second * RATE];
    published += await new Promise<number>((done, failed) => {
      const post = request(
        `${server.url}/events`,
        { method: "POST", headers: { "content-type": "application/x-ndjson" } },
        (answer) => {
          let text = "";
          answer.setEncoding("utf8");
          answer.on("data", (part: string) => (text += part));
          answer.on("end", () => done((JSON.parse(text) as { published: number }).published));
        },
      );
      post.on("error", failed);
      let sent = 0;
      const timer = setInterval(() => {
        const due = Math.min(RATE, Math.floor(((performance.now() - begin) / 1_000) * RATE));
        const lines = Array.from({ length: due - sent }, (_, at) => `${line(from + sent + at)}\n`);
        if (lines.length) post.write(lines.join(""));
        sent = due;
        if (sent === RATE) {
          clearInterval(timer);
          post.end();
        }
      }, EVERY);
    });
  }
  return published;
}

/** What the page holds, in MB: its script's heap and the memory of its WebAssembly. */
async function memory(page: Page): Promise<number> {
  const wire = await page.context().newCDPSession(page);
  await wire.send("HeapProfiler.collectGarbage");
  const { usedSize } = await wire.send("Runtime.getHeapUsage");
  await wire.detach();
  const module = await page.evaluate(async () => {
    const script = document.querySelector<HTMLLinkElement>("link[rel=modulepreload]")!.href;
    const { default: init } = (await import(script)) as {
      default: () => Promise<{ memory: WebAssembly.Memory }>;
    };
    return (await init()).memory.buffer.byteLength;
  });
  return (usedSize + module) / 1e6;
}

/** What the browser traces of a task: its time and its processor time, in microseconds. */
interface Traced {
  name: string;
  pid: number;
  tid: number;
  tdur?: number;
}

/** Traces the page's tasks. What it answers ends that, and tells the most processor time one of them took, in ms. */
async function traceTasks(page: Page): Promise<() => Promise<number>> {
  const wire = await page.context().browser()!.newBrowserCDPSession();
  const events: Traced[] = [];
  wire.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as Traced[])));
  await wire.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: ["toplevel", "blink.user_timing"] },
  });
  // The browser has pages of its own; this tells which thread is this page's.
  await page.evaluate(() => performance.mark("burst begins"));
  return async () => {
    const complete = new Promise((done) => wire.once("Tracing.tracingComplete", done));
    await wire.send("Tracing.end");
    await complete;
    await wire.detach();
    const mark = events.find(({ name }) => name === "burst begins")!;
    const times = events
      .filter(({ pid, tid }) => pid === mark.pid && tid === mark.tid)
      .map(({ tdur }) => tdur ?? 0);
    return times.reduce((most, time) => Math.max(most, time), 0) / 1_000;
  };
}

const rows: string[][] = [];

test.afterAll(() =>
  record(
    "burst",
    [
      "page",
      "events",
      "counted",
      "long tasks",
      "longest",
      "most work",
      "frames missed",
      "memory before",
      "after",
    ],
    rows,
  ),
);

for (const path of ["/", "/inspector"]) {
  test(`${RATE} events a second for ${SECONDS} s do not hurt ${path}`, async ({ page, server }) => {
    await open(page, path);
    await page.evaluate(() => {
      const seen = { frames: [] as number[], long: [] as number[] };
      Object.assign(window, { seen });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) seen.long.push(entry.duration);
      }).observe({ type: "longtask" });
      const frame = (now: number) => {
        seen.frames.push(now);
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
    });
    const before = await memory(page);
    const mostWork = await traceTasks(page);
    const from = await page.evaluate(() => performance.now());
    const published = await burst(server);
    const until = await page.evaluate(() => performance.now());
    const work = await mostWork();
    const after = await memory(page);
    expect(published).toBe(RATE * SECONDS);

    await badge(page).click();
    const received = page.locator("dt:text-is('Received') + dd");
    const counted = async () => Number((await received.textContent())?.replace(/\D/g, ""));
    // Who is here is told as well, to every page: a few more, and never fewer.
    await expect
      .poll(counted, { message: "every event is counted" })
      .toBeGreaterThanOrEqual(published);
    expect(await counted(), "and none twice").toBeLessThan(published + 10);
    const { frames, long } = await page.evaluate(
      () => (window as unknown as { seen: { frames: number[]; long: number[] } }).seen,
    );
    const shown = frames.filter((at) => at >= from && at <= until).length;
    const missed = Math.max(0, 1 - shown / (((until - from) / 1_000) * 60));
    const longest = Math.max(0, ...long);
    rows.push([
      path,
      String(published),
      "all",
      String(long.length),
      longest ? `${longest.toFixed(0)} ms` : "none",
      `${work.toFixed(0)} ms`,
      `${(missed * 100).toFixed(1)} %`,
      `${before.toFixed(0)} MB`,
      `${after.toFixed(0)} MB`,
    ]);
    if (process.env.STRICT) {
      expect.soft(long, "no long task").toEqual([]);
      expect.soft(missed, "frames missed").toBeLessThanOrEqual(0.05);
    }
  });
}
