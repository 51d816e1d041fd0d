#[component]
fn Reconnect() -> impl IntoView {
    let options = EventSourceOptions::default().event_types(["gap"]);
    let live = use_raw_event_source("/events?topic=guide/reconnect", options, |messages| {
        for one in messages {
            leptos::logging::log!("{} {}", one.event_type, one.data);
        }
    });
    // The cursor outlives the connection, also where the browser gave up.
    view! {
        <button on:click=move |_| live.close.run(())>"Close"</button>
        <button on:click=move |_| live.open.run(())>"Go on where it was"</button>
    }
}
