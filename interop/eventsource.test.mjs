// The npm package `eventsource`, which follows the standard outside browsers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { EventSource } from "eventsource";
import { start, until } from "./pulseboard.mjs";

test("a foreign EventSource gets every event once across a server that is killed", async (t) => {
  const board = await start(t);
  const source = new EventSource(`${board.url}/events?topic=n`);
  t.after(() => source.close());
  const numbers = [];
  source.addEventListener("count", ({ data }) => numbers.push(JSON.parse(data)));
  await until(() => source.readyState === EventSource.OPEN);

  for (let n = 1; n <= 20; n++) await board.publish("n", n, { "ce-type": "count" });
  await until(() => numbers.length >= 20);
  await board.stop("SIGKILL");
  await board.start();
  for (let n = 21; n <= 40; n++) await board.publish("n", n, { "ce-type": "count" });
  await until(() => numbers.length >= 40);

  assert.deepEqual(
    numbers,
    Array.from({ length: 40 }, (_, n) => n + 1),
  );
});

test("a foreign EventSource hears heartbeats and messages without a type", async (t) => {
  const board = await start(t, "--heartbeat", "1");
  const source = new EventSource(`${board.url}/events?topic=t`);
  t.after(() => source.close());
  const heard = [];
  source.onmessage = ({ data }) => heard.push(JSON.parse(data).text);
  let heartbeats = 0;
  source.addEventListener("heartbeat", () => heartbeats++);
  await until(() => source.readyState === EventSource.OPEN);
  await board.publish("t", { text: "a\r\nb\u2028c" });
  await until(() => heard.length > 0 && heartbeats > 0);
  assert.deepEqual(heard, ["a\r\nb\u2028c"]);
});
