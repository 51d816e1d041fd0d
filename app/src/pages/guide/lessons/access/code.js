// To another origin cookies go only when asked for, and allowed there.
const source = new EventSource('https://events.example.com/stream', {
  withCredentials: true,
});

// A header needs fetch. Lesson 4 reads what comes.
const listen = (token) => fetch('/events?topic=guide/access', {
  headers: { Authorization: `Bearer ${token}` },
});
