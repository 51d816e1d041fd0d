# Publish a line. The answer is the event's id
curl -d 'Hello World' -H 'Content-Type: text/plain' \
  http://127.0.0.1:3000/topics/hello

# Numbers become charts, one for each field
curl -d '{"temperature": 21.4}' -H 'Content-Type: application/json' \
  http://127.0.0.1:3000/topics/office/sensor
