# Every message of every topic, as JSON without an event type
curl -N http://127.0.0.1:3000/stream
