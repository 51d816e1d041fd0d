import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "@playwright/test";

/** A command as a reader would paste it, and its output. */
export interface Command {
  text: string;
  /** The output so far. */
  output: () => string;
}

/** A terminal: it runs commands one after another in one shell; those that listen keep running beside the others. */
export class Shell {
  private readonly folder = mkdtempSync(join(tmpdir(), "pulseboard-shell-"));
  private readonly process: ChildProcess;
  private count = 0;

  constructor() {
    // A process group of its own, so that its children end with it.
    this.process = spawn("bash", ["--norc"], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
      cwd: this.folder,
    });
  }

  /** Runs a command until it ends, or until its stream begins if it listens. */
  async run(text: string): Promise<Command> {
    const path = join(this.folder, String(this.count++));
    const output = () => (existsSync(path) ? readFileSync(path, "utf8") : "");
    const listens = /curl\b[^\n]* -\w*N/.test(text);
    if (listens) {
      this.process.stdin!.write(`{ ${text}\n} > ${path} 2> ${path}.errors &\n`);
      await expect.poll(output, { message: `the stream of ${text} begins` }).toContain("retry:");
    } else {
      // In the same shell, so that the next command sees the variables of this one.
      this.process.stdin!.write(`{ ${text}\n} > ${path} 2> ${path}.errors\ntouch ${path}.ended\n`);
      await expect.poll(() => existsSync(`${path}.ended`), { message: `${text} ends` }).toBe(true);
    }
    return { text, output };
  }

  end(): void {
    // The shell leads its process group.
    if (this.process.pid !== undefined) process.kill(-this.process.pid, "SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The commands of a text, separated by blank lines. */
export function commands(text: string): string[] {
  return text.trim().split(/\n\n+/);
}
