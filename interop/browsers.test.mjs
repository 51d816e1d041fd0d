// Firefox and WebKit: every page goes live, and an event that is published appears.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import puppeteer from "puppeteer-core";
import { Browser, Builder, Capabilities } from "selenium-webdriver";
import { start, until } from "./pulseboard.mjs";

const PAGES = ["/", "/chat/general", "/inspector", "/guide", "/topics/deploys"];
const FIREFOX = process.env.FIREFOX ?? "/usr/bin/firefox-esr";
const WEBKIT = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";

/** What the badge in the bar says: "Live" once the page follows the stream. */
const BADGE = `document.querySelector(".badge")?.textContent ?? ""`;
const SHOWN = `document.body.textContent.includes("v2 is live")`;

async function everyPageGoesLive(board, open, evaluate) {
  await board.publish("deploys", "v1 is live");
  for (const page of PAGES) {
    await open(board.url + page);
    await until(async () => /live/i.test(await evaluate(BADGE)));
  }
  await open(`${board.url}/topics/deploys`);
  await until(async () => /live/i.test(await evaluate(BADGE)));
  await board.publish("deploys", "v2 is live");
  await until(() => evaluate(SHOWN));
}

test("every page is live in Firefox", async (t) => {
  assert.ok(existsSync(FIREFOX), `${FIREFOX} is missing`);
  const board = await start(t);
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: FIREFOX,
    headless: true,
  });
  t.after(() => browser.close());
  const page = await browser.newPage();
  await everyPageGoesLive(
    board,
    (url) => page.goto(url),
    (expression) => page.evaluate(expression),
  );
});

test("every page is live in WebKit", async (t) => {
  assert.ok(existsSync(WEBKIT), `${WEBKIT} is missing`);
  const board = await start(t);
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  const driver = spawn("xvfb-run", ["-a", "WebKitWebDriver", `--port=${port}`], {
    detached: true,
    stdio: "ignore",
  });
  let browser;
  t.after(async () => {
    await browser?.quit();
    process.kill(-driver.pid, "SIGTERM");
  });
  const url = `http://127.0.0.1:${port}`;
  await until(() =>
    fetch(`${url}/status`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  const capabilities = new Capabilities({
    browserName: "MiniBrowser",
    "webkitgtk:browserOptions": { binary: WEBKIT, args: ["--automation"] },
  });
  browser = await new Builder()
    .usingServer(url)
    .forBrowser(Browser.SAFARI)
    .withCapabilities(capabilities)
    .build();
  await everyPageGoesLive(
    board,
    (page) => browser.get(page),
    (expression) => browser.executeScript(`return ${expression}`),
  );
});
