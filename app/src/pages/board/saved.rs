//! The board's layout as this browser saves it: in its storage, and where it is short in a cookie as
//! well, so that the server renders the board in its final layout and nothing jumps.

use leptos::prelude::*;

use super::layout::Layout;
use crate::platform::{
    cookies::set_cookie,
    storage::{self, StorageWatch},
};

/// The storage key of the layout.
const KEY: &str = "pulseboard.board";
/// A longer layout is not put into the cookie. Browsers limit a cookie to 4,096 bytes, and encoding
/// may turn one byte into three.
const COOKIE_BYTES: usize = 1_200;

/// The saved layout as text; in the context.
#[derive(Clone, Copy)]
struct SavedLayout(RwSignal<Option<String>>);

/// Puts the layout of the cookie into the context. It belongs to the app and not to the page, so the
/// board has its latest layout when the reader comes back to it.
pub(crate) fn provide(cookie: Option<String>) {
    provide_context(SavedLayout(RwSignal::new(cookie)));
}

/// The layout to start with.
pub(super) fn saved() -> Option<Layout> {
    use_context::<SavedLayout>()?
        .0
        .with_untracked(|text| Layout::parse(text.as_deref()?))
}

/// Reads the layout once the page is hydrated, and saves it whenever it changes. A layout from a
/// link is shown instead and not saved.
pub(super) fn sync(
    layout: RwSignal<Layout>,
    is_shared: RwSignal<bool>,
    linked: impl Fn() -> Option<Layout> + Send + Sync + 'static,
) {
    let is_read = StoredValue::new(false);
    Effect::new(move |_| {
        let linked = linked();
        is_shared.set(linked.is_some());
        // The storage also has layouts that are too long for the cookie.
        let own = || storage::get(KEY).as_deref().and_then(Layout::parse);
        let now = linked.or_else(own).or_else(saved).unwrap_or_default();
        if layout.with_untracked(|layout| *layout != now) {
            layout.set(now);
        }
        is_read.set_value(true);
    });
    Effect::new(move |_| {
        let text = layout.with(Layout::to_text);
        if is_read.get_value() && !is_shared.get_untracked() {
            save(&text);
        }
    });
}

/// Takes over the layout that another tab saves, unless a layout from a link is shown.
pub(super) fn follow_other_tabs(layout: RwSignal<Layout>, is_shared: RwSignal<bool>) {
    let Some(SavedLayout(saved)) = use_context() else {
        return;
    };
    let watch = StoredValue::new_local(None);
    Effect::new(move |_| {
        watch.set_value(Some(StorageWatch::new(KEY, move |_, text| {
            let Some(text) = text else { return };
            let Some(other) = Layout::parse(text) else {
                return;
            };
            saved.set(Some(text.to_owned()));
            if !is_shared.get_untracked() {
                layout.set(other);
            }
        })));
    });
}

/// Saves a layout.
pub(super) fn save(text: &str) {
    let Some(SavedLayout(saved)) = use_context() else {
        return;
    };
    if saved.with_untracked(|saved| saved.as_deref() != Some(text)) {
        let is_short = text.len() <= COOKIE_BYTES;
        set_cookie("board", if is_short { text } else { "" });
        storage::set(KEY, text);
        saved.set(Some(text.to_owned()));
    }
}
