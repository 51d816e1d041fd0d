import type { Page } from "@playwright/test";
import { type Server, expect, open, test } from "./fixtures.js";
import { Shell, commands } from "./shell.js";

// Heartbeats are frequent, so that the test can wait for one. A service worker would answer for the page
// that only this test knows, so it is blocked.
test.use({ serviceWorkers: "block", serverArgs: ["--no-host-metrics", "--heartbeat", "0.5"] });

test.beforeEach(({ complaints }) =>
  complaints.expect(/Service Worker registration blocked by Playwright/),
);

/** The code of each lesson in one language. */
async function shown(page: Page, language: string): Promise<Map<string, string>> {
  const samples = await page
    .locator(`.lesson pre[data-name="${language}"]`)
    .evaluateAll((samples) =>
      samples.map((sample) => [sample.closest("section")!.id, sample.textContent!] as const),
    );
  return new Map(samples);
}

const STORED = /^\{"id":"[0-9a-f]{8}-\d+"\}$/m;

/** The expected output of each curl command of each lesson. */
const PRINTS: Record<string, RegExp[]> = {
  first: [STORED, STORED],
  listen: [/data: .*Hello World/, STORED],
  basic: [/^data: \{"message":"Hello World"/m],
  protocol: [
    /^content-type: text\/event-stream[^]*event: message/im,
    /^data: \{"specversion":"1.0"/m,
  ],
  types: [/^event: notification\ndata: .*New user joined/m, STORED, STORED],
  publish: [STORED, STORED, STORED, /"published":2/],
  reconnect: [/^$/, STORED, /^data: .*"two"/m],
  replay: [STORED, /^data: .*"yesterday"/m, /"events":\[\{.*yesterday/],
  heartbeat: [/^event: heartbeat$/m],
  chat: [/^data: \{"user":"Ada","text":"Hello"/m, STORED],
  proxies: [/^x-accel-buffering: no/im, /^\d+[.,]\d+$/m],
  connections: [/^HTTP\/2 200/m],
  access: [/^HTTP\/1.1 403[^]*another site/m, /^HTTP\/1.1 201/m],
};

test("each curl command of the guide runs as shown and prints what its comment says", async ({
  page,
  server,
}) => {
  await open(page, "/guide");
  await expect(page.locator("#first pre")).toContainText(server.url);
  const samples = await shown(page, "curl");
  expect([...samples.keys()], "every lesson with curl has an expected output").toEqual(
    Object.keys(PRINTS),
  );
  for (const [lesson, text] of samples) {
    const shell = new Shell();
    try {
      const ran = [];
      for (const command of commands(text)) ran.push(await shell.run(command));
      // This lesson only subscribes, so the test publishes.
      if (lesson === "basic") await server.publish("anywhere", "Hello World");
      expect(ran.length, `commands of ${lesson}`).toBe(PRINTS[lesson]!.length);
      for (const [index, command] of ran.entries()) {
        const printed = PRINTS[lesson]![index]!;
        await expect
          .poll(command.output, { message: `${lesson}: ${command.text}` })
          .toMatch(printed);
      }
      if (lesson === "types")
        expect(ran[0]!.output(), "the update was left out").not.toContain("Page content");
      if (lesson === "reconnect")
        expect(ran[2]!.output(), "the event seen before").not.toContain('"one"');
      if (lesson === "publish") {
        const again = await shell.run(ran[2]!.text);
        expect(again.output().match(STORED)?.[0]).toBe(ran[2]!.output().match(STORED)?.[0]);
      }
    } finally {
      shell.end();
    }
  }
});

/** An event to publish while the code of a lesson runs, and the expected text on the console or the page. */
const SAYS: Record<string, [act: (server: Server) => Promise<unknown>, said: RegExp]> = {
  listen: [(server) => server.publish("guide/listen", "Hello"), /shown: .*Hello/],
  basic: [(server) => server.publish("anywhere", "Hello"), /open[^]*\d{4}-.* Hello/],
  protocol: [async () => {}, /text\/event-stream[^]*retry: \d+/],
  types: [(server) => server.notify("guide/types", "New user joined"), /info: New user joined/],
  publish: [async () => {}, /201 [0-9a-f]{8}-\d+/],
  reconnect: [(server) => server.publish("guide/reconnect", "Hello"), /Hello/],
  replay: [(server) => server.publish("guide/replay", "tomorrow"), /yesterday[^]*tomorrow/],
  heartbeat: [async () => {}, /alive at \d{4}-/],
  chat: [(server) => server.say("guide", "Ada", "Hello"), /shown: Ada Hello/],
  connections: [(server) => server.publish("anywhere", "Hello"), /"specversion".*Hello/],
};

test("the JavaScript of each lesson runs as shown", async ({ page, server }) => {
  await open(page, "/guide");
  const samples = await shown(page, "JavaScript");
  // This sample names an origin that does not exist, so the test only parses it.
  const access = samples.get("access")!;
  samples.delete("access");
  expect(() => new Function(access)).not.toThrow();
  expect([...samples.keys()]).toEqual(Object.keys(SAYS));
  await server.publish("guide/replay", "yesterday");
  // An empty page of this server.
  await page.route("/empty", (route) =>
    route.fulfill({ contentType: "text/html", body: "<!DOCTYPE html><title>Empty</title>" }),
  );
  for (const [lesson, code] of samples) {
    await page.goto("/empty");
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    await page.evaluate(`(async () => { ${code}\n })()`);
    // The stream opens a moment later, so the test publishes until the text appears.
    const [act, expected] = SAYS[lesson]!;
    await expect
      .poll(
        async () => {
          await act(server);
          const shown = await page.locator("body > p").allTextContents();
          return [...said, ...shown.map((text) => `shown: ${text}`)].join("\n");
        },
        { message: lesson },
      )
      .toMatch(expected);
    page.removeAllListeners("console");
  }
});

test("highlighting does not change the code", async ({ page }) => {
  await open(page, "/guide");
  const code = page.locator("#types pre[data-name='Rust']");
  await expect(code.locator(".keyword").first()).toHaveText("fn");
  await expect(code.locator(".text").first()).toHaveText('"alive at {}"');
  expect(await code.textContent()).toMatch(
    /^fn say\(event: &Event\) -> String \{\n {4}match event\.payload\(\) \{\n/,
  );
});
