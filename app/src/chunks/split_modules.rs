//! Chunks in modules of their own.

// Only loading can fail, but the macro wants the function itself to return the result.
#![allow(clippy::unnecessary_wraps)]

use leptos::{
    prelude::*,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{Build, Chunk, Unfetched};
use crate::{
    command::{help::Help, palette::Palette},
    pages::{Board, ChatPage, Guide, Inspector, NotFound, TopicPage},
};

impl From<SplitLoaderError> for Unfetched {
    fn from(_why_is_in_the_console: SplitLoaderError) -> Self {
        Self
    }
}

/// Loads a chunk and returns the function that builds it.
///
/// # Errors
///
/// When the module could not be loaded.
pub(crate) async fn fetch(chunk: Chunk) -> Result<Build, Unfetched> {
    match chunk {
        // In the first module: other pages use most of its code, and a module of its own would be a
        // tenth larger.
        Chunk::Board => Ok(|| view! { <Board /> }.into_any()),
        Chunk::Chat => chat().await,
        Chunk::Topic => topic().await,
        Chunk::Inspector => inspector().await,
        Chunk::Guide => guide().await,
        Chunk::NotFound => not_found().await,
        Chunk::Palette => palette().await,
        Chunk::Help => help().await,
    }
}

#[wasm_split(talk, wasm_split_path = leptos::wasm_split, fallible)]
fn chat() -> Result<Build, Unfetched> {
    Ok(|| view! { <ChatPage /> }.into_any())
}

#[wasm_split(talk, wasm_split_path = leptos::wasm_split, fallible)]
fn topic() -> Result<Build, Unfetched> {
    Ok(|| view! { <TopicPage /> }.into_any())
}

#[wasm_split(inspector, wasm_split_path = leptos::wasm_split, fallible)]
fn inspector() -> Result<Build, Unfetched> {
    Ok(|| view! { <Inspector /> }.into_any())
}

#[wasm_split(extras, wasm_split_path = leptos::wasm_split, fallible)]
fn guide() -> Result<Build, Unfetched> {
    Ok(|| view! { <Guide /> }.into_any())
}

#[wasm_split(extras, wasm_split_path = leptos::wasm_split, fallible)]
fn not_found() -> Result<Build, Unfetched> {
    Ok(|| view! { <NotFound /> }.into_any())
}

#[wasm_split(extras, wasm_split_path = leptos::wasm_split, fallible)]
fn palette() -> Result<Build, Unfetched> {
    Ok(|| view! { <Palette /> }.into_any())
}

#[wasm_split(extras, wasm_split_path = leptos::wasm_split, fallible)]
fn help() -> Result<Build, Unfetched> {
    Ok(|| view! { <Help /> }.into_any())
}
