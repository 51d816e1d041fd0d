//! The connection badge: the status of the stream in words, shape and colour, and the buttons that
//! pause and close it.

use leptos::prelude::*;

use super::{Icon, IconName};
use crate::{
    clock::{Clock, use_clock},
    format,
    live::{Live, use_live},
    platform::clock::page_clock,
};
use leptos_event_source::{Role, Status};
use pulseboard_feed::Feed;

/// The badge on every page. Without JavaScript it says that nothing is live.
#[component]
pub fn Badge() -> impl IntoView {
    let live = use_live();
    let clock = use_clock();
    let status = live.stream.status;
    let role = live.stream.role;
    let watching = Memo::new(move |_| live.feed.with(Feed::watching));
    let received = Memo::new(move |_| live.feed.with(Feed::received));
    let position = Memo::new(move |_| live.feed.with(|feed| feed.position().to_string()));
    let label = Memo::new(move |_| label(status.get(), clock));
    let watching_text = move || match (status.get(), watching.get()) {
        (Status::Open, Some(count)) if count > 0 => format!("{count} watching"),
        _ => String::new(),
    };
    view! {
        <details class="badge-menu needs-script" name="menu">
            <summary
                class="badge"
                data-state=move || state(status.get())
                data-role=move || role_name(role.get())
            >
                <span class="dot"></span>
                <span class="word">{label}</span>
                <small>{move || watching_text()}</small>
            </summary>
            <div class="popover">
                // Not announced: `Announcements` in the frame announces changes of the status.
                <p>{move || explanation(status.get(), role.get())}</p>
                <dl class="facts">
                    <dt>"Received"</dt>
                    <dd>{move || format::count(received.get(), "event", "events")}</dd>
                    <dt>"Position"</dt>
                    <dd>
                        <code>{position}</code>
                    </dd>
                </dl>
                <p class="actions">
                    {move || buttons(live, matches!(status.get(), Status::Paused | Status::Closed))}
                </p>
            </div>
        </details>
        <p class="badge without-script">"Not live: live updates need JavaScript"</p>
    }
}

/// The status in a word or two.
fn label(status: Status, clock: Clock) -> String {
    match status {
        Status::Connecting => "Connecting".to_owned(),
        Status::Open => "Live".to_owned(),
        Status::Reconnecting { at: Some(at), .. } => {
            // The clock counts the seconds down.
            clock.now();
            let seconds = (at - page_clock()) / 1_000.0;
            format!("Reconnecting in {:.0} s", seconds.ceil().max(0.0))
        }
        Status::Reconnecting { at: None, .. } => "Reconnecting".to_owned(),
        Status::Offline => "Offline".to_owned(),
        Status::Paused => "Paused".to_owned(),
        Status::Closed => "Closed".to_owned(),
    }
}

/// The status in a sentence or two.
fn explanation(status: Status, role: Role) -> String {
    match (status, role) {
        (Status::Connecting, _) => "Connecting to the server.".to_owned(),
        (Status::Open, Role::Alone) => "Events arrive as they happen.".to_owned(),
        (Status::Open, Role::Leader { followers }) => {
            let others = format::count(followers as u64, "other tab", "other tabs");
            format!("Events arrive as they happen. This tab shares its connection with {others}.")
        }
        (Status::Open, Role::Follower) => {
            "Events arrive as they happen, over the connection of another tab.".to_owned()
        }
        (Status::Reconnecting { .. }, _) => {
            "Connection lost. It resumes after the last event, so you miss nothing.".to_owned()
        }
        (Status::Offline, _) => {
            "No network. The stream resumes when the network is back.".to_owned()
        }
        (Status::Paused, _) => "Paused in this tab. Resume loads what you missed.".to_owned(),
        (Status::Closed, _) => "Closed in this tab. Resume loads what you missed.".to_owned(),
    }
}

/// The value of `data-state`.
fn state(status: Status) -> &'static str {
    match status {
        Status::Connecting => "connecting",
        Status::Open => "open",
        Status::Reconnecting { .. } => "reconnecting",
        Status::Offline => "offline",
        Status::Paused => "paused",
        Status::Closed => "closed",
    }
}

/// The value of `data-role`.
fn role_name(role: Role) -> &'static str {
    match role {
        Role::Alone => "alone",
        Role::Leader { .. } => "leader",
        Role::Follower => "follower",
    }
}

/// The buttons that pause and close the stream, or the one that resumes it.
fn buttons(live: Live, is_stopped: bool) -> AnyView {
    if is_stopped {
        view! {
            <button class="button go" on:click=move |_| live.stream.open.run(())>
                <Icon name=IconName::Play />
                "Resume"
            </button>
        }
        .into_any()
    } else {
        view! {
            <button class="button" on:click=move |_| live.stream.pause.run(())>
                <Icon name=IconName::Pause />
                "Pause"
            </button>
            <button class="button" on:click=move |_| live.stream.close.run(())>
                <Icon name=IconName::Close />
                "Close"
            </button>
        }
        .into_any()
    }
}
