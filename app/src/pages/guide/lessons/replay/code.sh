# Publish something to replay
curl -H 'Content-Type: text/plain' -d 'yesterday' \
  http://127.0.0.1:3000/topics/guide/replay

# All stored events of the topic, then live ones
curl -N 'http://127.0.0.1:3000/events?topic=guide/replay&last_event_id=start'

# Stored events as a list, the newest three first
curl 'http://127.0.0.1:3000/api/history?topic=guide/replay&order=desc&limit=3'
