#!/usr/bin/env node
// Fails when a row of "Where is…?" in ARCHITECTURE.md names a file that is not there, or an item that is not in it; and when
// a link in the documents leads nowhere.
import { existsSync, readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const read = (path) => readFileSync(join(ROOT, path), "utf8");
const faults = [];

const map = /<!-- map: begin -->(.*)<!-- map: end -->/s.exec(read("ARCHITECTURE.md"))?.[1] ?? "";
const rows = [...map.matchAll(/^\| ([^|]+) \| `([^`]+)` \| `([^`]+)` \|$/gm)];
if (rows.length < 12) faults.push(`ARCHITECTURE.md: only ${rows.length} rows say where things are`);
for (const [, concern, file, item] of rows) {
  const name = item.split("::").at(-1).replace("!", "");
  if (!existsSync(join(ROOT, file))) faults.push(`${concern}: ${file} is missing`);
  else if (!new RegExp(`\\b${name}\\b`).test(read(file))) {
    faults.push(`${concern}: ${file} has no ${item}`);
  }
}

const documents = execFileSync("git", ["ls-files", "*.md"], { cwd: ROOT, encoding: "utf8" });
for (const document of documents.trim().split("\n")) {
  for (const [, target] of read(document).matchAll(/\]\(([^)\s]+)\)/g)) {
    const path = target.split("#")[0];
    if (path === "" || /^[a-z]+:/.test(path) || path.startsWith("/")) continue;
    if (!existsSync(join(ROOT, dirname(document), path))) {
      faults.push(`${document}: ${target} leads nowhere`);
    }
  }
}

for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
