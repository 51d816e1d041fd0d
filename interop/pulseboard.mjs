// A Pulseboard of one test: the release binary on a free port with a log of its own.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const BINARY =
  process.env.PULSEBOARD_BIN ??
  fileURLToPath(new URL("../target/release/pulseboard", import.meta.url));

/** Starts a server; `t` ends it. */
export async function start(t, ...args) {
  const dataDir = mkdtempSync(join(tmpdir(), "pulseboard-interop-"));
  const board = new Pulseboard([...args, "--no-host-metrics", "--data-dir", dataDir]);
  t.after(async () => {
    await board.stop("SIGTERM");
    rmSync(dataDir, { recursive: true, force: true });
  });
  await board.start("127.0.0.1:0");
  return board;
}

class Pulseboard {
  #args;
  #process;
  url = "";

  constructor(args) {
    this.#args = args;
  }

  async start(address = new URL(this.url).host) {
    const child = spawn(BINARY, ["--listen", address, ...this.#args], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.#process = child;
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /http:\/\/[\d.:]+/.exec(line)?.[0];
      if (url === undefined) continue;
      this.url = url;
      return;
    }
    throw new Error(`${BINARY} ended before it listened`);
  }

  async stop(signal = "SIGKILL") {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((done) => this.#process.once("exit", done));
    this.#process.kill(signal);
    await ended;
  }

  async publish(topic, data, headers = {}) {
    const response = await fetch(`${this.url}/topics/${topic}`, {
      method: "POST",
      headers: { "content-type": "application/json", connection: "close", ...headers },
      body: JSON.stringify(data),
    });
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    return (await response.json()).id;
  }

  /** The stored events of a topic, oldest first. */
  async history(topic) {
    const response = await fetch(`${this.url}/api/history?limit=1000&topic=${topic}`);
    return (await response.json()).events;
  }
}

/** Resolves once `condition` holds; the test runner's time limit ends it otherwise. */
export async function until(condition) {
  while (!(await condition())) await new Promise((done) => setTimeout(done, 20));
}
