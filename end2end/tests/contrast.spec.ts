import { readFileSync, readdirSync } from "node:fs";
import { resolve } from "node:path";
import type { Page } from "@playwright/test";
import { expect, open, test } from "./fixtures.js";

// The contrast that style/tokens.css promises in both themes: 4.5:1 for text on every surface, 3:1 for graphics.
const SURFACES = ["paper", "tile", "sunken"];
const TEXT = ["ink", "ink-2", "ink-3", "signal-text", "ok", "info", "warn", "bad"];
const DRAWN = ["line-strong", "s1", "s2", "s3", "s4", "s5", "s6"];

/** The contrast that style/tokens.css states after each colour: in the light theme, in the dark one. */
const STATED = new Map(
  [
    ...readFileSync(resolve(__dirname, "../../style/tokens.css"), "utf8").matchAll(
      /--([\w-]+): [^;]*; \/\* ([\d.]+), ([\d.]+) \*\//g,
    ),
  ].map(([, name, light, dark]) => [name!, { light: Number(light), dark: Number(dark) }] as const),
);

/** The tokens as the screen shows them, in sRGB from 0 to 1. A translucent one is blended with the surface. */
async function shown(page: Page, names: string[], on: string): Promise<number[][]> {
  return page.evaluate(
    ([names, on]) => {
      const probe = document.body.appendChild(document.createElement("i"));
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 1;
      const context = canvas.getContext("2d", { willReadFrequently: true })!;
      const paint = (name: string) => {
        probe.style.color = "";
        probe.style.color = `var(--${name})`;
        context.fillStyle = getComputedStyle(probe).color;
        context.fillRect(0, 0, 1, 1);
      };
      const colours = (names as string[]).map((name) => {
        paint(on as string);
        paint(name);
        return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => part / 255);
      });
      probe.remove();
      return colours;
    },
    [names, on] as const,
  );
}

/** WCAG 2.2, relative luminance and contrast ratio. */
function luminance(rgb: number[]): number {
  const [r, g, b] = rgb.map((part) =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
  ) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: number[], other: number[]): number {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [
    number,
    number,
  ];
  return (light + 0.05) / (dark + 0.05);
}

/** The pairs with too little contrast, with their ratio. */
async function tooFaint(
  page: Page,
  names: string[],
  surfaces: string[],
  least: number,
): Promise<string[]> {
  const faint: string[] = [];
  for (const surface of surfaces) {
    const [ground, ...colours] = await shown(page, [surface, ...names], surface);
    colours.forEach((colour, index) => {
      const ratio = contrast(colour, ground!);
      if (ratio < least) faint.push(`${names[index]} on ${surface}: ${ratio.toFixed(2)}`);
    });
  }
  return faint;
}

test("no colour is written outside the tokens", () => {
  const folder = resolve(__dirname, "../../style");
  const sheets = readdirSync(folder).filter(
    (name) => name.endsWith(".css") && name !== "tokens.css",
  );
  const written = sheets.flatMap((name) => {
    const css = readFileSync(resolve(folder, name), "utf8").replace(
      /\/\*[^]*?\*\/|\bmask[\w-]*:[^;]*;/g,
      "",
    );
    // A computed hue, such as a person's, is not a literal; paper is white; and a mask has no colour.
    const colours =
      css.match(/#[0-9a-f]{3,8}\b(?=[;\s)])|\b(?:rgba?|hsla?|oklab|oklch)\((?!from)[^)v]*\)/gi) ??
      [];
    return colours.map((colour) => `${name}: ${colour}`);
  });
  expect(written).toEqual([]);
});

test("the ratio is WCAG's", () => {
  expect(contrast([1, 1, 1], [0, 0, 0])).toBeCloseTo(21, 5);
  expect(contrast([0x76 / 255, 0x76 / 255, 0x76 / 255], [1, 1, 1])).toBeCloseTo(4.54, 2);
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`every text colour is readable on every surface, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await open(page, "/guide");
    expect(await tooFaint(page, TEXT, SURFACES, 4.5)).toEqual([]);
    expect([...STATED.keys()].sort(), "each of them states its contrast").toEqual(
      [...TEXT, ...DRAWN].sort(),
    );
    for (const [name, stated] of STATED) {
      expect(
        await tooFaint(page, [name], SURFACES, stated[colorScheme]),
        `${name} is stated as ${stated[colorScheme]}`,
      ).toEqual([]);
    }
    expect(await tooFaint(page, ["signal-ink"], ["signal"], 4.5)).toEqual([]);
    expect(
      await tooFaint(page, ["paper"], ["ink"], 4.5),
      "a chip that is pressed, a word about what was done",
    ).toEqual([]);
    expect(await tooFaint(page, DRAWN, SURFACES, 3)).toEqual([]);
    // The overlays of a tile that is hovered, pressed, or new.
    for (const veil of ["hover", "pressed", "arrive"]) {
      const [ground] = await shown(page, [veil], "tile");
      const colours = await shown(page, ["ink", "ink-2"], "tile");
      for (const colour of colours)
        expect(contrast(colour, ground!), `text on ${veil}`).toBeGreaterThanOrEqual(4.5);
    }
  });
}
