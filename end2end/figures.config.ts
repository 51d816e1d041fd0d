import { defineConfig } from "@playwright/test";
import tests from "./playwright.config.js";
import { BINARY, IS_RELEASE } from "./tests/server.js";

if (!IS_RELEASE)
  throw new Error(
    `figures are of the release build, which is what people get, and not of ${BINARY}`,
  );

// One after another and alone: what is measured here shares the machine with nothing but its server.
export default defineConfig({
  ...tests,
  testDir: "figures",
  fullyParallel: false,
  workers: 1,
  timeout: 180_000,
});
