//! Chunks in a single module: nothing is loaded later.

use leptos::prelude::*;

use super::{Build, Chunk, Unfetched};
use crate::{
    command::{help::Help, palette::Palette},
    pages::{Board, ChatPage, Guide, Inspector, NotFound, TopicPage},
};

/// The function that builds a chunk. It is always there.
#[allow(clippy::unused_async, clippy::unnecessary_wraps)] // The other build awaits and can fail.
pub(crate) async fn fetch(chunk: Chunk) -> Result<Build, Unfetched> {
    Ok(match chunk {
        Chunk::Board => || view! { <Board /> }.into_any(),
        Chunk::Chat => || view! { <ChatPage /> }.into_any(),
        Chunk::Topic => || view! { <TopicPage /> }.into_any(),
        Chunk::Inspector => || view! { <Inspector /> }.into_any(),
        Chunk::Guide => || view! { <Guide /> }.into_any(),
        Chunk::NotFound => || view! { <NotFound /> }.into_any(),
        Chunk::Palette => || view! { <Palette /> }.into_any(),
        Chunk::Help => || view! { <Help /> }.into_any(),
    })
}
