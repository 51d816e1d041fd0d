// Draws the icons of the installable app from public/favicon.svg. Run `node scripts/icons.mjs` when that file changes.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

const root = new URL("..", import.meta.url);
const { chromium } = createRequire(new URL("end2end/package.json", root))("@playwright/test");
const mark = readFileSync(new URL("public/favicon.svg", root), "utf8");
// A maskable icon fills its square and keeps the mark within the middle 80 %, because a launcher may cut any shape.
const whole = mark
  .replace('<rect x="1" y="1" width="22" height="22" rx="6"', '<rect width="24" height="24"')
  .replace("<path ", '<path transform="translate(3 3) scale(0.75)" ');

const system = "/usr/bin/chromium";
const browser = await chromium.launch(
  existsSync(system) ? { executablePath: system, args: ["--no-sandbox"] } : {},
);
const page = await browser.newPage();
for (const [name, size, svg] of [
  ["192", 192, mark],
  ["512", 512, mark],
  ["maskable", 512, whole],
  ["touch", 180, whole],
]) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<style>body { margin: 0 } svg { display: block; width: 100vw; height: 100vh }</style>${svg}`,
  );
  await page.screenshot({
    path: new URL(`public/icons/${name}.png`, root).pathname,
    omitBackground: true,
  });
}
await browser.close();
