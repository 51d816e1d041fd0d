#!/usr/bin/env node
// Follows docs/add-an-event-type.md on a copy of the contract and the feed, and runs their tests there: the recipe is
// complete if the new type compiles, round-trips and shows something.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TABLE_END = /\n\}\s*$/;

const recipe = readFileSync(join(ROOT, "docs/add-an-event-type.md"), "utf8");
const steps = [
  ...recipe.matchAll(/<!-- append to (the table in )?(\S+) -->\s*```rust\n([\s\S]*?)```/g),
];
if (steps.length !== 2)
  throw new Error(`the recipe has ${steps.length} steps, not a struct and a row`);

const copy = mkdtempSync(join(tmpdir(), "add-event-type-"));
try {
  for (const path of ["src", "feed", "Cargo.lock", "rust-toolchain.toml", ".cargo"]) {
    cpSync(join(ROOT, path), join(copy, path), { recursive: true });
  }
  const manifest = readFileSync(join(ROOT, "Cargo.toml"), "utf8");
  writeFileSync(
    join(copy, "Cargo.toml"),
    manifest.replace(/^members = .*$/m, 'members = ["feed"]'),
  );
  for (const [, intoTable, path, code] of steps) {
    const before = readFileSync(join(copy, path), "utf8");
    const after = intoTable
      ? before.replace(TABLE_END, () => `\n${code}}\n`)
      : `${before}\n${code}`;
    if (after === before) throw new Error(`${path}: there is no table`);
    writeFileSync(join(copy, path), after);
  }
  execFileSync(
    "cargo",
    [
      "test",
      "--quiet",
      "--offline",
      "-p",
      "pulseboard-contract",
      "-p",
      "pulseboard-feed",
      "--lib",
    ].concat(["--", "event_type", "reading"]),
    {
      cwd: copy,
      env: {
        ...process.env,
        CARGO_TARGET_DIR: process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"),
      },
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
} finally {
  rmSync(copy, { recursive: true });
}
