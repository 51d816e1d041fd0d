import { PAGES, expect, fill, open, test } from "./fixtures.js";

// Pictures of every page. What moves by itself is covered: times, ids, charts, counters.
const MOVES = ["time", "code", "svg.spark", "canvas", ".chart", ".summary", ".head p", ".badge small", ".pictured", "td.id", ".log", "[data-moves]"];

const WIDTHS = [
  [1440, 900],
  [768, 1024],
  [360, 740],
] as const;

/** A name for a page in a file's name. */
const named = (path: string) => path.replace(/^\/$/, "board").replace(/^\//, "").replaceAll("/", "-");

for (const theme of ["light", "dark"] as const) {
  for (const [width, height] of WIDTHS) {
    test.describe(`${width} wide, ${theme}`, () => {
      test.use({ colorScheme: theme, viewport: { width, height }, timezoneId: "UTC", locale: "en-US", contextOptions: { reducedMotion: "reduce" } });

      test("every page looks as it did", async ({ page, server, complaints }) => {
        complaints.expect(/status of 404/);
        await fill(server);
        for (const path of PAGES) {
          await open(page, path);
          await page.evaluate(() => document.fonts.ready);
          await expect.soft(page).toHaveScreenshot(`${named(path)}-${width}-${theme}.png`, {
            animations: "disabled",
            caret: "hide",
            mask: MOVES.map((selector) => page.locator(selector)),
            maskColor: "#808080",
            maxDiffPixelRatio: 0.03,
          });
        }
      });
    });
  }
}
