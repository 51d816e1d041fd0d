//! Pages as parts of the one module.

use leptos_router::ChooseView;

use crate::pages::{ChatPage, Guide, Inspector, TopicPage};

/// Everything is here already.
#[allow(clippy::unused_async)] // The other side awaits.
pub(crate) async fn fetch(_path: &str) {}

pub(crate) fn chat() -> impl ChooseView {
    ChatPage
}

pub(crate) fn topic() -> impl ChooseView {
    TopicPage
}

pub(crate) fn inspector() -> impl ChooseView {
    Inspector
}

pub(crate) fn guide() -> impl ChooseView {
    Guide
}
