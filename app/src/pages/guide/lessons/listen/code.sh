# Subscribe. -N shows each event as it arrives; Ctrl+C stops
curl -N 'http://127.0.0.1:3000/events?topic=guide/listen'

# In a second terminal: publish
curl -d 'Hello World' -H 'Content-Type: text/plain' \
  http://127.0.0.1:3000/topics/guide/listen
