//! Where one says something: a form that posts without script, and without leaving the page with it.

use leptos::{html, prelude::*, task::spawn_local};

use crate::{environment, event_source::push_percent_encoded, live::use_live};

/// Tells the room that somebody is writing, at most this often.
const TYPING_EVERY_MILLIS: f64 = 2_500.0;

/// The form of a room.
#[component]
pub fn Compose(
    /// The room.
    #[prop(into)]
    room: Signal<String>,
) -> impl IntoView {
    let live = use_live();
    let name_input = NodeRef::<html::Input>::new();
    let text_input = NodeRef::<html::Input>::new();
    let problem = RwSignal::new(None::<String>);
    let is_sending = RwSignal::new(false);
    let last_typing = StoredValue::new(f64::NEG_INFINITY);
    let url = move || {
        let mut url = "/chat/".to_owned();
        push_percent_encoded(&mut url, &room.get());
        url
    };

    let send = move |submit: leptos::ev::SubmitEvent| {
        submit.prevent_default();
        if is_sending.get_untracked() {
            return;
        }
        let value = |input: NodeRef<html::Input>| input.get_untracked().map(|input| input.value());
        let name = live.name.get_untracked().or_else(|| value(name_input)).unwrap_or_default().trim().to_owned();
        // Taken now: by the time of the answer one may have gone to another room, and the field with this one.
        let field = text_input.get_untracked();
        let text = value(text_input).unwrap_or_default();
        if name.is_empty() || text.trim().is_empty() {
            problem
                .set(Some(if name.is_empty() { "Say who you are first." } else { "There is nothing to send yet." }.to_owned()));
            return;
        }
        is_sending.set(true);
        let url = untrack(url);
        spawn_local(async move {
            let body = serde_json::json!({ "user": name, "text": text }).to_string();
            match environment::post(&url, &[("content-type", "application/json")], body).await {
                Ok(()) => {
                    problem.set(None);
                    if live.name.get_untracked().is_none() {
                        live.rename(&name);
                    }
                    if let Some(field) = field {
                        field.set_value("");
                    }
                }
                // The words stay in the field: nothing one has written is lost.
                Err(error) => problem.set(Some(error.to_string())),
            }
            is_sending.set(false);
        });
    };
    let typing = move |_| {
        let now = environment::page_clock();
        let Some(name) = live.name.get_untracked() else { return };
        if now - last_typing.get_value() < TYPING_EVERY_MILLIS {
            return;
        }
        last_typing.set_value(now);
        let mut url = "/topics/chat/".to_owned();
        push_percent_encoded(&mut url, &room.get_untracked());
        spawn_local(async move {
            let body = serde_json::json!({ "user": name }).to_string();
            let headers = [("content-type", "application/json"), ("ce-type", "typing")];
            // Whether others see three dots is not worth a word to the writer.
            let _ = environment::post(&url, &headers, body).await;
        });
    };
    let id = move || format!("text-{}", room.get());
    view! {
        <form class="compose" method="post" action=move || url() on:submit=send>
            {move || match live.name.get() {
                Some(name) => view! { <input type="hidden" name="user" value=name/> }.into_any(),
                None => view! {
                    <input
                        class="who" name="user" node_ref=name_input required maxlength="64" placeholder="Your name"
                        aria-label="Your name" autocomplete="nickname"
                    />
                }.into_any(),
            }}
            <input
                id=move || id() name="text" node_ref=text_input required maxlength="4000" autocomplete="off" on:input=typing
                placeholder=move || format!("Message {}", room.get())
                aria-label=move || format!("Message {}", room.get())
            />
            <button class="button go" type="submit">"Send"</button>
        </form>
        <p class="problem" role="alert">{problem}</p>
    }
}
