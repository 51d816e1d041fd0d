//! Toasts: notifications that have just come, over a corner of the page. They take no focus, leave
//! by themselves, and stay while the pointer or the focus is on them; everything stays in the bell.
//! Also tells the desktop, where that was chosen.

use std::rc::Rc;

use leptos::prelude::*;
use leptos_router::{NavigateOptions, hooks::use_navigate};
use pulseboard_contract::EventId;

use super::{Ago, Icon, IconName, SeverityMark, event_key, keyed};
use crate::{
    format,
    live::use_live,
    notifications::{Notifications, Stack, Toast, href, is_for_bell, tell, use_notifications},
    platform::attention::{self, Desktop, Looking, Permission},
};
use leptos_event_source::Role;
use pulseboard_feed::{Feed, Notice};

/// The toasts of the page.
#[component]
pub fn Toasts() -> impl IntoView {
    let notices = use_notifications();
    follow(notices);
    let stack = notices.stack;
    // The newest is nearest to the corner.
    let toasts = move || stack.with(|stack| stack.toasts().to_vec());
    let more = Memo::new(move |_| stack.with(Stack::more));
    let said = Memo::new(move |_| stack.with(|stack| stack.said().to_owned()));
    let hold = move || stack.update(|stack| stack.hold(notices.now()));
    let let_go = move || stack.update(|stack| stack.let_go(notices.now()));
    let dismiss = move |key: &str| stack.update(|stack| stack.dismiss(key, notices.now()));
    view! {
        <p class="hidden" aria-live="polite" data-said="">
            {said}
        </p>
        <section
            class="toasts"
            aria-label="New notifications"
            on:mouseenter=move |_| hold()
            on:mouseleave=move |_| let_go()
            on:focusin=move |_| hold()
            on:focusout=move |_| let_go()
        >
            {move || {
                (more.get() > 0)
                    .then(|| {
                        view! {
                            <button
                                class="toast more"
                                on:click=move |_| {
                                    attention::open_bell();
                                    stack.update(Stack::clear);
                                }
                            >
                                {move || format::count(
                                    more.get(),
                                    "more notification",
                                    "more notifications",
                                )}
                            </button>
                        }
                            .into_any()
                    })
            }}
            {keyed(
                toasts,
                |toast| event_key(&toast.notice.event),
                move |Toast { notice, .. }| {
                    let key = StoredValue::new(event_key(&notice.event));
                    let dismiss = move || dismiss(&key.get_value());
                    view! {
                        <div class="toast" data-severity=notice.notification.severity.name()>
                            <p class="what">
                                <SeverityMark severity=notice.notification.severity />
                                <code>{notice.event.topic.to_string()}</code>
                                <Ago at=notice.event.time />
                            </p>
                            <a class="text" href=href(&notice) on:click=move |_| dismiss()>
                                {notice.notification.message.clone()}
                            </a>
                            <button
                                class="icon-button"
                                aria-label="Dismiss"
                                on:click=move |_| dismiss()
                            >
                                <Icon name=IconName::Close />
                            </button>
                        </div>
                    }
                        .into_any()
                },
            )}
        </section>
    }
}

/// Shows what comes, and tells the desktop.
fn follow(notices: Notifications) {
    let live = use_live();
    let newest = notices.newest();
    let navigate = use_navigate();
    let desktop = StoredValue::new_local(None::<(Rc<Desktop>, Looking)>);
    Effect::new(move |_| {
        let navigate = navigate.clone();
        let go = move |href: &str| navigate(href, NavigateOptions::default());
        desktop.set_value(Some((Rc::new(Desktop::new(go)), Looking::new())));
    });
    Effect::new(move |before: Option<(Option<EventId>, u64)>| {
        let now_newest = newest.get();
        let now = (now_newest, live.feed.with_untracked(Feed::noticed));
        let Some((before, noticed)) = before.filter(|before| before.0 != now_newest) else {
            return now;
        };
        let (mut fresh, unseen) = live.feed.with_untracked(|feed| {
            let fresh = feed
                .notices()
                .take_while(|notice| notice.event.event_id != before);
            let reached = fresh.clone().count() as u64;
            let fresh: Vec<Notice> = fresh
                .filter(|notice| is_for_bell(notice))
                .cloned()
                .collect();
            // More came at once than the page keeps.
            (fresh, (now.1 - noticed).saturating_sub(reached))
        });
        fresh.reverse();
        let from = notices
            .desktop
            .get_untracked()
            .filter(|_| notices.permission.get_untracked() == Permission::Granted);
        if attention::is_visible() {
            if !notices.is_open.get_untracked() {
                notices.stack.update(|stack| {
                    stack.miss(notices.now(), unseen);
                    stack.arrive(notices.now(), fresh);
                });
            }
        } else if let (Some(from), Some(Some(desktop))) = (
            from,
            desktop.try_with_value(|desktop| desktop.as_ref().map(|(desktop, _)| desktop.clone())),
        ) && live.stream.role.get_untracked() != Role::Follower
        {
            leptos::task::spawn_local(async move { tell(&desktop, fresh, from).await });
        }
        now
    });
    let clock = crate::clock::use_clock();
    Effect::new(move |_| {
        let now = clock.now().millis();
        if notices.stack.with_untracked(|stack| stack.is_due(now)) {
            notices.stack.update(|stack| stack.pass(now));
        }
    });
}
