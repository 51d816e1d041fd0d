# Listen to one type only: the server leaves out the others
curl -N 'http://127.0.0.1:3000/events?topic=guide/types&type=notification'

# A notification: its type goes into a header, its data into the body
curl -H 'Content-Type: application/json' -H 'ce-type: notification' \
  -d '{"type": "info", "message": "New user joined"}' \
  http://127.0.0.1:3000/topics/guide/types

# An update, which the listener above does not hear
curl -H 'Content-Type: application/json' -H 'ce-type: update' \
  -d '{"content": "Page content updated"}' \
  http://127.0.0.1:3000/topics/guide/types
