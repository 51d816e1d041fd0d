// Reads the stream as text, as EventSource does before it parses it.
const response = await fetch('/events?topic=**&last_event_id=start');
console.log(response.headers.get('Content-Type'));

const decoded = response.body.pipeThrough(new TextDecoderStream());
const reader = decoded.getReader();
const { value } = await reader.read();
console.log(value);
await reader.cancel();
