// A server of event streams that misbehaves on request, for the tests in browser/. It prints its address and runs until
// it is stopped.
//
//   /count?key=K      the streams of K that are open, and that were opened in all: {"open":1,"total":3}
//   /stream?key=K&…   an event stream. The connections of K are numbered from 1: attempt 1, attempt 2, …
//     events=N        sends events 1 to N, every third with the type `update`, then stays open
//     trickle=MS      sends an event this often, on the clock that the first stream of K started
//     json=1          the data is {"n":2,"square":4} instead of 2
//     broken=N        the data of event N is `broken`
//     echo=NAME       sends the query parameter NAME as the data of one event
//     fail=A:STATUS   answers attempt A with this status
//     drop=A          sends half of the events and ends attempt A
//     silent=A        accepts attempt A and never answers
//     mute=A          opens attempt A and sends nothing
//     heartbeat=MS    sends a heartbeat this often
// A stream resumes after `Last-Event-ID`, or after `last_event_id` in the query.
import { createServer } from "node:http";

const keys = new Map();
const stateOf = (key) => {
  if (!keys.has(key)) keys.set(key, { open: 0, total: 0, began: Date.now() });
  return keys.get(key);
};

const server = createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  const query = url.searchParams;
  const state = stateOf(query.get("key") ?? "");
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("cache-control", "no-store");
  if (url.pathname === "/count") {
    response.end(JSON.stringify({ open: state.open, total: state.total }));
    return;
  }
  if (url.pathname !== "/stream") {
    response.writeHead(404).end();
    return;
  }

  state.open += 1;
  state.total += 1;
  const attempt = state.total;
  const timers = [];
  response.on("close", () => {
    state.open -= 1;
    timers.forEach(clearInterval);
  });
  const is = (name) => query.getAll(name).includes(String(attempt));

  const failure = query
    .getAll("fail")
    .map((text) => text.split(":"))
    .find(([which]) => which === String(attempt));
  if (failure) {
    response.writeHead(Number(failure[1])).end();
    return;
  }
  if (is("silent")) return;

  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write("retry: 50\n\n");
  if (is("mute")) return;
  if (query.has("echo")) {
    response.write(`data: ${query.get(query.get("echo"))}\n\n`);
    return;
  }
  const after = Number(request.headers["last-event-id"] ?? query.get("last_event_id") ?? 0);
  const count = Number(query.get("events") ?? 0);
  const data = (n) => {
    if (query.get("broken") === String(n)) return "broken";
    return query.has("json") ? JSON.stringify({ n, square: n * n }) : n;
  };
  const event = (n) => `id: ${n}\n${n % 3 === 0 ? "event: update\n" : ""}data: ${data(n)}\n\n`;
  const beat = () => {
    const every = Number(query.get("heartbeat") ?? 0);
    if (every > 0)
      timers.push(setInterval(() => response.write("event: heartbeat\ndata: {}\n\n"), every));
  };
  const trickle = Number(query.get("trickle") ?? 0);
  if (trickle > 0) {
    let sent = after;
    const send = () => {
      const due = Math.min(count, Math.floor((Date.now() - state.began) / trickle));
      while (sent < due) response.write(event((sent += 1)));
    };
    timers.push(setInterval(send, trickle));
    beat();
    return;
  }
  // A dropped attempt sends only half of what is left, so that the next one has something to resume.
  const until = is("drop") ? after + Math.ceil((count - after) / 2) : count;
  let text = "";
  for (let n = after + 1; n <= until; n += 1) text += event(n);
  response.write(text);
  if (is("drop")) {
    response.end();
    return;
  }
  beat();
});

server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
