//! Pages as modules of their own. The server renders them like any other and tells the browser which module to fetch.

// The macro hands on what a page has no use for.
#![allow(clippy::used_underscore_binding)]

use leptos::prelude::*;
use leptos_router::{ChooseView, Lazy, LazyRoute, lazy_route};

use crate::pages::{ChatPage, Guide, Inspector, TopicPage};

struct ChatRoute;
struct TopicRoute;
struct InspectorRoute;
struct GuideRoute;

#[lazy_route]
impl LazyRoute for ChatRoute {
    fn data() -> Self {
        Self
    }

    fn view(_page: Self) -> AnyView {
        view! { <ChatPage/> }.into_any()
    }
}

#[lazy_route]
impl LazyRoute for TopicRoute {
    fn data() -> Self {
        Self
    }

    fn view(_page: Self) -> AnyView {
        view! { <TopicPage/> }.into_any()
    }
}

#[lazy_route]
impl LazyRoute for InspectorRoute {
    fn data() -> Self {
        Self
    }

    fn view(_page: Self) -> AnyView {
        view! { <Inspector/> }.into_any()
    }
}

#[lazy_route]
impl LazyRoute for GuideRoute {
    fn data() -> Self {
        Self
    }

    fn view(_page: Self) -> AnyView {
        view! { <Guide/> }.into_any()
    }
}

/// Fetches the module of the page at this path.
pub(crate) async fn fetch(path: &str) {
    match path.split('/').nth(1) {
        Some("chat") => ChatRoute::preload().await,
        Some("topics") => TopicRoute::preload().await,
        Some("inspector") => InspectorRoute::preload().await,
        Some("guide") => GuideRoute::preload().await,
        Some(_) | None => {}
    }
}

pub(crate) fn chat() -> impl ChooseView {
    Lazy::<ChatRoute>::new()
}

pub(crate) fn topic() -> impl ChooseView {
    Lazy::<TopicRoute>::new()
}

pub(crate) fn inspector() -> impl ChooseView {
    Lazy::<InspectorRoute>::new()
}

pub(crate) fn guide() -> impl ChooseView {
    Lazy::<GuideRoute>::new()
}
