# As a page of another site would: refused with 403, and it says why
curl -i -H 'Origin: https://elsewhere.example' \
  -H 'Content-Type: text/plain' -d 'Hello' \
  http://127.0.0.1:3000/topics/guide/access

# As a program, which has no origin: taken
curl -i -H 'Content-Type: text/plain' -d 'Hello' \
  http://127.0.0.1:3000/topics/guide/access
