const channel = new BroadcastChannel('events');
channel.onmessage = ({ data }) => console.log(data);

// Whoever holds the lock has the connection. The next in line gets it
// when that tab is closed, however it ends.
navigator.locks.request('events', () => {
  const source = new EventSource('/events?framing=envelope');
  source.onmessage = ({ data }) => {
    console.log(data);
    channel.postMessage(data);
  };
  return new Promise(() => {});
});
