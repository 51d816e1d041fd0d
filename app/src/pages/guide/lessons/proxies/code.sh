# The headers that keep proxies from holding events back
curl -iN 'http://127.0.0.1:3000/events?topic=guide/proxies'

# How long a publish takes, in seconds, stored and answered
curl -w '\n%{time_total}\n' -H 'Content-Type: text/plain' -d 'how long' \
  http://127.0.0.1:3000/topics/guide/proxies
