//! Parts of the one module.

use leptos::prelude::*;

use super::{Build, Part, Unfetched};
use crate::{
    command::{help::Help, palette::Palette},
    pages::{Board, ChatPage, Guide, Inspector, NotFound, TopicPage},
};

/// What builds the part; it is here already.
#[allow(clippy::unused_async, clippy::unnecessary_wraps)] // The other side awaits, and may fail.
pub(crate) async fn fetch(part: Part) -> Result<Build, Unfetched> {
    Ok(match part {
        Part::Board => || view! { <Board /> }.into_any(),
        Part::Chat => || view! { <ChatPage /> }.into_any(),
        Part::Topic => || view! { <TopicPage /> }.into_any(),
        Part::Inspector => || view! { <Inspector /> }.into_any(),
        Part::Guide => || view! { <Guide /> }.into_any(),
        Part::NotFound => || view! { <NotFound /> }.into_any(),
        Part::Palette => || view! { <Palette /> }.into_any(),
        Part::Help => || view! { <Help /> }.into_any(),
    })
}
