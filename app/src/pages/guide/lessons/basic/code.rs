fn word(status: Status) -> &'static str {
    match status {
        Status::Connecting => "on its way",
        Status::Open => "open",
        Status::Reconnecting { .. } => "lost; it comes back by itself",
        Status::Offline => "the browser has no network",
        Status::Paused | Status::Closed => "stopped by hand",
    }
}

#[component]
fn Basic() -> impl IntoView {
    let options = EventSourceOptions::default();
    let live = use_event_source::<Message>("/stream", options, |events| {
        for event in events {
            match event {
                Ok(event) => leptos::logging::log!("{}", event.data.message),
                Err(error) => leptos::logging::error!("{error}"),
            }
        }
    });
    view! {
        <p>{move || word(live.status.get())}</p>
        <button on:click=move |_| live.close.run(())>"Close"</button>
    }
}
