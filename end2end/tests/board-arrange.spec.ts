import { type Locator, type Page } from "@playwright/test";
import { type Server, expect, open, test, tile } from "./fixtures.js";

/** Three tiles of the same width. */
const TOPICS = ["a", "b", "c"] as const;

test.beforeEach(async ({ server }) => {
  for (const topic of TOPICS) await server.publish(topic, `line of ${topic}`);
});

/** The visible tiles, in order. */
function order(page: Page): Promise<string[]> {
  return page
    .locator("section[data-topic]")
    .evaluateAll((tiles) => tiles.map((tile) => tile.getAttribute("data-topic")!));
}

async function expectOrder(page: Page, ...topics: string[]): Promise<void> {
  await expect.poll(() => order(page), { message: "the order of the tiles" }).toEqual(topics);
}

function place(page: Page, topic: string): Locator {
  return page.locator(`.board-place:has(section[data-topic="${topic}"])`);
}

function menu(page: Page, topic: string): Locator {
  return tile(page, topic).getByLabel(`Arrange ${topic}`, { exact: true });
}

async function choose(page: Page, topic: string, offer: string): Promise<void> {
  await menu(page, topic).click();
  await tile(page, topic).getByRole("button", { name: offer, exact: true }).click();
}

/** Opens the menu of the layout. */
async function arrangement(page: Page): Promise<Locator> {
  const arrangement = page.locator("details.arrangement");
  await arrangement.locator("summary").click();
  return arrangement;
}

/** The tiles that the server renders for this layout. */
async function rendered(page: Page, server: Server): Promise<string[]> {
  const html = await (await page.request.get(server.url)).text();
  return [...html.matchAll(/data-place="l:(\w+)"/g)].map(([, topic]) => topic!);
}

test("a pinned tile comes first, also after a reload, until it is unpinned", async ({ page }) => {
  await open(page, "/");
  await expectOrder(page, "a", "b", "c");
  await choose(page, "c", "Pin to top");
  await expectOrder(page, "c", "a", "b");
  await expect(place(page, "c")).toHaveAttribute("data-pinned", "true");
  await open(page, "/");
  await expectOrder(page, "c", "a", "b");
  await choose(page, "c", "Unpin");
  await expectOrder(page, "a", "b", "c");
});

test("a hidden tile disappears, is counted, and can be shown again", async ({ page }) => {
  await open(page, "/");
  await choose(page, "b", "Hide");
  await expectOrder(page, "a", "c");
  await open(page, "/");
  await expectOrder(page, "a", "c");
  await expect(page.locator("details.arrangement summary")).toHaveAccessibleName(
    "Arrange the board, 1 hidden",
  );
  await (await arrangement(page)).getByRole("button", { name: "Show b" }).click();
  await expectOrder(page, "a", "b", "c");
});

test("the keyboard moves a tile, and the pressed button keeps the focus", async ({ page }) => {
  await open(page, "/");
  await menu(page, "a").focus();
  await page.keyboard.press("Enter");
  const right = tile(page, "a").getByRole("button", { name: "Move right" });
  await right.focus();
  await page.keyboard.press("Enter");
  await expectOrder(page, "b", "a", "c");
  await expect(right).toBeFocused();
  await page.keyboard.press("Enter");
  await expectOrder(page, "b", "c", "a");
  await expect(right).toBeFocused();
  await tile(page, "a").getByRole("button", { name: "Move left" }).click();
  await expectOrder(page, "b", "a", "c");
  await page.keyboard.press("Escape");
  await expect(right).toBeHidden();
  await expect(menu(page, "a"), "Escape goes back to where the menu was opened").toBeFocused();
});

test("a tile is dragged by its header to the position of another one", async ({ page }) => {
  await open(page, "/");
  const grip = (await tile(page, "a").locator("header h2").boundingBox())!;
  const target = (await place(page, "c").boundingBox())!;
  await page.mouse.move(grip.x + 4, grip.y + grip.height / 2);
  await page.mouse.down();
  await page.mouse.move(grip.x + 40, grip.y + 30, { steps: 3 });
  await page.mouse.move(target.x + target.width / 2, target.y + 30, { steps: 8 });
  await expect(place(page, "a")).toHaveAttribute("data-drag", "dragged");
  await expect(place(page, "c")).toHaveAttribute("data-drag", "over");
  await page.mouse.up();
  await expectOrder(page, "b", "c", "a");
  await expect(page.locator("[data-drag]")).toHaveCount(0);
  expect(
    new URL(page.url()).pathname,
    "a drag that began on the tile's link does not follow it",
  ).toBe("/");
});

