# Over HTTP/2, one connection carries many streams
curl -iN --http2-prior-knowledge 'http://127.0.0.1:3000/events?topic=guide/listen'
