#[component]
fn Room() -> impl IntoView {
    let messages = RwSignal::new(Vec::<Chat>::new());
    let options = EventSourceOptions::default();
    use_event_source::<Chat>("/chat-stream?room=guide", options, move |events| {
        let chats = events.into_iter().flatten().map(|event| event.data);
        messages.update(|list| list.extend(chats));
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
