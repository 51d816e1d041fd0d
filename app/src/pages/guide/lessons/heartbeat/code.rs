#[component]
fn Quiet() -> impl IntoView {
    let beat = RwSignal::new(String::new());
    let options = EventSourceOptions::default().heartbeat_interval(Duration::from_secs(15));
    // After two and a half silent intervals the stream reconnects.
    use_raw_event_source("/events?topic=guide/quiet", options, move |messages| {
        let mut beats = messages.iter().filter(|one| one.event_type == "heartbeat");
        if let Some(last) = beats.next_back() {
            beat.set(last.data.clone());
        }
    });
    view! { <p>{beat}</p> }
}
