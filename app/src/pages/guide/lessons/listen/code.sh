# Listen. -N shows each event as it comes; Ctrl+C ends it
curl -N 'http://127.0.0.1:3000/events?topic=guide/listen'

# In a second terminal: publish
curl -d 'Hello World' -H 'Content-Type: text/plain' \
  http://127.0.0.1:3000/topics/guide/listen
