import { defineConfig } from "@playwright/test";
import tests from "./playwright.config.js";

// One after another and alone: what is measured here shares the machine with nothing but its server.
export default defineConfig({
  ...tests,
  testDir: "figures",
  fullyParallel: false,
  workers: 1,
  timeout: 180_000,
});
