fn word(status: Status) -> &'static str {
    match status {
        Status::Connecting => "connecting",
        Status::Open => "open",
        Status::Reconnecting { .. } => "lost; reconnecting",
        Status::Offline => "no network",
        Status::Paused | Status::Closed => "closed",
    }
}

#[component]
fn Basic() -> impl IntoView {
    let options = StreamOptions::default();
    let live = use_event_source("/stream", options, |batch| {
        let messages = batch.iter().map(|one| serde_json::from_str(&one.data));
        for message in messages.filter_map(Result::<Message, _>::ok) {
            leptos::logging::log!("{} {}", message.timestamp, message.message);
        }
    });
    view! {
        <p>{move || word(live.status.get())}</p>
        <button on:click=move |_| live.close.run(())>"Close"</button>
    }
}
