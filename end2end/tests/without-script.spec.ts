import { PAGES, badge, expect, fill, filterField, rows, test, tile } from "./fixtures.js";

test.use({ javaScriptEnabled: false });

// Without script a page never uses what it preloads. The browser warns on a page that stays open for seconds.
test.beforeEach(({ complaints }) =>
  complaints.expect(/was preloaded using link preload but not used/),
);

test("every page says that it is not live, and hides the controls that need script", async ({
  page,
  server,
  complaints,
}) => {
  complaints.expect(/the server responded with a status of 404/);
  await fill(server);
  for (const path of PAGES) {
    await page.goto(path);
    await expect(page.getByText("Not live: live updates need JavaScript")).toBeVisible();
    await expect(badge(page), `the live badge on ${path}`).toBeHidden();
    await expect(page.getByRole("button", { name: "Switch between light and dark" })).toBeHidden();
    await expect(page.getByRole("navigation", { name: "Pages" }).getByRole("link")).toHaveText([
      "Board",
      "Chat",
      "Inspector",
      "Guide",
    ]);
  }
});

test("the board shows the values at the time of the request", async ({ page, server }) => {
  await fill(server);
  await page.goto("/");
  await expect(tile(page, "greetings")).toContainText("Hello World");
  await expect(tile(page, "office/sensor")).toContainText("20.8");
  await expect(tile(page, "queue")).toContainText("1.5");
  for (const severity of ["info", "success", "warning", "error"]) {
    await expect(tile(page, "notifications")).toContainText(`api was ${severity}`);
  }
  await expect(tile(page, "pages/home")).toContainText("Page content updated");
  await expect(tile(page, "jobs")).toContainText("backup");
  await expect(tile(page, "chat/general")).toContainText("Is the deploy through?");
  await expect(tile(page, "office/sensor").locator("path.line").first()).toHaveAttribute("d", /^M/);
  await page.getByRole("link", { name: "Guide" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Server-Sent Events, live");
});

test("the bell lists the notifications", async ({ page, server }) => {
  await fill(server);
  await page.goto("/");
  await page.locator("summary[aria-label^='Notifications']").click();
  await expect(page.locator("details[open]").getByRole("listitem")).toHaveCount(4);
});

test("the inspector shows the events, and its filter finds them", async ({ page, server }) => {
  await fill(server);
  await page.goto("/inspector");
  await expect(rows(page).filter({ hasText: "Hello World" })).toHaveCount(1);
  await expect(rows(page).filter({ hasText: "chat/general" })).toHaveCount(3);
  await filterField(page).fill("topic:office/** 21.4");
  await filterField(page).press("Enter");
  await expect(page).toHaveURL(/\/inspector\?q=/);
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText("21.4");
  await expect(filterField(page)).toHaveValue("topic:office/** 21.4");
  await expect(page.getByRole("region", { name: "Selected event" })).toContainText("On the wire");
});

test("the guide shows all lessons and all their code", async ({ page }) => {
  await page.goto("/guide");
  const lessons = page.locator("article section");
  await expect(lessons).toHaveCount(14);
  await expect(lessons.getByRole("heading", { level: 2 }).filter({ visible: true })).toHaveCount(
    14,
  );
  const words = await lessons.evaluateAll((all) =>
    all.map((lesson) => lesson.querySelector(".words")!.textContent!.length),
  );
  expect(Math.min(...words), "letters of the shortest lesson").toBeGreaterThan(600);
  const code = lessons.locator("pre.code");
  await expect(code.filter({ visible: true, hasText: /\w/ })).toHaveCount(await code.count());
  for (const language of ["Rust", "JavaScript", "curl"])
    await expect(page.locator("#listen").getByLabel(language, { exact: true })).toBeVisible();
  await page
    .getByRole("navigation", { name: "Lessons", exact: true })
    .getByRole("link", { name: "Replay" })
    .click();
  await expect(page).toHaveURL("/guide#replay");
  await expect(page.locator("#replay h2")).toBeInViewport();
  await expect(page.getByText("This demo needs JavaScript").first()).toBeVisible();
});

test("the chat form posts, and the message is on the page that follows", async ({
  page,
  server,
}) => {
  await server.say("general", "Ada", "Hello");
  await page.goto("/chat/general");
  const lines = page.getByRole("log", { name: "Messages" }).locator(".said");
  await expect(lines).toHaveText(["Hello"]);
  await page.getByRole("textbox", { name: "Your name" }).fill("Grace");
  await page.getByRole("textbox", { name: "Message general" }).fill("Without <script>");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page).toHaveURL(/\/chat\/general$/);
  await expect(lines).toHaveText(["Hello", "Without <script>"]);
  // The name is remembered, and a message may have several lines.
  await expect(page.getByRole("textbox", { name: "Your name" })).toHaveCount(0);
  await page.getByRole("textbox", { name: "Message general" }).fill("again\nand again");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(lines).toHaveText(["Hello", "Without <script>", "again and again"]);
  // The text can be there before the style sheet that keeps its line breaks.
  await expect
    .poll(() => lines.last().evaluate((line) => (line as HTMLElement).innerText))
    .toBe("again\nand again");
});

test("a room is opened by its name", async ({ page, server }) => {
  await server.say("ops", "Ada", "in ops");
  await page.goto("/chat/general");
  await page.getByRole("textbox", { name: "Room name" }).fill("ops");
  await page.getByRole("button", { name: "Open" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("ops");
  await expect(page.getByRole("log", { name: "Messages" })).toContainText("in ops");
});

test.describe("with the machine's metrics", () => {
  test.use({ serverArgs: [] });

  test("the tiles of the host have values", async ({ page, server }) => {
    // The first metrics come a moment after the start.
    await expect
      .poll(async () => (await fetch(`${server.url}/api/history?topic=host/metrics`)).text())
      .toContain("cpu_percent");
    await page.goto("/");
    for (const name of ["CPU", "Memory", "Network in", "Disk write", "Load"]) {
      await expect(page.getByRole("region", { name, exact: true }).locator(".value")).toHaveText(
        /\d/,
      );
    }
  });
});
