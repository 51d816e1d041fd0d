import type { Page } from "@playwright/test";
import { type Server, expect, test } from "./fixtures.js";

/**
 * The snippets that this project grew out of, as they were written. Nothing in them may be changed: what they call and do
 * not define stands in `AROUND`, and what they log is shown in `#log`.
 */
const CONNECT = `
// Create EventSource connection
const eventSource = new EventSource('/events');
// Listen for messages
eventSource.onmessage = function(event) {
console.log('New message:', event.data);
document.getElementById('messages').innerHTML += event.data + '<br>';
};
`;

const FEATURES = `
eventSource.onmessage = (e) => {
updateUI(e.data);
};
eventSource.onerror = () => {
console.log('Reconnecting...');
};
eventSource.addEventListener('update',
(e) => handleUpdate(e.data)
);
`;

const BASIC = `
// Client-side JavaScript
const eventSource = new EventSource('/stream');
// Handle incoming messages
eventSource.onmessage = function(event) {
const data = JSON.parse(event.data);
displayMessage(data);
};
// Handle connection opened
eventSource.onopen = function() {
console.log('Connection opened');
};
// Handle errors
eventSource.onerror = function(event) {
console.log('Error occurred:', event);
};
// Close connection when needed
function closeConnection() {
eventSource.close();
}
`;

const CHAT_HTML = `
<!-- HTML -->
<div id="chat-container">
<div id="messages"></div>
<input type="text" id="messageInput" placeholder="Type a message...">
<button onclick="sendMessage()">Send</button>
</div>
`;

const CHAT = `
// JavaScript
let eventSource;
function startChat() {
eventSource = new EventSource('/chat-stream');
eventSource.onmessage = function(event) {
const message = JSON.parse(event.data);
displayMessage(message);
};
}
function displayMessage(message) {
const messagesDiv = document.getElementById('messages');
messagesDiv.innerHTML += \`
<div class="message">
<strong>\${message.user}:</strong> \${message.text}
<span class="timestamp">\${message.time}</span>
</div>
\`;
messagesDiv.scrollTop = messagesDiv.scrollHeight;
}
`;

const TYPES = `
// Listen for specific event types
eventSource.addEventListener('notification', function(event) {
showNotification(event.data);
});
eventSource.addEventListener('update', function(event) {
updateContent(event.data);
});
eventSource.addEventListener('heartbeat', function(event) {
console.log('Server is alive');
});
`;

/** What the snippets take for granted. */
const AROUND = `
const log = console.log;
console.log = (...words) => {
  log(...words);
  document.getElementById('log').append(words.join(' ') + '\\n');
};
const show = (kind) => (data) => {
  const line = document.createElement('p');
  line.className = kind;
  line.textContent = typeof data === 'string' ? data : JSON.stringify(data);
  document.body.append(line);
};
`;

/** A page of the server's own origin with the snippets on it. Only this one address is made up; the streams are real. */
async function paste(
  page: Page,
  server: Server,
  script: string,
  html = '<div id="messages"></div>',
): Promise<void> {
  await page.route(`${server.url}/seed-test`, (route) =>
    route.fulfill({
      contentType: "text/html; charset=utf-8",
      body: `<!DOCTYPE html><title>Seed</title><link rel="icon" href="data:,">${html}<pre id="log"></pre><script>${AROUND}</script><script>${script}</script>`,
    }),
  );
  const opened = page.waitForResponse(
    (response) => response.headers()["content-type"] === "text/event-stream",
  );
  await page.goto(`${server.url}/seed-test`);
  if (!script.includes("function startChat")) await opened;
  else opened.catch(() => {});
}

const open = (page: Page) => expect.poll(() => page.evaluate("eventSource.readyState")).toBe(1);

test("connecting: every message is shown as it comes", async ({ page, server }) => {
  await paste(page, server, CONNECT);
  await open(page);
  await server.publish("anything", "Hello World");
  await expect(page.locator("#messages")).toContainText('"message":"Hello World"');
  await server.publish("office/sensor", { temperature: 21.4 });
  await expect(page.locator("#messages")).toContainText('{"temperature":21.4}');
  await expect(page.locator("#messages br")).toHaveCount(2);
  await expect(page.locator("#log")).toContainText("New message: {");
});

