//! The arrangement of this browser: kept in its storage, and as far as it is short in a cookie, so
//! that the server sends the board as it was left and nothing jumps.

use leptos::{ev, prelude::*};

use super::layout::Layout;
use crate::platform;

/// The arrangement as text; in the context.
#[derive(Clone, Copy)]
struct Kept(RwSignal<Option<String>>);

/// Puts what the cookie said into the context. It belongs to the app: who comes back to the board
/// finds it as it is now.
pub(crate) fn provide(told: Option<String>) {
    provide_context(Kept(RwSignal::new(told)));
}

/// The arrangement that the page begins with.
pub(super) fn kept() -> Option<Layout> {
    use_context::<Kept>()?
        .0
        .with_untracked(|text| Layout::parse(text.as_deref()?))
}

/// Reads the arrangement once the page is hydrated, and writes it whenever it changes. One that
/// came by a link is shown in its place and not written.
pub(super) fn keep_in_browser(
    layout: RwSignal<Layout>,
    is_shared: RwSignal<bool>,
    linked: impl Fn() -> Option<Layout> + Send + Sync + 'static,
) {
    let is_read = StoredValue::new(false);
    Effect::new(move |_| {
        let linked = linked();
        is_shared.set(linked.is_some());
        // The storage has what is too long for a cookie.
        let own = || platform::board::stored().as_deref().and_then(Layout::parse);
        let now = linked.or_else(own).or_else(kept).unwrap_or_default();
        if layout.with_untracked(|layout| *layout != now) {
            layout.set(now);
        }
        is_read.set_value(true);
    });
    Effect::new(move |_| {
        let text = layout.with(Layout::to_text);
        if is_read.get_value() && !is_shared.get_untracked() {
            write(&text);
        }
    });
}

/// Takes over what another window of the browser arranges, unless what is shown came by a link.
pub(super) fn follow_other_windows(layout: RwSignal<Layout>, is_shared: RwSignal<bool>) {
    let Some(Kept(kept)) = use_context() else {
        return;
    };
    Effect::new(move |_| {
        let listener = window_event_listener(ev::storage, move |event| {
            let Some(text) = platform::board::stored_by(&event) else {
                return;
            };
            let Some(other) = Layout::parse(&text) else {
                return;
            };
            kept.set(Some(text));
            if !is_shared.get_untracked() {
                layout.set(other);
            }
        });
        on_cleanup(move || listener.remove());
    });
}

/// Keeps an arrangement.
pub(super) fn write(text: &str) {
    let Some(Kept(kept)) = use_context() else {
        return;
    };
    if kept.with_untracked(|kept| kept.as_deref() != Some(text)) {
        platform::board::store(text);
        kept.set(Some(text.to_owned()));
    }
}
