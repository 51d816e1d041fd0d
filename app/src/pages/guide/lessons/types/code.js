const source = new EventSource('/events?topic=guide/types');

source.addEventListener('notification', (event) => {
  const { type, message } = JSON.parse(event.data);
  console.log(`${type}: ${message}`);
});

source.addEventListener('update', (event) => {
  console.log(JSON.parse(event.data).content);
});
