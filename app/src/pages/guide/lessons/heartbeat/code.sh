# Nothing is published to this topic, but heartbeats arrive
curl -N 'http://127.0.0.1:3000/events?topic=guide/quiet'
