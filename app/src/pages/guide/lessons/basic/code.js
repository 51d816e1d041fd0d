const source = new EventSource('/stream');

source.onopen = () => console.log('open');

source.onmessage = (event) => {
  const { message, timestamp } = JSON.parse(event.data);
  console.log(timestamp, message);
};

source.onerror = () => {
  const hasGivenUp = source.readyState === EventSource.CLOSED;
  console.log(hasGivenUp ? 'given up' : 'lost; trying again');
};

// When its part of the page goes:
const stop = () => source.close();
