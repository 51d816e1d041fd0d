// The CloudEvents SDK for JavaScript, in every mode it writes over HTTP.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CloudEvent, HTTP } from "cloudevents";
import { start } from "./pulseboard.mjs";

const event = (id) =>
  new CloudEvent({
    id,
    source: "/sdk/javascript",
    type: "com.example.order",
    topic: "orders",
    data: { item: "tea", pieces: 3 },
  });

async function send(url, message) {
  const response = await fetch(url, {
    method: "POST",
    headers: message.headers,
    body: message.body,
  });
  return [response.status, await response.json()];
}

test("the SDK's binary and structured events are stored, and a repeated one is stored once", async (t) => {
  const board = await start(t);
  const [status, { id }] = await send(`${board.url}/topics/orders`, HTTP.binary(event("b")));
  assert.equal(status, 201);
  assert.deepEqual(await send(`${board.url}/topics/orders`, HTTP.binary(event("b"))), [
    200,
    { id },
  ]);
  assert.equal((await send(`${board.url}/events`, HTTP.structured(event("s"))))[0], 201);

  const stored = await board.history("orders");
  assert.deepEqual(
    stored.map(({ id, type, data }) => [id, type, data]),
    ["b", "s"].map((id) => [id, "com.example.order", { item: "tea", pieces: 3 }]),
  );
});

test("the SDK reads the envelopes that the history answers", async (t) => {
  const board = await start(t);
  await board.publish("orders", { item: "tea" });
  const [stored] = await board.history("orders");
  const read = HTTP.toEvent({
    headers: { "content-type": "application/cloudevents+json" },
    body: JSON.stringify(stored),
  });
  assert.ok(read.validate());
  assert.deepEqual([read.topic, read.data], ["orders", { item: "tea" }]);
});
