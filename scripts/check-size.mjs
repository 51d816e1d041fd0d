#!/usr/bin/env node
// Limits the WebAssembly and JavaScript that a page needs before it is live, in bytes after brotli. Every page loads the first
// module and its own chunks.
//
//   FIRST_LIMIT, PAGE_LIMIT   limits in bytes: of the first module with its script (which contains the board), and of the largest page in all
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../target/site/pkg", import.meta.url));
const limits = {
  first: Number(process.env.FIRST_LIMIT ?? 414_000),
  page: Number(process.env.PAGE_LIMIT ?? 538_000),
};
const files = readdirSync(folder);

/** The one file of this name with any hash. */
function file(stem, ending) {
  const [found, ...others] = files.filter(
    (name) =>
      name.startsWith(`${stem}.`) && name.replace(/\.[\w-]{22}\./, ".") === `${stem}.${ending}`,
  );
  if (found === undefined || others.length > 0)
    throw new Error(
      `${folder}: one ${stem}.<hash>.${ending} was expected, not ${[found, ...others].join(", ") || "none"}`,
    );
  return join(folder, found);
}
const size = (stem, ending) => statSync(file(stem, `${ending}.br`)).size;

const script = size("pulseboard", "js");
const first = size("pulseboard", "wasm") + script;
console.log(`style   ${size("pulseboard", "css")} bytes`);
console.log(`first   ${first} bytes, ${script} of them JavaScript (limit ${limits.first})`);
const loader = size("__wasm_split", "js");
const modules = JSON.parse(readFileSync(file("__wasm_split_manifest", "json"), "utf8"));
const pages = Object.entries(modules).map(([name, parts]) => ({
  name,
  parts: parts.length,
  bytes:
    first +
    loader +
    parts.reduce((sum, part) => sum + statSync(join(folder, `${part}.wasm.br`)).size, 0),
}));
for (const { name, parts, bytes } of pages)
  console.log(`${name.padEnd(12)} ${bytes} bytes in all, ${parts} modules of its own`);
const largest = Math.max(...pages.map(({ bytes }) => bytes));
console.log(`the largest page: ${largest} bytes (limit ${limits.page})`);
if (first > limits.first || largest > limits.page) {
  console.error("a page exceeds its limit");
  process.exitCode = 1;
}
