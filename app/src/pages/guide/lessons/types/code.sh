# Subscribe to one type. The server leaves out the others
curl -N 'http://127.0.0.1:3000/events?topic=guide/types&type=notification'

# A notification: the type is a header, the payload is the body
curl -H 'Content-Type: application/json' -H 'ce-type: notification' \
  -d '{"type": "info", "message": "New user joined"}' \
  http://127.0.0.1:3000/topics/guide/types

# An update, which the subscriber above does not receive
curl -H 'Content-Type: application/json' -H 'ce-type: update' \
  -d '{"content": "Page content updated"}' \
  http://127.0.0.1:3000/topics/guide/types
