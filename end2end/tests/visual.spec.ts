import { resolve } from "node:path";
import { PAGES, expect, fill, inspectorOf, open, test } from "./fixtures.js";

// Pictures of every page, in both themes and three widths. A change of the looks fails; update the pictures with
//   npx playwright test visual --update-snapshots
// visual.css hides what differs from run to run, such as times.

const WIDTHS = [
  [1440, 900],
  [768, 1024],
  [360, 740],
] as const;
const STYLE = resolve(__dirname, "visual.css");

/** The name of a page in a file name. */
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

      test("every page looks the same as its picture", async ({ page, server, complaints }) => {
        complaints.expect(/status of 404/);
        await fill(server);
        for (const path of PAGES) {
          // The people in the room change with the pages of this test.
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
