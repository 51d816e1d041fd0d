const channel = new BroadcastChannel('events');
channel.onmessage = ({ data }) => console.log(data);

// The tab that holds the lock has the connection. When it closes or
// crashes, the next tab gets the lock.
navigator.locks.request('events', () => {
  const source = new EventSource('/events?framing=envelope');
  source.onmessage = ({ data }) => {
    console.log(data);
    channel.postMessage(data);
  };
  return new Promise(() => {});
});