test("Escape cancels a drag, and a click on the header is still a click", async ({ page }) => {
  await open(page, "/");
  const target = (await place(page, "c").boundingBox())!;
  await tile(page, "a").locator("header h2").hover();
  await page.mouse.down();
  await page.mouse.move(target.x + target.width / 2, target.y + 30, { steps: 8 });
  await expect(place(page, "c")).toHaveAttribute("data-drag", "over");
  await page.keyboard.press("Escape");
  await expect(page.locator("[data-drag]")).toHaveCount(0);
  await page.mouse.up();
  await expectOrder(page, "a", "b", "c");
  await tile(page, "a").getByRole("link", { name: "a", exact: true }).click();
  await expect(page).toHaveURL(/\/topics\/a$/);
});

test("a tile keeps its chosen width and height after a reload", async ({ page }) => {
  await open(page, "/");
  const [grid, before] = [
    (await page.locator(".board-grid").boundingBox())!,
    (await place(page, "a").boundingBox())!,
  ];
  expect(before.width).toBeLessThan(grid.width / 2);
  await menu(page, "a").click();
  const sizes = tile(page, "a").getByRole("group", { name: "Width" });
  await sizes.getByRole("button", { name: "Full" }).click();
  await expect(sizes.getByRole("button", { name: "Full" })).toHaveAttribute("aria-pressed", "true");
  await tile(page, "a")
    .getByRole("group", { name: "Height" })
    .getByRole("button", { name: "Tall" })
    .click();
  const isLarge = async () => {
    const now = (await place(page, "a").boundingBox())!;
    expect(now.width).toBeCloseTo(grid.width, 0);
    expect(now.height).toBeGreaterThan(before.height + 40);
  };
  await expect(isLarge).toPass();
  await open(page, "/");
  await expect(isLarge).toPass();
});

test("a tile fills the page at its own address, and Escape goes back", async ({ page }) => {
  await open(page, "/");
  await menu(page, "b").click();
  await tile(page, "b").getByRole("link", { name: "Full screen" }).click();
  await expect(page).toHaveURL(/\?tile=l%3Ab$/);
  await expectOrder(page, "b");
  const [box, window] = [(await tile(page, "b").boundingBox())!, page.viewportSize()!];
  expect(box.height).toBeGreaterThan(window.height * 0.7);
  expect(box.y + box.height, "it needs no scrolling").toBeLessThanOrEqual(window.height);
  await open(page, page.url());
  await expectOrder(page, "b");
  await page.keyboard.press("Escape");
  await expectOrder(page, "a", "b", "c");
  await expect(page).toHaveURL(/\/$/);
});

test("Escape closes an open menu before it leaves the full screen", async ({ page }) => {
  await open(page, "/?tile=l%3Ab");
  await menu(page, "b").click();
  await expect(tile(page, "b").getByRole("link", { name: "Leave full screen" })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(tile(page, "b").getByRole("link", { name: "Leave full screen" })).toHaveCount(0);
  await expectOrder(page, "b");
  await page.getByRole("link", { name: "Back to the board" }).click();
  await expectOrder(page, "a", "b", "c");
});

test("the server renders the board in its saved layout, so nothing jumps", async ({
  page,
  server,
}) => {
  await open(page, "/");
  await choose(page, "c", "Pin to top");
  await choose(page, "a", "Hide");
  await expect
    .poll(() => rendered(page, server), { message: "the order in the HTML" })
    .toEqual(["c", "b"]);
  await page.getByRole("link", { name: "Guide" }).click();
  await expect(page).toHaveURL(/\/guide/);
  await page
    .getByRole("navigation", { name: "Pages" })
    .getByRole("link", { name: "Board" })
    .click();
  await expectOrder(page, "c", "b");
  await (await arrangement(page)).getByRole("button", { name: "Reset layout" }).click();
  await expectOrder(page, "a", "b", "c");
  await expect.poll(() => rendered(page, server)).toEqual(["a", "b", "c"]);
});

test("a link shows a shared layout, and readers keep their own until they accept it", async ({
  page,
  newPage,
  context,
}) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page, "/");
  await choose(page, "c", "Pin to top");
  await page
    .getByRole("group", { name: "Time shown" })
    .getByRole("button", { name: "1 h" })
    .click();
  const copy = (await arrangement(page)).getByRole("button", { name: "Copy link" });
  await copy.click();
  await expect(await page.locator("details.arrangement")).toContainText("Copied");
  const link = await page.evaluate(() => navigator.clipboard.readText());

  const other = await newPage();
  await open(other, "/");
  await choose(other, "a", "Hide");
  await open(other, link);
  await expectOrder(other, "c", "a", "b");
  const hour = other
    .getByRole("group", { name: "Time shown" })
    .getByRole("button", { name: "1 h" });
  await expect(hour).toHaveAttribute("aria-pressed", "true");
  await other.getByRole("link", { name: "Back to my layout" }).click();
  await expectOrder(other, "b", "c");
  await open(other, link);
  await other.getByRole("link", { name: "Keep this layout" }).click();
  await expectOrder(other, "c", "a", "b");
  await open(other, "/");
  await expectOrder(other, "c", "a", "b");
});

