#[component]
fn Messages() -> impl IntoView {
    let messages = RwSignal::new(Vec::<Received>::new());
    use_event_source(
        "/events?topic=guide/listen",
        StreamOptions::default(),
        move |batch| messages.update(|list| list.extend(batch)),
    );
    view! {
        <For
            each=move || messages.get()
            key=|one| one.last_event_id.clone()
            children=|one| view! { <p>{one.data}</p> }
        />
    }
}
