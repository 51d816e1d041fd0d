#[component]
fn Room() -> impl IntoView {
    let messages = RwSignal::new(Vec::<Chat>::new());
    let options = StreamOptions::default();
    use_event_source("/chat-stream?room=guide", options, move |batch| {
        let chats = batch.iter().map(|one| serde_json::from_str::<Chat>(&one.data));
        messages.update(|list| list.extend(chats.flatten()));
    });
    // A view shows strings as text, never as markup.
    let line = |chat: Chat| view! {
        <p>
            <b>{chat.user}</b>
            " "
            {chat.text}
        </p>
    };
    view! { {move || messages.get().into_iter().map(line).collect_view()} }
}
