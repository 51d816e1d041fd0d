import { resolve } from "node:path";
import { PAGES, expect, fill, inspectorOf, open, test } from "./fixtures.js";

// Pictures of every page, in both themes and three widths: a change of looks is seen, and made on purpose with
//   npx playwright test visual --update-snapshots
// What differs from run to run, times above all, is hidden (visual.css).

const WIDTHS = [
  [1440, 900],
  [768, 1024],
  [360, 740],
] as const;
const STYLE = resolve(__dirname, "visual.css");

/** A name for a page in a file's name. */
const named = (path: string) =>
  path.replace(/^\/$/, "board").replace(/^\//, "").replaceAll("/", "-");

for (const theme of ["light", "dark"] as const) {
  for (const [width, height] of WIDTHS) {
    test.describe(`${width} px wide, ${theme}`, () => {
      test.use({
        colorScheme: theme,
        viewport: { width, height },
        timezoneId: "UTC",
        locale: "en-US",
        bypassCSP: true,
        contextOptions: { reducedMotion: "reduce" },
      });

      test("every page looks as it did", async ({ page, server, complaints }) => {
        complaints.expect(/status of 404/);
        await fill(server);
        for (const path of PAGES) {
          // Who is here comes and goes with the pages of this test.
          await open(page, path === "/inspector" ? inspectorOf("office/sensor") : path);
          await page.evaluate(() => document.fonts.ready);
          await expect.soft(page, path).toHaveScreenshot(`${named(path)}-${width}-${theme}.png`, {
            animations: "disabled",
            caret: "hide",
            stylePath: STYLE,
            maxDiffPixelRatio: 0.002,
          });
        }
      });
    });
  }
}
