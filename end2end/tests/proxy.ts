import { type AddressInfo, type Socket, connect, createServer } from "node:net";

/**
 * The sabotage switch: a check that cannot fail proves nothing. With `E2E_SABOTAGE=cursor` the proxy hides from the server
 * where a stream is to resume, as if there were no replay; with `E2E_SABOTAGE=gap` it hides from the page that history was
 * lost. The tests of what is thus broken must then fail.
 */
const SABOTAGE = process.env.E2E_SABOTAGE;

/** What the proxy does with a request: let it pass, or answer this status itself. */
export type Verdict = "pass" | number;

/** The two sides of one connection, and what was last asked for on it. */
interface Pair {
  upstream: Socket;
  path: string;
  isSwallowed: boolean;
}

/** A TCP proxy between browser and server: it can cut what is open, refuse what is new, and hold or refuse requests. */
export class Proxy {
  /** Decides on each request by its path. One that takes its time holds the request. */
  decide: (path: string) => Verdict | Promise<Verdict> = () => "pass";
  /** Paths asked for, in order. */
  readonly requests: string[] = [];

  /** Hears what the server sends on streams. */
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

  /** The streams that are open now. */
  get streams(): string[] {
    return [...this.pairs.values()].map((pair) => pair.path).filter(isStream);
  }

  /** How many streams have been asked for. */
  get streamsAsked(): number {
    return this.requests.filter(isStream).length;
  }

  /** Cuts everything that is open, in the middle of whatever is being said. Answers how many streams that were. */
  cut(): number {
    const streams = this.streams.length;
    for (const [client, { upstream }] of this.pairs) {
      client.resetAndDestroy();
      upstream.destroy();
    }
    return streams;
  }

  /** Lets nothing more through on what is open, without closing it, as when a machine in between is switched off. */
  swallow(): void {
    for (const pair of this.pairs.values()) pair.isSwallowed = true;
  }

  /** Whether new connections are cut off at once, as by a network that is down. */
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

    // One after another, so that a request that is held does not let the next one past.
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

/** The names of the cursor, and others of the same length. */
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
