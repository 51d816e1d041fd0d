# Subscribe to the room
curl -N 'http://127.0.0.1:3000/chat-stream?room=guide'

# Send a message to it
curl -H 'Content-Type: application/json' \
  -d '{"user": "Ada", "text": "Hello"}' http://127.0.0.1:3000/chat/guide
