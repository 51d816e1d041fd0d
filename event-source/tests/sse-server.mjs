// A server of event streams that misbehaves on request, for the tests of `use_event_source` in app/tests/browser.rs.
// It prints its address and runs until it is stopped.
//
//   /count?key=K             how many streams of K are open now, and how many were opened in all: {"open":1,"total":3}
//   /stream?key=K&…          an event stream; every connection of K counts as one attempt, the first being 1
//     events=N               send events 1..N at once, then stay open
//     fail=A:STATUS          answer attempt A with this status
//     drop=A                 end attempt A after its events
//     silent=A               accept attempt A and never answer
//     mute=A                 open attempt A, then say nothing more
//     heartbeat=MS           a heartbeat this often
// A stream resumes after `Last-Event-ID`, or after `last_event_id` in the query.
import { createServer } from "node:http";

const keys = new Map();
const stateOf = (key) => {
  if (!keys.has(key)) keys.set(key, { open: 0, total: 0 });
  return keys.get(key);
};

const server = createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  const query = url.searchParams;
  const state = stateOf(query.get("key") ?? "");
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("cache-control", "no-store");
  if (url.pathname === "/count") {
    response.end(JSON.stringify(state));
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
  const after = Number(request.headers["last-event-id"] ?? query.get("last_event_id") ?? 0);
  const count = Number(query.get("events") ?? 0);
  // A dropped attempt sends only half of what is left, so that the next one has something to resume.
  const until = is("drop") ? after + Math.ceil((count - after) / 2) : count;
  let text = "";
  for (let n = after + 1; n <= until; n += 1) {
    text += `id: ${n}\n${n % 3 === 0 ? "event: update\n" : ""}data: ${n}\n\n`;
  }
  response.write(text);
  if (is("drop")) {
    response.end();
    return;
  }
  const every = Number(query.get("heartbeat") ?? 0);
  if (every > 0)
    timers.push(setInterval(() => response.write("event: heartbeat\ndata: {}\n\n"), every));
});

server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
