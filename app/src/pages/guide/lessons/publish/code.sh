# A line of text
curl -H 'Content-Type: text/plain' -d 'build 77 has started' \
  http://127.0.0.1:3000/topics/guide/publish

# JSON
curl -H 'Content-Type: application/json' -d '{"seconds": 12.5, "failed": 0}' \
  http://127.0.0.1:3000/topics/guide/publish

# With an id of its own: sent again, it is stored only once
curl -H 'ce-source: /ci' -H 'ce-id: build-77' -H 'Content-Type: text/plain' \
  -d 'build 77 is done' http://127.0.0.1:3000/topics/guide/publish

# Many events in one request, one per line
printf '{"seconds": 11.9}\n{"seconds": 12.1}\n' | curl -T - -X POST \
  -H 'Content-Type: application/x-ndjson' \
  http://127.0.0.1:3000/topics/guide/publish
