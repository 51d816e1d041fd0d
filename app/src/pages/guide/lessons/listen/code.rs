#[component]
fn Messages() -> impl IntoView {
    let messages = RwSignal::new(Vec::<Event<Message>>::new());
    let options = EventSourceOptions::default();
    use_event_source::<Message>("/events?topic=guide/listen", options, move |events| {
        // An event whose data is not a message is an `Err` in its place.
        messages.update(|list| list.extend(events.into_iter().flatten()));
    });
    view! {
        <For
            each=move || messages.get()
            key=|event| event.last_event_id.clone()
            children=|event| view! { <p>{event.data.message}</p> }
        />
    }
}
