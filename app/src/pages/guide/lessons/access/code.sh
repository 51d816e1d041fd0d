# As a page of another site: the server answers 403 and says why
curl -i -H 'Origin: https://elsewhere.example' \
  -H 'Content-Type: text/plain' -d 'Hello' \
  http://127.0.0.1:3000/topics/guide/access

# As a program, without an origin: published
curl -i -H 'Content-Type: text/plain' -d 'Hello' \
  http://127.0.0.1:3000/topics/guide/access
