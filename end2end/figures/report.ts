import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { resolve } from "node:path";

const FILE = resolve(__dirname, "../../docs/performance.md");

/** The middle of the values, which one slow run does not move. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Prints a table, and with `UPDATE_FIGURES=1` writes it into its part of docs/performance.md. */
export function record(part: string, head: string[], rows: string[][]): void {
  const widths = head.map((word, column) =>
    Math.max(word.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: string[]) =>
    `| ${cells.map((cell, at) => (at ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!))).join(" | ")} |`;
  const rule = `| ${widths.map((width, at) => (at ? `${"-".repeat(width - 1)}:` : "-".repeat(width))).join(" | ")} |`;
  const table = [line(head), rule, ...rows.map(line)].join("\n");
  console.log(table);
  if (!process.env.UPDATE_FIGURES) return;

  const [begin, end] = [`<!-- ${part}: begin -->`, `<!-- ${part}: end -->`];
  const text = readFileSync(FILE, "utf8");
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${FILE} has no part ${part}`);
  const date = new Date().toISOString().slice(0, 10);
  const note = `Measured on ${date}, ${cpus().length} processors (${cpus()[0]?.model.trim()}), headless Chromium.`;
  writeFileSync(
    FILE,
    `${text.slice(0, from + begin.length)}\n\n${note}\n\n${table}\n\n${text.slice(to)}`,
  );
}
