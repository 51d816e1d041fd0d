fn say(event: &Event) -> String {
    match event.payload() {
        Payload::Notification(news) => news.message,
        Payload::Heartbeat(beat) => format!("alive at {}", beat.time),
        // Every other payload has a text of its own.
        other => other.text(),
    }
}
