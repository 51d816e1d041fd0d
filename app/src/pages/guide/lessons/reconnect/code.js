let cursor = '';

function connect() {
  const since = cursor && `&last_event_id=${encodeURIComponent(cursor)}`;
  const source = new EventSource(`/events?topic=guide/reconnect${since}`);
  source.onmessage = (event) => {
    cursor = event.lastEventId;
    console.log(event.data);
  };
  source.onerror = () => {
    // The browser reconnects by itself, unless it has given up.
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(connect, 1000 + Math.random() * 4000);
    }
  };
}

connect();
