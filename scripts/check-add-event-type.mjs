#!/usr/bin/env node
// Follows docs/add-an-event-type.md on a copy of the contract and the feed, and runs their tests there: the recipe is
// complete if the new type compiles, round-trips and shows something. The copy keeps the times of the files, so a
// second run compiles only what changed.
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const RECIPE = join(ROOT, "docs/add-an-event-type.md");
const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, "target");
const COPY = join(TARGET, "add-an-event-type");
const TABLE_END = /\n\}\s*$/;

const steps = [
  ...readFileSync(RECIPE, "utf8").matchAll(
    /<!-- append to (the table in )?(\S+) -->\s*```rust\n([\s\S]*?)```/g,
  ),
];
if (steps.length !== 2) {
  throw new Error(`the recipe has ${steps.length} steps, not a struct and a row`);
}

rmSync(COPY, { recursive: true, force: true });
for (const path of ["src", "feed", "Cargo.lock", "rust-toolchain.toml", ".cargo"]) {
  cpSync(join(ROOT, path), join(COPY, path), { recursive: true, preserveTimestamps: true });
}
change("Cargo.toml", (manifest) => manifest.replace(/^members = .*$/m, 'members = ["feed"]'));
for (const [, intoTable, path, code] of steps) {
  change(path, (text) =>
    intoTable ? text.replace(TABLE_END, () => `\n${code}}\n`) : `${text}\n${code}`,
  );
}
const packages = ["-p", "pulseboard-contract", "-p", "pulseboard-feed"];
try {
  execFileSync(
    "cargo",
    ["test", "--quiet", "--offline", ...packages, "--lib", "--", "event_type", "reading"],
    { cwd: COPY, env: { ...process.env, CARGO_TARGET_DIR: TARGET }, stdio: "pipe" },
  );
} catch (error) {
  console.error(`${error.stdout}${error.stderr}\ndocs/add-an-event-type.md does not work`);
  process.exitCode = 1;
}

/** Writes a changed file into the copy, with the time of what it was made from. */
function change(path, edit) {
  const original = join(ROOT, path);
  const text = readFileSync(original, "utf8");
  const changed = edit(text);
  if (changed === text) throw new Error(`${path}: there is nothing to change`);
  writeFileSync(join(COPY, path), changed);
  const time = new Date(Math.max(statSync(original).mtimeMs, statSync(RECIPE).mtimeMs));
  utimesSync(join(COPY, path), time, time);
}
