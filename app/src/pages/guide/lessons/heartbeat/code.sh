# Nothing is published here, and still something comes
curl -N 'http://127.0.0.1:3000/events?topic=guide/quiet'
