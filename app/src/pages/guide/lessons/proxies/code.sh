# The headers that keep proxies from buffering
curl -iN 'http://127.0.0.1:3000/events?topic=guide/proxies'

# The time of a publish in seconds, including the write to disk
curl -w '\n%{time_total}\n' -H 'Content-Type: text/plain' -d 'how long' \
  http://127.0.0.1:3000/topics/guide/proxies
