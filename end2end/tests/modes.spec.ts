import type { Page } from "@playwright/test";
import { PAGES, badge, bell, expect, fill, isLive, open, test, tile } from "./fixtures.js";

// Modes that readers ask for (zoom, forced colours, print), and what every page needs for touch and keyboard.

/** All pages, with those outside the app. */
const ALL = [...PAGES, "/api/docs", "/offline"] as const;

async function visit(page: Page, path: string): Promise<void> {
  await page.goto(path);
  if (path !== "/api/docs" && path !== "/offline") await isLive(page);
}

/** How many pixels the page is wider than its window. */
function excess(page: Page): Promise<number> {
  return page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
}

test.beforeEach(async ({ server, complaints }) => {
  complaints.expect(/the server responded with a status of 404/);
  await fill(server);
});

for (const [zoom, width, height] of [
  ["200 %", 640, 512],
  ["400 %", 320, 256],
] as const) {
  test(`magnified to ${zoom} no page scrolls sideways, and fixed elements leave room to read`, async ({
    page,
  }) => {
    await page.setViewportSize({ width, height });
    for (const path of ALL) {
      await visit(page, path);
      await expect
        .poll(() => excess(page), { message: `pixels that ${path} is too wide` })
        .toBeLessThanOrEqual(0);
      await page.mouse.wheel(0, 300);
      const covered = await page.evaluate(() => {
        const standing = [...document.querySelectorAll("body *")].filter((element) => {
          const { position, visibility } = getComputedStyle(element);
          const box = element.getBoundingClientRect();
          const isThere = box.width > innerWidth / 2 && box.bottom > 0 && box.top < innerHeight;
          return visibility === "visible" && isThere && position === "fixed";
        });
        return (
          standing.reduce((sum, element) => sum + element.getBoundingClientRect().height, 0) /
          innerHeight
        );
      });
      expect(covered, `part of the window that is covered on ${path}`).toBeLessThan(0.34);
    }
  });
}

test("magnified to 400 % the menus and sheets fit the window", async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 256 });
  await open(page, "/");
  for (const menu of [badge(page), bell(page), page.locator(".arrangement > summary")]) {
    await menu.click();
    const [box, inner] = await page.locator("details[open] > .popover").evaluate((menu) => {
      const { left, right } = menu.getBoundingClientRect();
      return [{ left, right }, menu.scrollWidth - menu.clientWidth] as const;
    });
    expect(box.left).toBeGreaterThanOrEqual(0);
    expect(box.right).toBeLessThanOrEqual(320);
    expect(inner, "pixels that the menu is too narrow for its words").toBeLessThanOrEqual(0);
    await page.keyboard.press("Escape");
  }
  for (const key of ["Control+k", "?"]) {
    await page.keyboard.press(key);
    const sheet = (await page.locator("dialog[open]").boundingBox())!;
    expect(sheet.x).toBeGreaterThanOrEqual(0);
    expect(sheet.x + sheet.width).toBeLessThanOrEqual(320);
    expect(sheet.y + sheet.height).toBeLessThanOrEqual(256);
    await page.keyboard.press("Escape");
    await expect(page.locator("dialog"), "closed, and gone").toHaveCount(0);
  }
});

test("a listbox without options is not shown", async ({ page }) => {
  await open(page, "/inspector");
  await expect(page.locator("#suggestions")).toBeHidden();
});

for (const width of [360, 1440]) {
  test(`every target is 24 px large or has enough space around it, at ${width} px`, async ({
    page,
  }) => {
    await page.setViewportSize({ width, height: 900 });
    for (const path of ALL) {
      await visit(page, path);
      const small = await page.evaluate(() => {
        const targets = [
          ...document.querySelectorAll<HTMLElement>(
            "a[href], button, summary, input, textarea, select, [role=option]",
          ),
        ]
          .filter((target) => target.checkVisibility({ visibilityProperty: true }))
          // A link in a sentence is as high as its line (WCAG 2.5.8, inline).
          .filter(
            (target) =>
              !(
                target.matches("p a:not(.button), li > a, dd a, td a") &&
                getComputedStyle(target).display === "inline"
              ),
          )
          .map((target) => ({ target, box: target.getBoundingClientRect() }))
          .filter(({ box }) => box.width > 1 && box.height > 1);
        const isSmall = (box: DOMRect) => box.width < 23.9 || box.height < 23.9;
        return targets
          .filter(({ box }) => isSmall(box))
          .filter(({ target, box }) => {
            const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
            return targets.some(({ target: other, box: near }) => {
              if (other === target || other.contains(target) || target.contains(other))
                return false;
              // The circle around a small target must meet neither another target nor its circle.
              if (isSmall(near))
                return (
                  Math.hypot(x - (near.left + near.right) / 2, y - (near.top + near.bottom) / 2) <
                  24
                );
              const [dx, dy] = [
                Math.max(near.left - x, 0, x - near.right),
                Math.max(near.top - y, 0, y - near.bottom),
              ];
              return Math.hypot(dx, dy) < 12;
            });
          })
          .map(
            ({ target, box }) =>
              `${target.tagName} "${target.textContent?.trim().slice(0, 30)}" ${box.width.toFixed(0)}x${box.height.toFixed(0)}`,
          );
      });
      expect(small, `too small on ${path}`).toEqual([]);
    }
  });
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`every focused element shows its focus and is not covered, ${colorScheme}`, async ({
    page,
  }) => {
    test.slow();
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width: 1024, height: 700 });
    for (const path of ALL) {
      await visit(page, path);
      for (let index = 0; index < 40; index++) {
        await page.keyboard.press("Tab");
        const problem = await page.evaluate(() => {
          const focused = document.activeElement;
          if (!(focused instanceof HTMLElement) || focused === document.body) return null;
          const isOutlined = (element: Element | null): boolean => {
            if (!element) return false;
            const { outlineStyle, outlineWidth } = getComputedStyle(element);
            return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
          };
          // The parent of a field without a frame shows the focus.
          let frame: Element | null = focused;
          for (let up = 0; up < 4 && !isOutlined(frame); up++) frame = frame?.parentElement ?? null;
          const named = `${focused.tagName} "${focused.getAttribute("aria-label") ?? focused.textContent?.trim().slice(0, 30)}"`;
          if (!isOutlined(frame)) return `${named} shows nothing`;
          const box = focused.getBoundingClientRect();
          const points = [
            [0.5, 0.5],
            [0.1, 0.1],
            [0.9, 0.9],
          ].map(([x, y]) => [box.left + box.width * x!, box.top + box.height * y!] as const);
          const isSeen = points.some(([x, y]) => {
            const top = document.elementFromPoint(x, y);
            return top && (focused.contains(top) || top.contains(focused));
          });
          return isSeen ? null : `${named} is covered at ${JSON.stringify(box)}`;
        });
        expect(problem, path).toBeNull();
      }
    }
  });
}

