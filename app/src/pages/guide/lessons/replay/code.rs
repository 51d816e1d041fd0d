#[component]
fn Everything() -> impl IntoView {
    let count = RwSignal::new(0);
    let options = StreamOptions {
        // An event id instead starts after that event.
        last_event_id: "start".to_owned(),
        event_types: vec!["gap"],
        ..StreamOptions::default()
    };
    use_event_source("/events?topic=guide/replay", options, move |batch| {
        let events = batch.iter().filter(|one| one.event_type == "message");
        count.update(|count| *count += events.count());
    });
    view! { <p>{count}" so far"</p> }
}
