//! Where one says something: a form that posts without script, and with it hands what is written to
//! the outbox.

use leptos::{ev, html, prelude::*, task::spawn_local};

use super::Unsent;
use crate::{
    live::use_live,
    outbox::use_outbox,
    platform::{self, chat as browser},
};
use pulseboard_contract::push_percent_encoded;

/// Tells the room that somebody is writing, at most this often.
const TYPING_EVERY_MILLIS: f64 = 2_500.0;
/// From so few characters on it is told how many are left.
const FEW_LEFT: usize = 200;
/// Characters a message may have.
const MOST: usize = 4_000;

/// The form of a room.
#[component]
pub fn Compose(
    /// The room.
    #[prop(into)]
    room: Signal<String>,
    /// Whether what is on its way is shown elsewhere, where the conversation is.
    #[prop(optional)]
    in_conversation: bool,
    /// Told of everything that is sent.
    #[prop(optional)]
    sent: Option<Callback<()>>,
) -> impl IntoView {
    let live = use_live();
    let outbox = use_outbox();
    let name_input = NodeRef::<html::Input>::new();
    let text_input = NodeRef::<html::Textarea>::new();
    let problem = RwSignal::new(None::<&'static str>);
    let left = RwSignal::new(MOST);
    let last_typing = StoredValue::new(f64::NEG_INFINITY);
    let url = move || {
        let mut url = "/chat/".to_owned();
        push_percent_encoded(&mut url, &room.get());
        url
    };
    // What was begun is kept for each room. Read after hydration: the server does not have it.
    Effect::new(move |_| {
        let draft = browser::load(&draft_of(&room.get())).unwrap_or_default();
        if let Some(field) = text_input.get() {
            field.set_value(&draft);
            browser::fit(text_input);
        }
    });

    let send = move |submit: ev::SubmitEvent| {
        submit.prevent_default();
        let Some(field) = text_input.get_untracked() else {
            return;
        };
        let name = live
            .name
            .get_untracked()
            .or_else(|| name_input.get_untracked().map(|input| input.value()));
        let name = name.unwrap_or_default().trim().to_owned();
        let text = field.value();
        if name.is_empty() || text.trim().is_empty() {
            problem.set(Some(if name.is_empty() {
                "Say who you are first."
            } else {
                "There is nothing to send yet."
            }));
            return;
        }
        problem.set(None);
        if live.name.get_untracked().is_none() {
            live.rename(&name);
        }
        let room = room.get_untracked();
        outbox.say(&room, name, text.trim_end().to_owned());
        field.set_value("");
        left.set(MOST);
        browser::fit(text_input);
        browser::save(&draft_of(&room), None);
        last_typing.set_value(f64::NEG_INFINITY);
        // On with the next, also for who pressed the button.
        let _ = field.focus();
        if let Some(sent) = sent {
            sent.run(());
        }
    };
    let pressed = move |key: ev::KeyboardEvent| {
        if key.key() != "Enter"
            || key.shift_key()
            || browser::is_composing(&key)
            || browser::has_touch_keyboard()
        {
            return;
        }
        key.prevent_default();
        browser::submit(text_input);
    };
    let written = move |_| {
        let Some(field) = text_input.get_untracked() else {
            return;
        };
        let text = field.value();
        left.set(MOST.saturating_sub(text.encode_utf16().count()));
        browser::fit(text_input);
        let room = room.get_untracked();
        browser::save(
            &draft_of(&room),
            Some(text.as_str()).filter(|text| !text.is_empty()),
        );
        let now = platform::page_clock();
        let Some(name) = live
            .name
            .get_untracked()
            .filter(|_| !text.trim().is_empty())
        else {
            return;
        };
        if now - last_typing.get_value() < TYPING_EVERY_MILLIS {
            return;
        }
        last_typing.set_value(now);
        let mut url = "/topics/chat/".to_owned();
        push_percent_encoded(&mut url, &room);
        spawn_local(async move {
            let body = serde_json::json!({ "user": name }).to_string();
            let headers = [("content-type", "application/json"), ("ce-type", "typing")];
            // Whether others see that one writes is not worth a word to the writer.
            let _ = platform::post(&url, &headers, body).await;
        });
    };
    let label = move || format!("Message {}", room.get());
    view! {
        {(!in_conversation).then(|| view! { <Unsent room=room /> }.into_any())}
        <form class="compose" method="post" action=move || url() on:submit=send>
            {move || match live.name.get() {
                Some(name) => view! { <input type="hidden" name="user" value=name /> }.into_any(),
                None => {
                    view! {
                        <input
                            class="who"
                            name="user"
                            node_ref=name_input
                            required
                            maxlength="64"
                            placeholder="Your name"
                            aria-label="Your name"
                            autocomplete="nickname"
                        />
                    }
                        .into_any()
                }
            }}
            <textarea
                id=move || format!("text-{}", room.get())
                name="text"
                node_ref=text_input
                required
                maxlength=MOST.to_string()
                rows="1"
                autocomplete="off"
                on:input=written
                on:keydown=pressed
                placeholder=move || label()
                aria-label=move || label()
            ></textarea>
            {move || {
                (left.get() <= FEW_LEFT)
                    .then(|| view! { <small class="left">{left}" left"</small> }.into_any())
            }}
            // The focus stays where one writes, and with it the keyboard of a phone.
            <button
                class="button go"
                type="submit"
                on:mousedown=move |press| press.prevent_default()
            >
                "Send"
            </button>
        </form>
        <p class="problem" role="alert">
            {problem}
        </p>
    }
}

fn draft_of(room: &str) -> String {
    format!("pulseboard.draft.{room}")
}
