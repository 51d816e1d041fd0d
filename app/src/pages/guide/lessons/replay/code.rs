#[component]
fn Everything() -> impl IntoView {
    let count = RwSignal::new(0);
    let options = EventSourceOptions::default()
        // An event id in its place begins after that event.
        .last_event_id("start")
        .event_types(["gap"]);
    use_raw_event_source("/events?topic=guide/replay", options, move |messages| {
        let events = messages.iter().filter(|one| one.event_type == "message");
        count.update(|count| *count += events.count());
    });
    view! { <p>{count}" so far"</p> }
}
