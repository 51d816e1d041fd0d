import { type Browser } from "@playwright/test";
import { expect, fill, isLive, test } from "../tests/fixtures.js";
import { median, record } from "./report.js";

/** What Lighthouse calls desktop and a slow phone: the wire, and how much slower the processor is. */
const VISITORS = [
  { name: "desktop", width: 1350, height: 940, kilobits: 10_240, roundTrip: 40, slower: 1 },
  { name: "phone", width: 412, height: 823, kilobits: 1_638, roundTrip: 150, slower: 4 },
] as const;

const PAGES = ["/", "/chat/general", "/inspector", "/guide"] as const;
const ROUNDS = Number(process.env.ROUNDS ?? 3);

interface Opened {
  fcp: number;
  lcp: number;
  cls: number;
  tbt: number;
  live: number;
  bytes: number;
}

test.use({ serverArgs: [] });

/** Opens a page as somebody who has never been here, and tells how that was. */
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
  await page.goto(url);
  await isLive(page);
  const opened = await page.evaluate(async () => {
    const live = performance.now();
    // What the first second of life shifts or blocks counts as well.
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
    // What is fetched afterwards, for what may be wanted next, nobody waits for.
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
  await context.close();
  return opened;
}

test("a page is there before its WebAssembly is, moves nothing, and is soon live", async ({
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
      const [fcp, lcp, cls, tbt, live, bytes] = [
        of("fcp"),
        of("lcp"),
        of("cls"),
        of("tbt"),
        of("live"),
        of("bytes"),
      ];
      rows.push([
        `${path}, ${visitor.name}`,
        `${fcp.toFixed(0)} ms`,
        `${lcp.toFixed(0)} ms`,
        cls.toFixed(3),
        `${tbt.toFixed(0)} ms`,
        `${live.toFixed(0)} ms`,
        `${(bytes / 1_000).toFixed(0)} kB`,
      ]);
      // "Good" of the web vitals, of a phone as of a desktop.
      expect.soft(fcp, `${path} on a ${visitor.name}: first contentful paint`).toBeLessThan(1_800);
      expect
        .soft(lcp, `${path} on a ${visitor.name}: largest contentful paint`)
        .toBeLessThan(2_500);
      expect.soft(cls, `${path} on a ${visitor.name}: layout shift`).toBeLessThan(0.1);
    }
  }
  record("open", ["page", "FCP", "LCP", "CLS", "TBT", "live", "WASM and JS"], rows);
});
