import type { Page } from "@playwright/test";
import { expect, filterField, isLive, open, rows, test, tile } from "./fixtures.js";

/** Any of these would set a flag or request a path if it ran; the tests watch both. */
const CORPUS = [
  `<script>window.hacked=1</script>`,
  `</script><script>window.hacked=1</script>`,
  `<img src=/hacked onerror=window.hacked=1>`,
  `"><svg onload=window.hacked=1>`,
  `' onmouseover='window.hacked=1`,
  `javascript:window.hacked=1//`,
  `<iframe src="javascript:parent.hacked=1">`,
  `<a href="javascript:alert(1)">click</a>`,
  `<!--<script>--><script>hacked=1</script>`,
  `<style>@import '/hacked';</style>`,
  `&lt;b&gt; &amp; &#60;script&#62;`,
  `\${window.hacked=1}{{hacked=1}}`,
  `<\/title><base href=//evil.example>`,
  `\u2028<script>hacked=1</script>\u2029`,
  `<b>a\\"b\\</b>`,
] as const;

/** Those of at most 60 characters. */
const SHORT = CORPUS.filter((text) => text.length <= 60);

async function watch(page: Page): Promise<{ check: () => Promise<void> }> {
  const asked: string[] = [];
  page.on("request", (request) => {
    const { host, pathname } = new URL(request.url());
    if (pathname === "/hacked" || host === "evil.example") asked.push(request.url());
  });
  if (process.env.E2E_SABOTAGE === "markup") await page.addInitScript(readTextAsMarkup);
  await page.addInitScript(() => {
    const violations: string[] = [];
    Object.assign(window, { violations });
    document.addEventListener("securitypolicyviolation", (violation) =>
      violations.push(`${violation.violatedDirective} ${violation.blockedURI}`),
    );
  });
  return {
    // Dialogs and console messages fail every test anyway.
    check: async () => {
      const state = await page.evaluate(() => ({
        hacked: (window as unknown as { hacked?: number }).hacked,
        violations: (window as unknown as { violations: string[] }).violations,
        elements: document.querySelectorAll(
          "main :is(script, iframe, img, style, base, [onerror], [onload], [onmouseover], a[href^='javascript:'])",
        ).length,
      }));
      expect(state).toEqual({ hacked: undefined, violations: [], elements: 0 });
      expect(asked, "requests that markup would have made").toEqual([]);
    },
  };
}

/** The text of an element as it is in the document, with all white space. */
async function hasTexts(page: Page, selector: string, expected: readonly string[]): Promise<void> {
  await expect
    .poll(
      async () => {
        const texts = await page
          .locator(selector)
          .evaluateAll((nodes) => nodes.map((node) => node.textContent ?? ""));
        return expected.filter((text) => !texts.some((shown) => shown.includes(text)));
      },
      { message: `texts that ${selector} does not show` },
    )
    .toEqual([]);
}

/** The sabotage switch of these tests: with `E2E_SABOTAGE=markup` the page inserts text as markup, and they must fail. */
function readTextAsMarkup(): void {
  new MutationObserver(() => {
    for (const element of document.querySelectorAll(
      "main .said, main .text, main dd, main li, .row .payload, .json button, .json span",
    )) {
      if (element.childElementCount === 0 && /[<]/.test(element.textContent ?? ""))
        element.innerHTML = element.textContent ?? "";
    }
  }).observe(document, { subtree: true, childList: true, characterData: true });
}

const seen = CORPUS.slice(0, 7);

test("markup in chat, as text and as a name, is shown as text", async ({ page, server }) => {
  const guard = await watch(page);
  await server.say("general", "Ada", "begin");
  await open(page, "/chat/general");
  for (const text of CORPUS) await server.say("general", "Mallory", text);
  for (const name of SHORT)
    if (!/[\u2028\u2029]/.test(name)) await server.say("general", name, "under this name");
  for (const way of ["live", "rendered by the server"]) {
    await test.step(way, async () => {
      await hasTexts(page, "[role='log'] .said", CORPUS);
      await hasTexts(
        page,
        "[role='log'] .who b",
        SHORT.filter((name) => !/[\u2028\u2029]/.test(name)),
      );
      await guard.check();
    });
    await page.reload();
    await isLive(page);
  }
});

