// The inspector's list: live events, scrolling, the pointer and the keyboard.
import type { Page } from "@playwright/test";
import { type Server, expect, filterField, inspectorOf, open, rows, test } from "./fixtures.js";
import { detail, grid, list, publishMany, scrollTo } from "./inspector.js";

test("a burst is counted completely while only the rows in view exist", async ({
  page,
  server,
}) => {
  await open(page, inspectorOf("burst"));
  await publishMany(server, "burst", 1, 2_000);
  await expect(list(page)).toHaveAttribute("data-found", "2000");
  await expect(grid(page)).toHaveAttribute("aria-rowcount", "2001");
  expect(await rows(page).count()).toBeLessThan(60);
  await expect(rows(page).first()).toContainText('{"n":2000}');
  await scrollTo(page, 1_000 * 30);
  await expect(rows(page).filter({ hasText: '{"n":1000}' })).toBeInViewport();
  await grid(page).focus();
  await page.keyboard.press("End");
  await expect(rows(page).last()).toContainText('{"n":1}');
  await expect(rows(page).last()).toHaveAttribute("aria-rowindex", "2001");
  await expect(rows(page).last()).toBeInViewport();
});

test("a scrolled list stands still while events arrive, and a button leads to the newest", async ({
  page,
  server,
}) => {
  await open(page, inspectorOf("flow"));
  await publishMany(server, "flow", 1, 300);
  await expect(rows(page).first()).toContainText('{"n":300}');
  await scrollTo(page, 100 * 30);
  const read = rows(page).filter({ hasText: '{"n":195}' });
  await expect(read).toBeInViewport();
  const place = (await read.boundingBox())!.y;
  await publishMany(server, "flow", 301, 340);
  const waiting = page.getByRole("button", { name: "40 new" });
  await expect(waiting).toBeVisible();
  expect((await read.boundingBox())!.y).toBe(place);
  await waiting.click();
  await expect(rows(page).first()).toContainText('{"n":340}');
  await expect(waiting).toHaveCount(0);
  await publishMany(server, "flow", 341, 341);
  await expect(rows(page).first()).toContainText('{"n":341}');
});

/** Publishes `{"n": 1}` and so on, one after another, until `during` has ended. */
async function whileBusy(
  server: Server,
  topic: string,
  during: () => Promise<void>,
): Promise<void> {
  let isOver = false;
  const publishing = (async () => {
    for (let n = 1; !isOver; n++) await server.publish(topic, { n });
  })();
  try {
    await during();
  } finally {
    isOver = true;
    await publishing;
  }
}

/** Waits until more than `count` further events have arrived. */
async function moreCome(page: Page, count: number): Promise<void> {
  const received = async () => Number(await list(page).getAttribute("data-received"));
  const before = await received();
  await expect.poll(received, { message: `${count} more events` }).toBeGreaterThan(before + count);
}

test("a click selects the event that was pressed, however fast the list moves", async ({
  page,
  server,
}) => {
  await open(page, inspectorOf("busy"));
  await whileBusy(server, "busy", async () => {
    await moreCome(page, 40);
    const row = rows(page).nth(5);
    const payload = row.locator(".payload");
    const { x, y, width, height } = (await row.boundingBox())!;
    await page.mouse.move(x + width / 2, y + height / 2);
    await page.mouse.down();
    const shown = (await payload.textContent())!;
    await moreCome(page, 40);
    await expect(payload, "the list stands still").toHaveText(shown);
    await expect(
      page.getByRole("button", { name: /^\d+ new$/ }),
      "the new events are counted",
    ).toBeVisible();
    await page.mouse.up();
    await expect(detail(page).locator(".json")).toContainText(
      shown.replace(":", ": ").slice(1, -1),
    );

    // A finger leaves before its click, and the list has moved by then.
    await page.mouse.move(1, 1);
    const moves = async () => (await payload.textContent()) !== shown;
    await expect.poll(moves, { message: "the list goes on" }).toBe(true);
    const pressed = await row.evaluate(async (row) => {
      const dispatch = (type: string) =>
        row.dispatchEvent(
          new PointerEvent(type, { bubbles: type !== "pointerleave", pointerType: "touch" }),
        );
      const text = () => row.querySelector(".payload")!.textContent!;
      dispatch("pointerdown");
      const pressed = text();
      const frame = row.closest(".lines-frame")!;
      dispatch("pointerup");
      frame.dispatchEvent(new PointerEvent("pointerleave", { pointerType: "touch" }));
      while (text() === pressed) await new Promise(requestAnimationFrame);
      row.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      return pressed;
    });
    await expect(detail(page).locator(".json")).toContainText(
      pressed.replace(":", ": ").slice(1, -1),
    );
  });
});

