const source = new EventSource('/events?topic=guide/quiet');
let heard = Date.now();

source.addEventListener('heartbeat', (event) => {
  heard = Date.now();
  console.log('alive at', JSON.parse(event.data).time);
});

setInterval(() => {
  if (Date.now() - heard > 40_000) console.warn('no heartbeat');
}, 5_000);
