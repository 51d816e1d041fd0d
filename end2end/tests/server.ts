import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { components, operations } from "./api";

const REPOSITORY = resolve(__dirname, "../..");

/** The binary under test: the one in the environment, or the newest build. */
export const BINARY = (() => {
  const named = process.env.PULSEBOARD_BIN;
  if (named) return resolve(named);
  const built = ["target/release/pulseboard", "target/debug/pulseboard"].map((path) =>
    resolve(REPOSITORY, path),
  );
  return built.find((path) => existsSync(path)) ?? built[0]!;
})();

/** Whether the binary is a release build. A debug build is several times slower. */
export const IS_RELEASE = BINARY.includes("release");

export type Ending = "SIGKILL" | "SIGTERM";

type Published = components["schemas"]["PublishedEvent"];
type History = components["schemas"]["HistoryPage_Event"];
type HistoryQuery = NonNullable<operations["history"]["parameters"]["query"]>;

/** The server refused a publish. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** A Pulseboard server for one test. */
export class Server {
  private isStopped = false;
  private isOver = false;

  private constructor(
    private process: ChildProcess,
    readonly url: string,
    private errors: string[],
    private readonly args: string[],
    private readonly dataDir: string,
  ) {}

  static async start(args: string[] = []): Promise<Server> {
    const dataDir = mkdtempSync(join(tmpdir(), "pulseboard-test-"));
    const all = [...args, "--data-dir", dataDir];
    const { process, url, errors } = await launch("127.0.0.1:0", all);
    return new Server(process, url, errors, all, dataDir);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Stops the server and deletes its data. */
  async end(): Promise<void> {
    await this.stop();
    this.isOver = true;
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** Deletes the log of a stopped server: the next one starts with an empty log. */
  forget(): void {
    if (!this.isStopped) throw new Error("the server still writes its log");
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** Stops it and starts another one at the same address, with the same log. */
  async restart(how: Ending): Promise<void> {
    await this.stop(how);
    await this.start();
  }

  /** Starts it again at the same address. */
  async start(): Promise<void> {
    const { process, errors } = await launch(`127.0.0.1:${this.port}`, this.args);
    [this.process, this.errors, this.isStopped] = [process, errors, false];
  }

  /** Stops its own process and no other. If it ended by itself, the test fails with its output. */
  async stop(how: Ending = "SIGKILL"): Promise<void> {
    const { process } = this;
    if (this.isStopped || this.isOver) return;
    this.isStopped = true;
    if (process.exitCode !== null || process.signalCode !== null) {
      throw new Error(
        `the server ended by itself (${process.exitCode ?? process.signalCode}): ${this.errors.join("")}`,
      );
    }
    const ended = new Promise((done) => process.once("exit", done));
    process.kill(how);
    await ended;
  }

  /** Publishes as a program does: text as text, anything else as JSON. Returns the event id. */
  async publish(
    topic: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<string> {
    const isText = typeof body === "string";
    return this.post(`/topics/${topic}`, isText ? body : JSON.stringify(body), {
      "content-type": isText ? "text/plain" : "application/json",
      ...headers,
    });
  }

  /** Publishes a notification. */
  notify(topic: string, message: string, severity = "info"): Promise<string> {
    return this.publish(topic, { type: severity, message }, { "ce-type": "notification" });
  }

  /** Reads a page of the history. */
  async history(query: HistoryQuery): Promise<History> {
    const params = Object.entries(query).flatMap(([name, value]) =>
      [value].flat().map((one) => [name, String(one)]),
    );
    const response = await fetch(`${this.url}/api/history?${new URLSearchParams(params)}`, {
      headers: { connection: "close" },
    });
    if (response.status !== 200)
      throw new Error(`history was answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as History;
  }

  /** Sends a message to a room. */
  say(room: string, user: string, text: string): Promise<string> {
    return this.post(`/chat/${room}`, JSON.stringify({ user, text }), {
      "content-type": "application/json",
    });
  }

  private async post(path: string, body: string, headers: Record<string, string>): Promise<string> {
    // A new connection each time, because a kept one may belong to a server that was killed.
    const response = await fetch(this.url + path, {
      method: "POST",
      body,
      headers: { connection: "close", ...headers },
    });
    // 200 is the status of a publish that was stored before.
    if (![200, 201].includes(response.status)) {
      throw new Refusal(
        response.status,
        `${path} was answered ${response.status}: ${await response.text()}`,
      );
    }
    const { id } = (await response.json()) as Published;
    // Only ephemeral events have no id, and this helper publishes none.
    return id!;
  }
}

async function launch(
  listen: string,
  args: string[],
): Promise<{ process: ChildProcess; url: string; errors: string[] }> {
  const child = spawn(BINARY, ["--listen", listen, ...args], {
    // The binary finds the site's files from this folder, as when it is run by hand.
    cwd: REPOSITORY,
    stdio: ["ignore", "pipe", "pipe"],
    // The configuration of the user who runs the tests must not affect them.
    env: { RUST_LOG: "warn", PULSEBOARD_CONFIG: "", ...process.env },
  });
  const errors: string[] = [];
  child.stderr!.on("data", (chunk: Buffer) => errors.push(chunk.toString()));
  const url = await new Promise<string>((found, failed) => {
    child.once("error", failed);
    child.once("exit", (code, signal) =>
      failed(new Error(`${BINARY} ended (${code ?? signal}): ${errors.join("")}`)),
    );
    createInterface({ input: child.stdout! }).on("line", (line) => {
      const address = /live at (http:\S+)/.exec(line)?.[1];
      if (address) found(address);
    });
  });
  return { process: child, url, errors };
}
