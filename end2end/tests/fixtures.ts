import {
  type BrowserContextOptions,
  type Locator,
  type Page,
  expect,
  test as base,
} from "@playwright/test";
import { Proxy } from "./proxy.js";
import { Server } from "./server.js";

export { expect } from "@playwright/test";
export { Proxy } from "./proxy.js";
export { BINARY, IS_RELEASE, Refusal, Server } from "./server.js";

/** The errors and warnings of a browser. Those that a test does not expect fail it. */
export class Complaints {
  private readonly heard: string[] = [];
  private readonly expected: RegExp[] = [];

  watch(page: Page): void {
    page.on("console", (message) => {
      const type = message.type();
      if (type === "error" || type === "warning") {
        this.heard.push(`console ${type}: ${message.text()} (${message.location().url})`);
      }
    });
    page.on("pageerror", (error) => this.heard.push(`page error: ${error.stack ?? error.message}`));
    page.on("crash", () => this.heard.push("the page crashed"));
    page.on("dialog", (dialog) => {
      this.heard.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
  }

  /** Expects complaints that match. */
  expect(...patterns: RegExp[]): void {
    this.expected.push(...patterns);
  }

  /** Expects the messages that the browser prints when the server is down or a connection is cut. */
  expectLostConnections(): void {
    this.expect(
      // A chart whose past was being read.
      /console warning: could not read the history of [^ ]+: Can't reach the server/,
      /console error: Failed to load resource: net::ERR_/,
      /console error: Failed to load resource: the server responded with a status of 503/,
      // A chunk that was being loaded.
      /TypeError: Failed to fetch\n\s+at [^\n]*__wasm_split/,
    );
  }

  get unexpected(): string[] {
    return this.heard.filter((text) => !this.expected.some((pattern) => pattern.test(text)));
  }
}

interface Fixtures {
  /** Additional arguments of the server. */
  serverArgs: string[];
  server: Server;
  /** A proxy in front of the server. */
  wire: Proxy;
  complaints: Complaints;
  /** Opens a page of another browser, with its own cookies and storage. */
  newPage: (options?: BrowserContextOptions) => Promise<Page>;
}

export const test = base.extend<Fixtures>({
  // No host metrics unless a test is about them, so that only the test changes the board.
  serverArgs: [["--no-host-metrics"], { option: true }],
  server: async ({ serverArgs }, use) => {
    const server = await Server.start(serverArgs);
    await use(server);
    await server.end();
  },
  wire: async ({ server }, use) => {
    const proxy = await Proxy.start(server.port);
    await use(proxy);
    await proxy.stop();
  },
  // It depends on the proxy as well, so that pages close before the proxy and the server.
  baseURL: async ({ server, wire }, use) => {
    void wire;
    await use(server.url);
  },
  complaints: async ({}, use) => {
    const complaints = new Complaints();
    await use(complaints);
    expect(complaints.unexpected, "what the browser complained about").toEqual([]);
  },
  page: async ({ page, complaints }, use) => {
    complaints.watch(page);
    await use(page);
  },
  newPage: async ({ browser, baseURL, complaints }, use) => {
    const contexts: Awaited<ReturnType<typeof browser.newContext>>[] = [];
    await use(async (options = {}) => {
      const context = await browser.newContext({ baseURL, ...options });
      contexts.push(context);
      const page = await context.newPage();
      complaints.watch(page);
      return page;
    });
    for (const context of contexts) await context.close();
  },
});

/** All pages, and an address without a page. */
export const PAGES = [
  "/",
  "/chat/general",
  "/topics/office/sensor",
  "/topics/deploys",
  "/inspector",
  "/guide",
  "/nothing",
] as const;

/** The connection badge. Its `data-state` says what the stream is doing. */
export function badge(page: Page): Locator {
  return page.locator("summary[data-state]");
}

/** Waits until the page follows the stream. */
export async function isLive(page: Page): Promise<void> {
  await expect(badge(page)).toHaveAttribute("data-state", "open");
}

/** Opens a page and waits until it follows the stream. */
export async function open(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await isLive(page);
}

/** A tile of the board. */
export function tile(page: Page, topic: string): Locator {
  return page.locator(`section[data-topic="${topic}"]`);
}

/** The bell. Its name has the number of unread notifications. */
export function bell(page: Page): Locator {
  return page.locator("summary[aria-label^='Notifications']");
}

/** The notice that history was lost. */
export function gapNotice(page: Page): Locator {
  return page.locator("[data-notice='gap']");
}

/** The inspector's rows in the document, newest first: the visible ones and a few more. */
export function rows(page: Page): Locator {
  return page.getByRole("grid", { name: "Events" }).locator(".row:not([hidden])");
}

/** The inspector's filter. */
export function filterField(page: Page): Locator {
  return page.getByRole("combobox", { name: "Filter events" });
}

/** The inspector showing one topic. */
export function inspectorOf(topic: string): string {
  return `/inspector?q=topic:${encodeURIComponent(topic)}`;
}

/** The lines of the connection log in the inspector, newest first. */
export function connectionLog(page: Page): Locator {
  // It is in the document even while something else is shown beside the list.
  return page.locator("section[aria-label='Connection'] li");
}

/** The numbers in the inspector's rows, oldest first: 7 for `event 7`. */
export async function numbersShown(page: Page): Promise<number[]> {
  const texts = await rows(page).locator(".payload").allTextContents();
  return texts.map((text) => Number(/event (\d+)/.exec(text)?.[1])).reverse();
}

/** Waits until the inspector shows 1 to `count`, each once and in order, and nothing else. */
export async function showsEachOnce(page: Page, count: number): Promise<void> {
  const all = Array.from({ length: count }, (_, index) => index + 1);
  // Only visible rows are in the document, so the window must be high enough for all of them.
  if (count > 12) await page.setViewportSize({ width: 1280, height: 500 + count * 30 });
  await expect
    .poll(() => numbersShown(page), { message: `events 1 to ${count}, each once`, timeout: 30_000 })
    .toEqual(all);
}

/** Publishes `event <first>` to `event <last>`, one after another. */
export async function publishNumbered(
  server: Server,
  topic: string,
  first: number,
  last: number,
): Promise<void> {
  for (let number = first; number <= last; number++) await server.publish(topic, `event ${number}`);
}

/** Publishes one event of each kind, so that every page has some of everything. */
export async function fill(server: Server): Promise<void> {
  await server.publish("greetings", "Hello World");
  for (const [temperature, on] of [
    [21.4, true],
    [21.9, false],
    [20.8, true],
  ] as const) {
    await server.publish("office/sensor", {
      temperature,
      humidity: 40 + temperature,
      heating: on,
      room: "west",
    });
  }
  for (const severity of ["info", "success", "warning", "error"])
    await server.notify("deploys", `api was ${severity}`, severity);
  await server.publish("pages/home", { content: "Page content updated" }, { "ce-type": "update" });
  await server.publish(
    "jobs",
    { name: "backup", result: "done", notes: ["a", { b: null }] },
    { "ce-type": "com.example.job" },
  );
  await server.publish("queue", { waiting: 3, active: 1.5 }, { "ce-type": "metrics" });
  await server.say("general", "Ada", "Good morning");
  await server.say("general", "Ada", "Is the deploy through?");
  await server.say("general", "Grace", "It is");
}
