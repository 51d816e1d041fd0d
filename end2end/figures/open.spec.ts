import { type Browser } from "@playwright/test";
import { expect, fill, isLive, test } from "../tests/fixtures.js";
import { median, record } from "./report.js";

/** Network and processor as Lighthouse sets them for a desktop and for a slow phone. */
const VISITORS = [
  { name: "desktop", width: 1350, height: 940, kilobits: 10_240, roundTrip: 40, slower: 1 },
  { name: "phone", width: 412, height: 823, kilobits: 1_638, roundTrip: 150, slower: 4 },
] as const;

const PAGES = ["/", "/chat/general", "/inspector", "/guide"] as const;
const ROUNDS = Number(process.env.ROUNDS ?? 3);

/** The most processor seconds the page's own thread may work until a second after it is live. */
const MOST_WORK = { desktop: 3, phone: 12 } as const;
/** The most bytes of WebAssembly and JavaScript a page may need before it is live. */
const MOST_BYTES = 600_000;

interface Opened {
  fcp: number;
  lcp: number;
  cls: number;
  tbt: number;
  live: number;
  bytes: number;
  work: number;
}

test.use({ serverArgs: [] });

/** Opens a page with an empty cache and measures it. */
async function cold(
  browser: Browser,
  url: string,
  visitor: (typeof VISITORS)[number],
): Promise<Opened> {
  const context = await browser.newContext({
    viewport: { width: visitor.width, height: visitor.height },
  });
  const page = await context.newPage();
  await page.addInitScript(() => {
    const seen = { lcp: 0, cls: 0, long: [] as [start: number, duration: number][] };
    Object.assign(window, { seen });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.lcp = entry.startTime;
    }).observe({ type: "largest-contentful-paint", buffered: true });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & {
        value: number;
        hadRecentInput: boolean;
      })[]) {
        if (!entry.hadRecentInput) seen.cls += entry.value;
      }
    }).observe({ type: "layout-shift", buffered: true });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) seen.long.push([entry.startTime, entry.duration]);
    }).observe({ type: "longtask", buffered: true });
  });
  const wire = await context.newCDPSession(page);
  await wire.send("Network.enable");
  const throughput = (visitor.kilobits * 1_000) / 8;
  await wire.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: visitor.roundTrip,
    downloadThroughput: throughput,
    uploadThroughput: throughput,
  });
  await wire.send("Emulation.setCPUThrottlingRate", { rate: visitor.slower });
  // Processor time, not the clock's: it does not grow when other programs use the machine.
  await wire.send("Performance.enable", { timeDomain: "threadTicks" });
  await page.goto(url);
  await isLive(page);
  const opened: Omit<Opened, "work"> = await page.evaluate(async () => {
    const live = performance.now();
    // Shifts and long tasks of the first second after that count as well.
    const until = live + 1_000;
    await new Promise<void>((done) => {
      const frame = () => (performance.now() < until ? requestAnimationFrame(frame) : done());
      frame();
    });
    const { seen } = window as unknown as {
      seen: { lcp: number; cls: number; long: [number, number][] };
    };
    const fcp = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN;
    const files = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
    // Nobody waits for files that are fetched ahead once the page is live.
    const code = files.filter(
      ({ name, startTime }) => startTime < live && /\.(js|wasm)$/.test(new URL(name).pathname),
    );
    return {
      fcp,
      live,
      lcp: seen.lcp,
      cls: seen.cls,
      tbt: seen.long
        .filter(([start]) => start >= fcp)
        .reduce((sum, [, duration]) => sum + duration - 50, 0),
      bytes: code.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0),
    };
  });
  const { metrics } = await wire.send("Performance.getMetrics");
  const work = metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
  await context.close();
  return { ...opened, work };
}

test("a page opens without layout shift, within its bytes and its processor time", async ({
  browser,
  server,
}) => {
  await fill(server);
  const rows: string[][] = [];
  for (const visitor of VISITORS) {
    for (const path of PAGES) {
      const rounds: Opened[] = [];
      for (let round = 0; round < ROUNDS; round++)
        rounds.push(await cold(browser, server.url + path, visitor));
      const of = (what: keyof Opened) => median(rounds.map((round) => round[what]));
      const [fcp, lcp, cls, tbt, live, bytes, work] = [
        of("fcp"),
        of("lcp"),
        of("cls"),
        of("tbt"),
        of("live"),
        of("bytes"),
        of("work"),
      ];
      rows.push([
        `${path}, ${visitor.name}`,
        `${fcp.toFixed(0)} ms`,
        `${lcp.toFixed(0)} ms`,
        cls.toFixed(3),
        `${tbt.toFixed(0)} ms`,
        `${live.toFixed(0)} ms`,
        `${(work * 1_000).toFixed(0)} ms`,
        `${(bytes / 1_000).toFixed(0)} kB`,
      ]);
      // Times depend on whatever else the machine does, so they are reported and gate nothing.
      const page = `${path} on a ${visitor.name}`;
      expect.soft(cls, `${page}: layout shift`).toBeLessThan(0.1);
      expect.soft(bytes, `${page}: bytes of code`).toBeGreaterThan(0);
      expect.soft(bytes, `${page}: bytes of code`).toBeLessThan(MOST_BYTES);
      expect.soft(work, `${page}: processor seconds`).toBeLessThan(MOST_WORK[visitor.name]);
    }
  }
  record("open", ["page", "FCP", "LCP", "CLS", "TBT", "live", "work", "WASM and JS"], rows);
});
