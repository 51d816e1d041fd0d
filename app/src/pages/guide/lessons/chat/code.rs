#[component]
fn Room() -> impl IntoView {
    let lines = RwSignal::new(Vec::<Chat>::new());
    let options = StreamOptions::default();
    use_event_source("/chat-stream?room=guide", options, move |batch| {
        let said = batch.iter().map(|one| serde_json::from_str::<Chat>(&one.data));
        lines.update(|lines| lines.extend(said.flatten()));
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
