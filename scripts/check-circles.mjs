#!/usr/bin/env node
// Fails when files of a crate import each other in a circle. A file and the modules below it may do so.
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CRATES = ["src", "feed/src", "event-source/src", "hub/src", "app/src", "client/src"].concat([
  "server/src",
  "bench/src",
  "faults/src",
]);

let failed = false;
for (const crate of CRATES) {
  for (const circle of circles(importsOf(join(ROOT, crate)))) {
    console.error(`${crate}: ${circle.join(", ")} import each other`);
    failed = true;
  }
}
process.exitCode = failed ? 1 : 0;

/** The modules of a crate, each with those it imports; modules above and below it are left out. */
function importsOf(folder) {
  const files = new Map();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(".rs")) continue;
    const path = relative(folder, join(entry.parentPath, entry.name)).slice(0, -3).split("/");
    if (["mod", "lib", "main"].includes(path.at(-1))) path.pop();
    files.set(path.join("/"), join(entry.parentPath, entry.name));
  }
  const imports = new Map();
  for (const [module, file] of files) {
    const code = readFileSync(file, "utf8").replace(/\/\/.*$/gm, "");
    const text = code.split(/#\[cfg\(test\)\]\s*mod tests/)[0];
    const used = [
      ...[...text.matchAll(/\buse ((?:crate|super|self)::[^;]+);/g)].flatMap(([, tree]) =>
        expand(tree.replace(/\s+/g, "")),
      ),
      ...[...text.matchAll(/\b(?:crate|super)(?:::\w+)+/g)].map(([path]) => path),
    ];
    const others = used
      .map((path) => resolve(module, path, files))
      .filter(
        (other) => other !== undefined && !isWithin(other, module) && !isWithin(module, other),
      );
    imports.set(module, new Set(others));
  }
  return imports;
}

/** `a::{b, c::{d}}` as `a::b` and `a::c::d`. */
function expand(tree) {
  const inner = /\{([^{}]*)\}/.exec(tree);
  if (inner === null) return [tree];
  const names = inner[1].split(",").filter((name) => name !== "");
  return names.flatMap((name) =>
    expand(tree.slice(0, inner.index) + name + tree.slice(inner.index + inner[0].length)),
  );
}

/** The module that a path names, or the one that holds the item it names. */
function resolve(module, path, files) {
  let at = module === "" ? [] : module.split("/");
  for (const part of path.split("::")) {
    if (part === "crate") at = [];
    else if (part === "super") at = at.slice(0, -1);
    else if (part !== "self") at = [...at, part];
  }
  while (!files.has(at.join("/")) && at.length > 0) at = at.slice(0, -1);
  const name = at.join("/");
  return files.has(name) ? name : undefined;
}

function isWithin(module, other) {
  return other === "" || module === other || module.startsWith(`${other}/`);
}

/** The strongly connected components of more than one module (Tarjan's algorithm). */
function circles(imports) {
  const [index, low, stack, onStack, found] = [new Map(), new Map(), [], new Set(), []];
  const visit = (module) => {
    index.set(module, index.size);
    low.set(module, index.get(module));
    stack.push(module);
    onStack.add(module);
    for (const other of imports.get(module) ?? []) {
      if (!index.has(other)) {
        visit(other);
        low.set(module, Math.min(low.get(module), low.get(other)));
      } else if (onStack.has(other)) {
        low.set(module, Math.min(low.get(module), index.get(other)));
      }
    }
    if (low.get(module) !== index.get(module)) return;
    const circle = [];
    for (let other; other !== module;) {
      other = stack.pop();
      onStack.delete(other);
      circle.push(other);
    }
    if (circle.length > 1) found.push(circle.toSorted());
  };
  for (const module of imports.keys()) if (!index.has(module)) visit(module);
  return found;
}
