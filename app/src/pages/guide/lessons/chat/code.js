const source = new EventSource('/chat-stream?room=guide');

source.onmessage = (event) => {
  const { user, text } = JSON.parse(event.data);
  const line = document.createElement('p');
  const name = document.createElement('b');
  name.textContent = user;
  line.append(name, ` ${text}`);
  document.body.append(line);
};

const say = (user, text) => fetch('/chat/guide', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ user, text }),
});
