const source = new EventSource('/stream');

source.onopen = () => console.log('open');

source.onmessage = (event) => {
  const { message, timestamp } = JSON.parse(event.data);
  console.log(timestamp, message);
};

source.onerror = () => {
  const isClosed = source.readyState === EventSource.CLOSED;
  console.log(isClosed ? 'closed for good' : 'lost; reconnecting');
};

// Call it when the page no longer needs the stream.
const stop = () => source.close();
