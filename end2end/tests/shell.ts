import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "@playwright/test";

/** One command as a reader would paste it, and what it says. */
export interface Command {
  text: string;
  /** What it has printed so far. */
  output: () => string;
}

/** A terminal: commands run one after another, in one shell; those that listen go on beside the others. */
export class Shell {
  private readonly folder = mkdtempSync(join(tmpdir(), "pulseboard-shell-"));
  private readonly process: ChildProcess;
  private count = 0;

  constructor() {
    // A group of its own, so that whatever it started ends with it.
    this.process = spawn("bash", ["--norc"], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
      cwd: this.folder,
    });
  }

  /** Runs a command until it has ended, or, where it listens, until the stream has begun. */
  async run(text: string): Promise<Command> {
    const path = join(this.folder, String(this.count++));
    const output = () => (existsSync(path) ? readFileSync(path, "utf8") : "");
    const listens = /curl\b[^\n]* -\w*N/.test(text);
    if (listens) {
      this.process.stdin!.write(`{ ${text}\n} > ${path} 2> ${path}.errors &\n`);
      await expect.poll(output, { message: `the stream of ${text} begins` }).toContain("retry:");
    } else {
      // In this very shell: what one command keeps in a variable is for the next.
      this.process.stdin!.write(`{ ${text}\n} > ${path} 2> ${path}.errors\ntouch ${path}.ended\n`);
      await expect.poll(() => existsSync(`${path}.ended`), { message: `${text} ends` }).toBe(true);
    }
    return { text, output };
  }

  end(): void {
    // It is the leader of its group.
    if (this.process.pid !== undefined) process.kill(-this.process.pid, "SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The commands of a text, which blank lines separate. */
export function commands(text: string): string[] {
  return text.trim().split(/\n\n+/);
}
