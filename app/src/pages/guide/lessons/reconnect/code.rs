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
    // The cursor outlives the connection, also where the browser gave up.
    view! {
        <button on:click=move |_| live.close.run(())>"Close"</button>
        <button on:click=move |_| live.open.run(())>"Go on where it was"</button>
    }
}
