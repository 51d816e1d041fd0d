import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

// Debian's browser where there is one, so that nothing has to be downloaded; Playwright's own elsewhere.
const SYSTEM_CHROMIUM = "/usr/bin/chromium";
const launchOptions = existsSync(SYSTEM_CHROMIUM)
  ? {
      executablePath: SYSTEM_CHROMIUM,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    }
  : {};

export default defineConfig({
  testDir: "tests",
  // One picture for every machine: fonts come with the page.
  snapshotPathTemplate: "{testDir}/pictures/{arg}{ext}",
  fullyParallel: true,
  // A test that needs a second try is a fault in the product or in the test: it is reported as flaky, and no reason to hold
  // back all the others where nobody watches.
  retries: process.env.CI ? 1 : 0,
  forbidOnly: true,
  workers: 2,
  timeout: 90_000,
  // Generous, because a debug build's WebAssembly takes seconds to load; every wait ends as soon as it is met.
  expect: { timeout: 15_000 },
  reporter: "list",
  use: {
    browserName: "chromium",
    actionTimeout: 15_000,
    navigationTimeout: 30_000,
    trace: "off",
    launchOptions,
  },
});
