//! Pages as parts of the one module.

use leptos_router::ChooseView;

use crate::pages::{ChatPage, Guide, Inspector, TopicPage};

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