test("after pinning or hiding with the keyboard, the focus is where it can be undone", async ({
  page,
}) => {
  await open(page, "/");
  const press = async (topic: string, offer: string) => {
    await menu(page, topic).focus();
    await page.keyboard.press("Enter");
    await tile(page, topic).getByRole("button", { name: offer, exact: true }).focus();
    await page.keyboard.press("Enter");
  };
  await press("c", "Pin to top");
  await expectOrder(page, "c", "a", "b");
  await expect(tile(page, "c").getByRole("button", { name: "Unpin", exact: true })).toBeFocused();
  await press("a", "Hide");
  await expectOrder(page, "c", "b");
  await expect(page.locator("details.arrangement summary")).toBeFocused();
});

test("a board with only hidden tiles says so, and shows them again", async ({ page }) => {
  await open(page, "/");
  for (const topic of TOPICS) await choose(page, topic, "Hide");
  await expect(page.getByRole("heading", { name: "No tiles to show" })).toBeVisible();
  await page.getByRole("button", { name: "Show all tiles" }).click();
  await expectOrder(page, ...TOPICS);
  await expect(page.getByRole("heading", { name: "No tiles to show" })).toHaveCount(0);
});

test("a layout change in one tab appears in the others", async ({ page, context, complaints }) => {
  await open(page, "/");
  const other = await context.newPage();
  complaints.watch(other);
  await open(other, "/");
  await choose(page, "a", "Hide");
  await expectOrder(other, "b", "c");
  await choose(other, "b", "Hide");
  await expectOrder(page, "c");
  await open(page, "/");
  await expectOrder(page, "c");
});

test("a tile that fills the page begins at its top, and leaving it restores the scroll position", async ({
  page,
  server,
}) => {
  for (let topic = 10; topic < 40; topic++) await server.publish(`z${topic}`, "a line");
  await open(page, "/");
  await tile(page, "z39").scrollIntoViewIfNeeded();
  const scrolled = () => page.evaluate(() => Math.round(scrollY));
  await menu(page, "z39").click();
  const before = await scrolled();
  expect(before).toBeGreaterThan(500);
  await tile(page, "z39").getByRole("link", { name: "Full screen" }).click();
  await expectOrder(page, "z39");
  await expect.poll(scrolled).toBe(0);
  await page.keyboard.press("Escape");
  await expect(tile(page, "a")).toBeAttached();
  await expect.poll(scrolled).toBe(before);
});

test("a long text is cut to a few lines, to fewer on a short tile, and not where the tile fills the page", async ({
  page,
  server,
}) => {
  await server.publish("long", "word ".repeat(500));
  await open(page, "/");
  const height = async () => (await tile(page, "long").locator(".rows li").boundingBox())!.height;
  expect(await height()).toBeLessThan(100);
  const normal = await height();
  await choose(page, "long", "Short");
  await expect.poll(height).toBeLessThan(normal / 2);
  await open(page, "/?tile=l%3Along");
  await expect.poll(height).toBeGreaterThan(2 * normal);
});