test("the list stands still while the pointer moves over it, and continues when it rests", async ({
  page,
  server,
}) => {
  await open(page, inspectorOf("busy"));
  await whileBusy(server, "busy", async () => {
    await moreCome(page, 40);
    const first = rows(page).first().locator(".payload");
    // The page moves the pointer itself, with each frame: the test may be slower than a pause.
    const pointer = await grid(page).evaluateHandle((grid) => {
      const pointer = { moves: true };
      const move = (): void => {
        if (!pointer.moves) return;
        grid.dispatchEvent(new PointerEvent("pointermove", { bubbles: true }));
        requestAnimationFrame(move);
      };
      move();
      return pointer;
    });
    const shown = (await first.textContent())!;
    await moreCome(page, 60);
    await expect(first).toHaveText(shown);
    const waiting = page.getByRole("button", { name: /^\d+ new$/ });
    await expect(waiting).toBeVisible();
    await pointer.evaluate((pointer) => void (pointer.moves = false));
    await expect(first).not.toHaveText(shown);
    await expect(waiting).toHaveCount(0);
  });
});

test("events that the page dropped are counted, and the page says that the log has them", async ({
  page,
  server,
}) => {
  await open(page, inspectorOf("flood"));
  await publishMany(server, "flood", 1, 5_600);
  await expect(list(page)).toHaveAttribute("data-found", "5600");
  await expect(
    page.getByText("This list dropped 600 older events. The log still has them."),
  ).toBeVisible();
  await expect(list(page)).toContainText("5,600 matching events (newest 5,000 listed)");
});

test("the keyboard moves through the list and shows the selected event", async ({
  page,
  server,
}) => {
  await open(page, inspectorOf("keys"));
  await publishMany(server, "keys", 1, 100);
  await expect(rows(page).first()).toContainText('{"n":100}');
  const isSelected = async (n: number): Promise<void> => {
    const selected = page.locator(".row[aria-selected='true']");
    await expect(selected).toContainText(`{"n":${n}}`);
    await expect(selected).toBeInViewport();
    await expect(grid(page)).toHaveAttribute(
      "aria-activedescendant",
      (await selected.getAttribute("id"))!,
    );
    await expect(detail(page).locator(".json")).toContainText(`"n": ${n}`);
  };
  await grid(page).focus();
  await page.keyboard.press("Home");
  await isSelected(100);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("j");
  await isSelected(98);
  await page.keyboard.press("k");
  await isSelected(99);
  await page.keyboard.press("PageDown");
  await isSelected(89);
  await page.keyboard.press("End");
  await isSelected(1);
  await page.keyboard.press("ArrowUp");
  await isSelected(2);
  await page.getByRole("button", { name: "Newer event" }).click();
  await isSelected(3);
});

test("on a phone an event covers the list, and Back returns to the same place", async ({
  page,
  server,
}) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await open(page, inspectorOf("phone"));
  await publishMany(server, "phone", 1, 60);
  await expect(rows(page).first()).toContainText('{"n":60}');
  await expect(detail(page)).toBeHidden();
  await scrollTo(page, 20 * 48);
  const row = rows(page).filter({ hasText: '{"n":38}' });
  await row.click();
  await expect(detail(page)).toBeVisible();
  await expect(rows(page).first()).toBeHidden();
  await detail(page).getByRole("button", { name: "Back" }).click();
  await expect(detail(page)).toBeHidden();
  await expect(row).toBeInViewport();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
});

test("each room's presence has a row of its own, none of them twice", async ({ page, newPage }) => {
  for (const [room, name] of [
    ["one", "Ada"],
    ["two", "Grace"],
    ["three", "Edsger"],
  ] as const) {
    const other = await newPage();
    await open(other, `/chat/${room}`);
    await other.getByRole("textbox", { name: "Your name" }).fill(name);
    await other.getByRole("textbox", { name: `Message ${room}` }).fill("Hello");
    await other.getByRole("button", { name: "Send" }).click();
    await expect(
      other.getByRole("complementary", { name: "Here now" }).getByRole("listitem"),
    ).toHaveText([new RegExp(`${name}$`)]);
  }
  await open(page, "/inspector?q=type:presence");
  // The snapshot has the presence of each room and of the board, all with the same time.
  await rows(page).filter({ hasText: "chat/one" }).first().click();
  await expect(page.locator(".row[aria-selected='true']"), "rows selected").toHaveCount(1);
  const search = filterField(page);
  await search.fill("topic:chat/two type:presence");
  await expect(rows(page).first()).toContainText("Grace");
  for (const row of await rows(page).all()) await expect(row).toContainText("chat/two");
  await search.fill("topic:chat/** type:presence");
  await expect(rows(page).filter({ hasText: "Edsger" }).first()).toBeVisible();
  await expect(rows(page).filter({ hasText: "Ada" }).first()).toBeVisible();
  await search.fill("topic:chat/two type:presence");
  for (const row of await rows(page).all()) await expect(row).toContainText("chat/two");
});
