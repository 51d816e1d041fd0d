//! The notification bell: the list of notifications, the number of unread ones, and the switch for
//! desktop notifications.

use leptos::{html, prelude::*};

use super::{
    Ago, Icon, IconName, SeverityMark, desktop_choice::DesktopChoice, event_key, keyed, use_origin,
};
use crate::{
    command::{Action, use_commands},
    notifications::{Notifications, ToastStack, href, use_notifications},
    platform::desktop::permission,
};
use pulseboard_feed::Notice;

/// The most notifications in the list.
const SHOWN: usize = 20;
/// The largest count of unread notifications. The page keeps no more of them.
const COUNTED: usize = 99;

/// The bell on every page. Opening it shows the unread notifications; closing it marks them read.
#[component]
pub fn Bell() -> impl IntoView {
    let notifications = use_notifications();
    let (unread, newest) = (notifications.unread, notifications.newest());
    let details = NodeRef::<html::Details>::new();
    let toggled = move || {
        let is_open = details
            .get_untracked()
            .is_some_and(|details| details.open());
        if is_open {
            notifications.permission.set(permission());
            notifications.toasts.update(ToastStack::clear);
        } else if notifications.is_open.get_untracked() {
            notifications.mark_all_read();
        }
        notifications.is_open.set(is_open);
    };
    let label = move || match unread.get() {
        0 => "Notifications".to_owned(),
        count => format!("Notifications, {} unread", counted(count)),
    };
    let list = move || {
        newest.get();
        notifications.list(SHOWN)
    };
    offer_mark_read(notifications);
    view! {
        <details class="bell" name="menu" node_ref=details on:toggle=move |_| toggled()>
            <summary class="icon-button" aria-label=move || label()>
                <Icon name=IconName::Bell />
                {move || {
                    (unread.get() > 0)
                        .then(|| view! { <b>{move || counted(unread.get())}</b> }.into_any())
                }}
            </summary>
            <div class="popover">
                <div class="heading">
                    <h2>"Notifications"</h2>
                    {move || {
                        (unread.get() > 0)
                            .then(|| {
                                view! {
                                    <button
                                        class="button"
                                        on:click=move |_| notifications.mark_all_read()
                                    >
                                        <Icon name=IconName::Check />
                                        "Mark all read"
                                    </button>
                                }
                                    .into_any()
                            })
                    }}
                </div>
                <ul class="rows">
                    {keyed(
                        list,
                        |notice| event_key(&notice.event),
                        move |notice| row(notifications, notice),
                    )}
                </ul>
                {move || newest.get().is_none().then(|| view! { <Empty /> }.into_any())}
                <DesktopChoice />
            </div>
        </details>
    }
}

/// A notification in the list.
fn row(notifications: Notifications, notice: Notice) -> AnyView {
    let severity = notice.notification.severity;
    let (topic, at) = (notice.event.topic.to_string(), notice.event.time);
    let (message, href) = (notice.notification.message.clone(), href(&notice));
    let is_unread = Memo::new(move |_| notifications.is_unread(&notice));
    view! {
        <li class:unread=is_unread>
            <p class="what">
                <SeverityMark severity=severity />
                <code>{topic}</code>
                {move || {
                    is_unread
                        .get()
                        .then(|| view! { <span class="new-mark">"new"</span> }.into_any())
                }}
                <Ago at=at />
            </p>
            <a class="text" href=href>
                {message}
            </a>
        </li>
    }
    .into_any()
}

/// The text of an empty list.
#[component]
fn Empty() -> impl IntoView {
    let origin = use_origin();
    let example = move || {
        let origin = origin.get();
        format!(
            "curl -H 'ce-type: notification' \\\n  --json '{{\"type\":\"warning\",\"message\":\"disk 90% full\"}}' \\\n  {origin}/topics/backup"
        )
    };
    view! {
        <div class="nothing">
            <p class="quiet">"No notifications yet. Publish one:"</p>
            <pre tabindex="0">{example}</pre>
        </div>
    }
}

/// Offers the action that marks all notifications read.
fn offer_mark_read(notifications: Notifications) {
    let commands = use_commands();
    let mark = move || {
        let unread = notifications.unread.get_untracked();
        notifications.mark_all_read();
        commands.confirm(if unread > 0 {
            "Notifications marked read"
        } else {
            "No unread notifications"
        });
    };
    commands.offer(Action {
        group: "This page",
        label: "Mark notifications read",
        keys: "",
        run: mark.into(),
    });
}

fn counted(unread: usize) -> String {
    if unread > COUNTED {
        format!("{COUNTED}+")
    } else {
        unread.to_string()
    }
}