test("markup as a user name is shown as text to everybody in the room", async ({
  page,
  newPage,
}) => {
  const other = await newPage();
  const [guard, otherGuard] = [await watch(page), await watch(other)];
  const name = `<img src=/hacked onerror=window.hacked=1>`;
  await open(other, "/chat/general");
  await open(page, "/chat/general");
  await page.getByRole("textbox", { name: "Your name" }).fill(name);
  await page.getByRole("textbox", { name: "Message general" }).fill("Hello");
  await page.getByRole("button", { name: "Send" }).click();
  for (const someone of [page, other]) {
    await hasTexts(someone, "aside[aria-label='Here now'] li", [name]);
  }
  await page.getByRole("textbox", { name: "Message general" }).pressSequentially("typing");
  await expect(other.getByText(`${name} is typing…`)).toBeVisible();
  for (const path of ["/chat/general", "/", "/inspector"]) {
    await open(page, path);
    await open(other, path);
    await guard.check();
    await otherGuard.check();
  }
  // Joining the room published a notification.
  await open(other, "/");
  await hasTexts(other, "section[data-topic='notifications'] .text", [`${name} joined general`]);
});

test("markup in notifications and text is shown as text on the board and in the bell", async ({
  page,
  server,
}) => {
  const guard = await watch(page);
  await open(page, "/");
  for (const text of seen) {
    await server.notify("alerts", text, "warning");
    await server.publish("lines", text);
  }
  for (const way of ["live", "rendered by the server"]) {
    await test.step(way, async () => {
      await hasTexts(page, "section[data-topic='notifications'] .text", seen);
      await hasTexts(page, "section[data-topic='lines'] .text", seen);
      await page.locator("summary[aria-label^='Notifications']").click();
      await hasTexts(page, "details[open] .text", seen);
      await guard.check();
    });
    await page.reload();
    await isLive(page);
  }
});

test("markup in the keys and values of JSON is shown as text on the board", async ({
  page,
  server,
}) => {
  const guard = await watch(page);
  await open(page, "/");
  for (const [index, text] of SHORT.entries()) {
    await server.publish(`keys/${index}`, { [text]: 1.5, state: text });
    await server.publish(`values/${index}`, { [text]: { nested: text } });
  }
  for (const way of ["live", "rendered by the server"]) {
    await test.step(way, async () => {
      for (const [index, text] of SHORT.entries()) {
        await hasTexts(page, `section[data-topic='keys/${index}'] dd`, [text]);
        await expect(tile(page, `keys/${index}`).locator("figcaption")).toContainText("1.5");
        await expect(tile(page, `values/${index}`).getByRole("listitem")).toHaveCount(1);
      }
      await guard.check();
    });
    await page.reload();
    await isLive(page);
  }
});

test("markup in the inspector is shown as text, in the rows and in full", async ({
  page,
  server,
}) => {
  const guard = await watch(page);
  await open(page, "/inspector?q=topic:evidence");
  for (const text of CORPUS)
    await server.publish("evidence", { [text]: text }, { "ce-type": "com.example.x" });
  for (const way of ["live", "rendered by the server"]) {
    await test.step(way, async () => {
      await expect(rows(page)).toHaveCount(CORPUS.length);
      const payloads = await rows(page).locator(".payload").allTextContents();
      expect(payloads.reverse().map((payload) => JSON.parse(payload) as unknown)).toEqual(
        CORPUS.map((text) => ({ [text]: text })),
      );
      for (const [index, text] of CORPUS.entries()) {
        await rows(page)
          .nth(CORPUS.length - 1 - index)
          .click();
        const detail = page.getByRole("region", { name: "Selected event" });
        await expect
          .poll(
            async () =>
              JSON.parse((await detail.locator(".json").textContent()) ?? "null") as unknown,
          )
          .toEqual({ [text]: text });
      }
      await guard.check();
    });
    await page.reload();
    await isLive(page);
  }
});

test("markup in the address is shown as text", async ({ page, complaints }) => {
  complaints.expect(/the server responded with a status of 404/);
  const guard = await watch(page);
  for (const text of [
    `<img src=/x onerror=window.hacked=1>`,
    `"><script>window.hacked=1</script>`,
  ]) {
    await open(page, `/inspector?q=${encodeURIComponent(text)}`);
    await expect(filterField(page)).toHaveValue(text);
    await guard.check();
    await open(page, `/${encodeURIComponent(text)}`);
    await expect(page.getByRole("heading", { name: "Page not found" })).toBeVisible();
    await guard.check();
  }
});
