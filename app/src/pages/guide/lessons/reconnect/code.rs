#[component]
fn Reconnect() -> impl IntoView {
    let options = StreamOptions {
        event_types: vec!["gap"],
        ..StreamOptions::default()
    };
    let live = use_event_source("/events?topic=guide/reconnect", options, |batch| {
        for one in batch {
            leptos::logging::log!("{} {}", one.event_type, one.data);
        }
    });
    // The cursor survives, even if the browser has given up.
    view! {
        <button on:click=move |_| live.close.run(())>"Close"</button>
        <button on:click=move |_| live.open.run(())>"Resume"</button>
    }
}
