const response = await fetch('/topics/guide/publish', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ temperature: 21.4, door: 'open' }),
});

const { id } = await response.json();
console.log(response.status, id);
