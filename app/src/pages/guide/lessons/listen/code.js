const source = new EventSource('/events?topic=guide/listen');

source.onmessage = (event) => {
  const line = document.createElement('p');
  line.textContent = event.data;
  document.body.append(line);
};
