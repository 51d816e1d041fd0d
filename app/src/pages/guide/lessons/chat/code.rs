#[component]
fn Room() -> impl IntoView {
    let lines = RwSignal::new(Vec::<Chat>::new());
    let options = EventSourceOptions::default();
    use_event_source::<Chat>("/chat-stream?room=guide", options, move |events| {
        let said = events.into_iter().flatten().map(|event| event.data);
        lines.update(|lines| lines.extend(said));
    });
    // What is put into a view is text, whatever it contains.
    let line = |said: Chat| view! {
        <p>
            <b>{said.user}</b>
            " "
            {said.text}
        </p>
    };
    view! { {move || lines.get().into_iter().map(line).collect_view()} }
}
