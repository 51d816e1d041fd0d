// Load the last ten events, then subscribe from the newest one.
const response = await fetch('/api/history?topic=guide/replay&order=desc&limit=10');
const { events } = await response.json();
for (const { data } of events.reverse()) console.log(data.message);

const cursor = events.at(-1)?.eventid ?? 'start';
const source = new EventSource(`/events?topic=guide/replay&last_event_id=${cursor}`);
source.onmessage = (event) => console.log(event.data);
source.addEventListener('gap', (event) => {
  console.warn(JSON.parse(event.data).lost ?? 'some', 'events are missing');
});
