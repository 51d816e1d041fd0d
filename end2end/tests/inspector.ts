// What the tests of the inspector share.
import type { Locator, Page } from "@playwright/test";
import { type Server, expect } from "./fixtures.js";

/** The grid of events. */
export const grid = (page: Page): Locator => page.getByRole("grid", { name: "Events" });
/** The details of the selected event. */
export const detail = (page: Page): Locator => page.getByRole("region", { name: "Selected event" });
/** The list with its filter and its notices. */
export const list = (page: Page): Locator => page.getByRole("region", { name: "Event list" });

/** Publishes `{"n": <first>}` to `{"n": <last>}`, many in one request. */
export async function publishMany(
  server: Server,
  topic: string,
  first: number,
  last: number,
): Promise<void> {
  for (let from = first; from <= last; from += 500) {
    const numbers = Array.from(
      { length: Math.min(500, last - from + 1) },
      (_, index) => from + index,
    );
    const response = await fetch(`${server.url}/topics/${topic}`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson", connection: "close" },
      body: numbers.map((n) => JSON.stringify({ n })).join("\n"),
    });
    expect(response.status).toBeLessThan(300);
  }
}

/** Scrolls the list to this many pixels. */
export function scrollTo(page: Page, top: number): Promise<void> {
  return grid(page).evaluate((element, top) => void (element.scrollTop = top), top);
}
