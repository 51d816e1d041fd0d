# The headers (-i), then all stored events with their types
curl -iN 'http://127.0.0.1:3000/events?last_event_id=start'

# The same events as envelopes
curl -N 'http://127.0.0.1:3000/events?last_event_id=start&framing=envelope'
