fn say(event: &Event) -> String {
    match event.payload() {
        Payload::Notification(news) => news.message,
        Payload::Update(update) => update.content,
        Payload::Heartbeat(beat) => format!("alive at {}", beat.time),
        Payload::Message(message) => message.message,
        // Without `_`, a new event type is a compile error here.
        Payload::Chat(_)
        | Payload::Presence(_)
        | Payload::Typing(_)
        | Payload::Metrics(_)
        | Payload::Gap(_)
        | Payload::Other { .. } => event.data.to_string(),
    }
}
