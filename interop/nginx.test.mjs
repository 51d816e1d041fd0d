// Stock nginx with its buffers and gzip on, in front of Pulseboard.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { EventSource } from "eventsource";
import { start, until } from "./pulseboard.mjs";

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** nginx with a location that proxies to `upstream`; `t` ends it. */
async function nginx(t, upstream, location = "") {
  const folder = mkdtempSync(join(tmpdir(), "pulseboard-nginx-"));
  const port = await freePort();
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; pid ${folder}/pid; error_log ${folder}/error.log;
     events {}
     http {
       access_log off;
       client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
       fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
       gzip on; gzip_types *; gzip_min_length 0; proxy_buffering on;
       server {
         listen 127.0.0.1:${port};
         location / { proxy_pass ${upstream}; proxy_http_version 1.1; proxy_set_header Connection ""; ${location} }
       }
     }`,
  );
  const child = spawn("nginx", ["-p", folder, "-c", "nginx.conf", "-e", `${folder}/error.log`]);
  t.after(async () => {
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  const url = `http://127.0.0.1:${port}`;
  await until(() =>
    fetch(`${url}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return url;
}

test("single events pass nginx although it buffers and compresses", async (t) => {
  const board = await start(t);
  const url = await nginx(t, board.url);
  const source = new EventSource(`${url}/events?topic=n`);
  t.after(() => source.close());
  const numbers = [];
  source.addEventListener("count", ({ data }) => numbers.push(JSON.parse(data)));
  await until(() => source.readyState === EventSource.OPEN);
  for (let n = 1; n <= 5; n++) {
    // Each event arrives before the next one is published: nothing waits for a buffer to fill.
    await board.publish("n", n, { "ce-type": "count" });
    await until(() => numbers.length === n);
  }
  assert.deepEqual(numbers, [1, 2, 3, 4, 5]);
});

test("heartbeats keep a stream open behind a short read timeout", async (t) => {
  const board = await start(t, "--heartbeat", "1");
  const url = await nginx(t, board.url, "proxy_read_timeout 4s;");
  const source = new EventSource(`${url}/events?topic=n`);
  t.after(() => source.close());
  let [opened, heartbeats] = [0, 0];
  source.addEventListener("open", () => opened++);
  source.addEventListener("heartbeat", () => heartbeats++);
  await until(() => heartbeats >= 8);
  assert.equal(opened, 1, "the stream was cut");
});
