// The interface as programs see it: the types in api.d.ts are those the binary describes, and what it answers has them.

import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { promisify } from "node:util";
import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { Server } from "./server";

const TYPES = resolve(__dirname, "api.d.ts");

let server: Server;
test.beforeAll(async () => {
  server = await Server.start();
});
test.afterAll(async () => {
  await server.stop();
});

test("the types that were committed are those the server describes", async () => {
  const document = test.info().outputPath("openapi.json");
  const described = test.info().outputPath("api.d.ts");
  await writeFile(document, await (await fetch(`${server.url}/api/openapi.json`)).text());
  const generator = resolve(__dirname, "../node_modules/openapi-typescript/bin/cli.js");
  await promisify(execFile)(process.execPath, [generator, document, "--output", described]);
  const types = await readFile(described, "utf8");
  if (process.env.UPDATE_API_TYPES) await writeFile(TYPES, types);
  expect(await readFile(TYPES, "utf8"), "scripts/api-types.sh writes them anew").toBe(types);
});

test("what is published is found in the history, as typed", async () => {
  const id = await server.publish("api/typed", { temperature: 21.4 });
  const { events, next } = await server.history({ topic: ["api/typed"], order: "desc", limit: 1 });
  expect(next).toBeNull();
  expect(events.map((event) => [event.eventid, event.type, event.data])).toEqual([
    [id, "message", { temperature: 21.4 }],
  ]);
});

test("the page that describes the interface fits, is accessible, and its links lead somewhere", async ({
  page,
}) => {
  const problems: string[] = [];
  page.on("console", (message) => problems.push(message.text()));
  for (const width of [360, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(`${server.url}/api/docs`);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      width,
    );
  }
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
  }
  await page.getByRole("link", { name: "POST /topics/{topic}" }).click();
  await expect(page.getByRole("heading", { name: "POST /topics/{topic}" })).toBeInViewport();
  expect(problems).toEqual([]);
});
