//! Chunks: parts of the app whose code the browser loads when it needs them, the pages and the sheets
//! above them.
//!
//! The first module has what every page needs (the frame and the stream) and the board. In a release
//! build the other chunks are modules of their own (`split_modules`), so that nobody waits for code
//! they do not use; the document makes the browser load the chunk of its page together with the first
//! module. A development build has one module (`single_module`), because splitting takes longer than
//! it saves there.
//!
//! Loading can fail: the server may be unreachable, or upgraded to a version with other modules. Then
//! the page says so (`unavailable`) and loads by itself once the server is back.

#[cfg_attr(any(feature = "ssr", feature = "split"), path = "split_modules.rs")]
#[cfg_attr(
    not(any(feature = "ssr", feature = "split")),
    path = "single_module.rs"
)]
mod imp;
mod unavailable;

use leptos::prelude::*;

pub(crate) use imp::fetch;

/// Builds the view of a chunk.
pub(crate) type Build = fn() -> AnyView;

/// A part of the app that is loaded when it is needed. Some are pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chunk {
    Board,
    Chat,
    Topic,
    Inspector,
    Guide,
    NotFound,
    Palette,
    Help,
}

/// A chunk could not be loaded. The browser's console says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a part of the page could not be loaded")]
pub struct Unfetched;

impl Chunk {
    /// The name of its module in `split_modules`; none for the first module. There are few modules,
    /// because code that two of them share becomes a file of its own: each further module can double
    /// the number of files.
    fn module(self) -> Option<&'static str> {
        match self {
            Self::Board => None,
            Self::Chat | Self::Topic => Some("talk"),
            Self::Inspector => Some("inspector"),
            Self::Guide | Self::NotFound | Self::Palette | Self::Help => Some("extras"),
        }
    }

    /// Makes the document that the server renders tell the browser to load this chunk together with
    /// it.
    pub(crate) fn fetch_with_document(self) {
        if let Some(module) = self.module() {
            leptos::prefetch_lazy_fn_on_server(module);
        }
    }

    /// The view of a chunk that was loaded, or the page that says that it could not be loaded.
    pub(crate) fn show(self, built: Result<Build, Unfetched>) -> AnyView {
        match built {
            Ok(build) => build(),
            Err(Unfetched) => unavailable::unavailable(self),
        }
    }

    /// Loads it for later. A failure is ignored here; showing the chunk tries again and reports it.
    pub(crate) async fn prefetch(self) {
        let _ = fetch(self).await;
    }
}
