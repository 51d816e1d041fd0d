# Publish, and keep the id from the response
ID=$(curl -s -H 'Content-Type: text/plain' -d 'one' \
  http://127.0.0.1:3000/topics/guide/reconnect | cut -d '"' -f 4)

# Publish while nobody is connected
curl -H 'Content-Type: text/plain' -d 'two' \
  http://127.0.0.1:3000/topics/guide/reconnect

# Reconnect as a browser does, with the last id: "two" arrives
curl -N -H "Last-Event-ID: $ID" \
  'http://127.0.0.1:3000/events?topic=guide/reconnect'
