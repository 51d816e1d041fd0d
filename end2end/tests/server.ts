import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import type { components, operations } from "./api";

const REPOSITORY = resolve(__dirname, "../..");

/** The binary under test: the one named, or the newest kind of build there is. */
export const BINARY = (() => {
  const named = process.env.PULSEBOARD_BIN;
  if (named) return resolve(named);
  const built = ["target/release/pulseboard", "target/debug/pulseboard"].map((path) =>
    resolve(REPOSITORY, path),
  );
  return built.find((path) => existsSync(path)) ?? built[0]!;
})();

/** A release build is held to what users get; a debug build is several times slower. */
export const IS_RELEASE = BINARY.includes("release");

export type Ending = "SIGKILL" | "SIGTERM";

type Published = components["schemas"]["PublishedEvent"];
type History = components["schemas"]["History"];
type HistoryQuery = NonNullable<operations["history"]["parameters"]["query"]>;

/** The server's answer to a publish was no. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** A Pulseboard of one's own. */
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

  /** Ends it for good. */
  async end(): Promise<void> {
    await this.stop();
    this.isOver = true;
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** Takes the log away from a server that is stopped: the next one begins anew. */
  forget(): void {
    if (!this.isStopped) throw new Error("the server still writes its log");
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** Ends it, and starts another one at the same address, with the same log. */
  async restart(how: Ending): Promise<void> {
    await this.stop(how);
    await this.start();
  }

  /** Starts it again where it was. */
  async start(): Promise<void> {
    const { process, errors } = await launch(`127.0.0.1:${this.port}`, this.args);
    [this.process, this.errors, this.isStopped] = [process, errors, false];
  }

  /** Ends it, by its own process and no other. One that ended by itself has a story to tell. */
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

  /** Publishes as a program would: text as text, anything else as JSON. Answers the event id. */
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

  /** Reads a page of what is stored. */
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

  /** Says something in a room. */
  say(room: string, user: string, text: string): Promise<string> {
    return this.post(`/chat/${room}`, JSON.stringify({ user, text }), {
      "content-type": "application/json",
    });
  }

  private async post(path: string, body: string, headers: Record<string, string>): Promise<string> {
    // A connection of its own each time: one that is kept would belong to a server that may have been killed.
    const response = await fetch(this.url + path, {
      method: "POST",
      body,
      headers: { connection: "close", ...headers },
    });
    // 200 is the answer to a publish that comes again.
    if (![200, 201].includes(response.status)) {
      throw new Refusal(
        response.status,
        `${path} was answered ${response.status}: ${await response.text()}`,
      );
    }
    const { id } = (await response.json()) as Published;
    // Only what is ephemeral has none, and none of it is published from here.
    return id!;
  }
}

async function launch(
  listen: string,
  args: string[],
): Promise<{ process: ChildProcess; url: string; errors: string[] }> {
  const child = spawn(BINARY, ["--listen", listen, ...args], {
    // The site is found from here, as where the binary is run by hand.
    cwd: REPOSITORY,
    stdio: ["ignore", "pipe", "pipe"],
    // The configuration of whoever runs the tests has no part in them.
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
