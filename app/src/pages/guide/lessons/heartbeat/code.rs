#[component]
fn Quiet() -> impl IntoView {
    let beat = RwSignal::new(String::new());
    // After two and a half beats of silence the status is Reconnecting.
    let options = EventSourceOptions::default().heartbeat_interval(Duration::from_secs(15));
    use_raw_event_source("/events?topic=guide/quiet", options, move |messages| {
        let mut beats = messages.iter().filter(|one| one.event_type == "heartbeat");
        if let Some(last) = beats.next_back() {
            beat.set(last.data.clone());
        }
    });
    view! { <p>{beat}</p> }
}
