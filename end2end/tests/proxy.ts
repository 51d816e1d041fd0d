import { type AddressInfo, type Socket, connect, createServer } from "node:net";

/**
 * The sabotage switch, which proves that the tests can fail. With `E2E_SABOTAGE=cursor` the proxy hides the cursor of a
 * stream from the server, as if there were no replay; with `E2E_SABOTAGE=gap` it hides gaps from the page. The tests of
 * replay and of gaps must then fail.
 */
const SABOTAGE = process.env.E2E_SABOTAGE;

/** What the proxy does with a request: it passes it on, or responds with this status. */
export type Verdict = "pass" | number;

/** The two sides of one connection, and its last request. */
interface Pair {
  upstream: Socket;
  path: string;
  isSwallowed: boolean;
}

/** A TCP proxy between browser and server. It can cut connections, refuse new ones, and delay or refuse requests. */
export class Proxy {
  /** Decides on each request by its path. The request waits for the decision. */
  decide: (path: string) => Verdict | Promise<Verdict> = () => "pass";
  /** The requested paths, in order. */
  readonly requests: string[] = [];

  /** Receives what the server sends on streams. */
  onStreamData: (text: string) => void = () => {};

  private readonly pairs = new Map<Socket, Pair>();
  private refuses = false;

  private constructor(
    private readonly target: number,
    private readonly listener = createServer({ noDelay: true }),
  ) {
    listener.on("connection", (client) => this.serve(client));
  }

  static async start(target: number): Promise<Proxy> {
    const proxy = new Proxy(target);
    await new Promise<void>((done) => proxy.listener.listen(0, "127.0.0.1", done));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  /** The open streams. */
  get streams(): string[] {
    return [...this.pairs.values()].map((pair) => pair.path).filter(isStream);
  }

  /** How many streams were requested. */
  get streamsAsked(): number {
    return this.requests.filter(isStream).length;
  }

  /** Cuts all connections at once. Returns how many streams that were. */
  cut(): number {
    const streams = this.streams.length;
    for (const [client, { upstream }] of this.pairs) {
      client.resetAndDestroy();
      upstream.destroy();
    }
    return streams;
  }

  /** Passes nothing more on open connections, without closing them, as when a router in between is switched off. */
  swallow(): void {
    for (const pair of this.pairs.values()) pair.isSwallowed = true;
  }

  /** Whether new connections are cut at once, as when the network is down. */
  refuse(refuses: boolean): void {
    this.refuses = refuses;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((done) => this.listener.close(done));
  }

  private serve(client: Socket): void {
    if (this.refuses) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ port: this.target, host: "127.0.0.1", noDelay: true });
    const pair: Pair = { upstream, path: "", isSwallowed: false };
    this.pairs.set(client, pair);
    const end = () => {
      this.pairs.delete(client);
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) socket.on("error", end).on("close", end);
    upstream.on("data", (data) => {
      if (pair.isSwallowed) return;
      if (isStream(pair.path)) this.onStreamData(data.toString());
      client.write(SABOTAGE === "gap" ? replaced(data, [[/^event: gap$/gm, "event: gab"]]) : data);
    });

    // One after another, so that no request overtakes one that waits.
    let before = Promise.resolve();
    client.on("data", (data) => {
      before = before.then(async () => {
        const path = /^(?:GET|POST|HEAD) (\S+) HTTP\/1\.1\r\n/.exec(data.toString("latin1"))?.[1];
        if (path !== undefined) {
          pair.path = path;
          this.requests.push(path);
          const verdict = await this.decide(path);
          if (verdict !== "pass") {
            client.end(`HTTP/1.1 ${verdict} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
            return;
          }
        }
        if (!upstream.destroyed)
          upstream.write(SABOTAGE === "cursor" ? replaced(data, CURSOR) : data);
      });
    });
  }
}

function isStream(path: string): boolean {
  return /^\/(events|stream|chat-stream)(\?|$)/.test(path);
}

/** The names of the cursor, and replacements of the same length. */
const CURSOR: [RegExp, string][] = [
  [/last-event-id:/gi, "X-Hidden-Evid:"],
  [/last_event_id=/g, "hidden_cursor="],
];

function replaced(data: Buffer, changes: [RegExp, string][]): Buffer {
  return Buffer.from(
    changes.reduce((text, [from, to]) => text.replace(from, to), data.toString("latin1")),
    "latin1",
  );
}