test("features: messages, updates, and a reconnect after the server was gone", async ({
  page,
  server,
  complaints,
}) => {
  complaints.expectLostConnections();
  const functions = "const updateUI = show('ui'); const handleUpdate = show('update');";
  await paste(
    page,
    server,
    `const eventSource = new EventSource('/events');${functions}${FEATURES}`,
  );
  await open(page);
  await server.publish("anything", "Hello World");
  await expect(page.locator(".ui")).toContainText("Hello World");
  await server.publish("page", { content: "Page content updated" }, { "ce-type": "update" });
  await expect(page.locator(".update")).toHaveText('{"content":"Page content updated"}');
  await expect(page.locator(".ui"), "an update is no message").toHaveCount(1);
  await server.restart("SIGKILL");
  await expect(page.locator("#log")).toContainText("Reconnecting...");
  await open(page);
  await server.publish("anything", "Hello again");
  await expect(page.locator(".ui").last()).toContainText("Hello again");
});

test("the basic stream: opened, message and timestamp, error, close", async ({
  page,
  server,
  complaints,
}) => {
  complaints.expectLostConnections();
  await paste(page, server, `const displayMessage = show('message');${BASIC}`);
  await expect(page.locator("#log")).toContainText("Connection opened");
  await server.publish("anything", "Hello World");
  await expect(page.locator(".message")).toHaveText(
    /^\{"message":"Hello World","timestamp":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"\}$/,
  );
  await server.notify("other", "is no message");
  await server.say("general", "Ada", "is no message");
  await server.restart("SIGTERM");
  await expect(page.locator("#log")).toContainText("Error occurred: [object Event]");
  await open(page);
  await server.publish("anything", "Another update");
  await expect(page.locator(".message").last()).toContainText("Another update");
  await expect(page.locator(".message")).toHaveCount(2);

  await page.evaluate("closeConnection()");
  expect(await page.evaluate("eventSource.readyState")).toBe(2);
  await server.publish("anything", "nobody listens");
  // A second stream has it, so the first one would have had it too.
  const heard = page.evaluate(async () => {
    const response = await fetch("/api/history?topic=anything");
    return (await response.text()).includes("nobody listens");
  });
  expect(await heard).toBe(true);
  await expect(page.locator(".message")).toHaveCount(2);
});

test("the chat: user, text and time", async ({ page, server }) => {
  const send = `
    function sendMessage() {
      const text = document.getElementById('messageInput').value;
      fetch('/chat/general', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ user: 'Grace', text }) });
    }`;
  await paste(page, server, `${CHAT}${send}`, CHAT_HTML);
  await page.evaluate("startChat()");
  await open(page);
  await server.say("general", "Ada", "Good morning");
  const messages = page.locator("#messages .message");
  await expect(messages).toHaveCount(1);
  await expect(messages.locator("strong")).toHaveText("Ada:");
  await expect(messages).toContainText("Good morning");
  await expect(messages.locator(".timestamp")).toHaveText(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
  );
  await page.getByPlaceholder("Type a message...").fill("Hello Ada");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(messages).toHaveCount(2);
  await expect(messages.last()).toContainText("Grace: Hello Ada");
  await server.say("ops", "Ada", "in another room");
  await server.say("general", "Ada", "last");
  await expect(messages.last()).toContainText("last");
  await expect(messages).toHaveCount(3);
});

test.describe("with a heartbeat twice a second", () => {
  test.use({ serverArgs: ["--no-host-metrics", "--heartbeat", "0.5"] });

  test("event types: notification, update and heartbeat", async ({ page, server }) => {
    const functions =
      "const showNotification = show('notification'); const updateContent = show('update');";
    await paste(
      page,
      server,
      `const eventSource = new EventSource('/events');${functions}${TYPES}`,
    );
    await open(page);
    await server.notify("users", "New user joined");
    await server.publish("page", { content: "Page content updated" }, { "ce-type": "update" });
    await expect(page.locator(".notification")).toHaveText(
      '{"type":"info","message":"New user joined"}',
    );
    await expect(page.locator(".update")).toHaveText('{"content":"Page content updated"}');
    await expect(page.locator("#log")).toContainText("Server is alive\nServer is alive");
  });

  test("the heartbeat's data and the stream's headers are as the lesson has them", async ({
    page,
    server,
  }) => {
    await paste(
      page,
      server,
      "const eventSource = new EventSource('/events'); eventSource.addEventListener('heartbeat', (e) => show('beat')(e.data));",
    );
    await expect(page.locator(".beat").first()).toHaveText(
      /^\{"status":"ok","time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"\}$/,
    );
    for (const path of ["/events", "/stream", "/chat-stream"]) {
      const stop = new AbortController();
      const response = await fetch(server.url + path, { signal: stop.signal });
      expect(response.headers.get("content-type")).toBe("text/event-stream");
      expect(response.headers.get("cache-control")).toContain("no-cache");
      stop.abort();
    }
  });
});
