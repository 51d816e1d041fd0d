# Publish a line. The response has the event's id
curl -d 'Hello World' -H 'Content-Type: text/plain' \
  http://127.0.0.1:3000/topics/hello

# Publish numbers. Each field becomes a chart
curl -d '{"temperature": 21.4}' -H 'Content-Type: application/json' \
  http://127.0.0.1:3000/topics/office/sensor
