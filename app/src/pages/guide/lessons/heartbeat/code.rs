#[component]
fn Quiet() -> impl IntoView {
    let beat = RwSignal::new(String::new());
    let options = StreamOptions {
        heartbeat_millis: 15_000,
        ..StreamOptions::default()
    };
    // After two and a half silent intervals the stream reconnects.
    use_event_source("/events?topic=guide/quiet", options, move |batch| {
        let mut beats = batch.iter().filter(|one| one.event_type == "heartbeat");
        if let Some(last) = beats.next_back() {
            beat.set(last.data.clone());
        }
    });
    view! { <p>{beat}</p> }
}