test("in forced colours the chosen element is outlined, and series keep their colours", async ({
  page,
}) => {
  await page.emulateMedia({ forcedColors: "active" });
  await open(page, "/");
  const style = (selector: string, name: string, pseudo?: string) =>
    page
      .locator(selector)
      .first()
      .evaluate(
        (element, [name, pseudo]) => getComputedStyle(element, pseudo).getPropertyValue(name!),
        [name, pseudo] as const,
      );
  expect(await style(".tabs [aria-current]", "outline-style")).toBe("solid");
  expect(await style(".segments [aria-pressed='true']", "outline-style")).toBe("solid");
  const canvas = await style("body", "background-color");
  expect(
    await style(".multiple .label", "background-color", "::before"),
    "the mark of a series",
  ).not.toBe(canvas);
  expect(await style(".badge .dot", "background-color"), "the mark of the connection").not.toBe(
    canvas,
  );
  await open(page, "/guide");
  expect(await style("#listen [role='tab'][aria-selected='true']", "outline-style")).toBe("solid");
});

test("with reduced motion nothing moves, even when events arrive", async ({ page, server }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  for (const path of ["/", "/chat/general", "/guide"]) {
    await open(page, path);
    await server.notify("deploys", `seen on ${path}`, "error");
    await expect(page.locator(".toast").first()).toBeVisible();
    expect(await page.evaluate(() => document.getAnimations().length), path).toBe(0);
  }
});

test("with more contrast lines are stronger and no text is faint", async ({ page }) => {
  await open(page, "/");
  const colours = () =>
    page.evaluate(() =>
      ["--line", "--ink-3"].map((name) =>
        getComputedStyle(document.documentElement).getPropertyValue(name),
      ),
    );
  const before = await colours();
  await page.emulateMedia({ contrast: "more" });
  const after = await colours();
  for (const [index, colour] of after.entries()) expect(colour).not.toBe(before[index]);
});

test("a printed page is dark on white, without buttons", async ({ page, server }) => {
  for (let number = 1; number <= 40; number++) await server.say("general", "Ada", `line ${number}`);
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  for (const path of ["/", "/topics/deploys", "/chat/general", "/guide", "/inspector"]) {
    await page.goto(path);
    await expect(
      page.getByRole("heading", { level: 1 }).or(page.locator(".list")).first(),
    ).toBeVisible();
    expect(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), path).toBe(
      "rgb(255, 255, 255)",
    );
    // The parts of a payload are text, although they can be pressed.
    await expect(page.locator("button:visible:not(.json button)"), path).toHaveCount(0);
    await expect(page.getByRole("textbox").filter({ visible: true }), path).toHaveCount(0);
    await expect(page.getByRole("navigation", { name: "Pages" }), path).toBeHidden();
  }
  await page.goto("/chat/general");
  await expect(page.locator(".said").last()).toHaveText("line 40");
  const cut = await page
    .locator(".conversation .scroll")
    .evaluate((scroll) => scroll.scrollHeight - scroll.clientHeight);
  expect(cut, "pixels of the conversation that paper would cut off").toBeLessThanOrEqual(1);
});

test("the values of the host fit their tiles on a narrow phone", async ({ page, server }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  const metrics = {
    cpu_percent: 100,
    network_in_bytes_per_second: 157_400_000,
    network_out_bytes_per_second: 278_700,
  };
  await server.publish("host/metrics", metrics, { "ce-type": "metrics" });
  await open(page, "/");
  await expect(tile(page, "greetings")).toBeVisible();
  await expect(page.locator(".stat .value").filter({ hasText: "157.4" })).toBeVisible();
  const wide = await page
    .locator(".stat .value")
    .evaluateAll((values) =>
      values
        .filter((value) => value.scrollWidth > value.clientWidth)
        .map((value) => value.textContent),
    );
  expect(wide).toEqual([]);
});
