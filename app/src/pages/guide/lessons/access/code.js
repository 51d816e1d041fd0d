// Sends cookies to another origin, if that origin allows it.
const source = new EventSource('https://events.example.com/stream', {
  withCredentials: true,
});

// A header needs fetch. Lesson 4 shows how to read the response.
const listen = (token) => fetch('/events?topic=guide/access', {
  headers: { Authorization: `Bearer ${token}` },
});
