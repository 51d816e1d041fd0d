//! Parts of the app whose code is fetched when it is needed: the pages, and the sheets above them.
//!
//! What every page has, the frame and the stream, and the board are the module everybody loads. The
//! other parts are modules of their own (`split`), so that nobody waits for what they do not look
//! at; that of the page which is opened first is fetched along with the first module. A development
//! build has one module for everything (`whole`): taking it apart costs more time than it saves
//! there.
//!
//! Fetching can fail: the server may be away, or have become one that has other modules. Whoever
//! asks for a part is told, and a page that is missing says so and comes by itself once the server
//! is back.

mod missing;
#[cfg(any(feature = "ssr", feature = "split"))]
mod split;
#[cfg(not(any(feature = "ssr", feature = "split")))]
mod whole;

use leptos::prelude::*;

#[cfg(any(feature = "ssr", feature = "split"))]
use split as side;
#[cfg(not(any(feature = "ssr", feature = "split")))]
use whole as side;

pub(crate) use side::fetch;

/// What builds a part, once its code is here.
pub(crate) type Build = fn() -> AnyView;

/// Something that is fetched when it is needed.
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

/// The code of a part cannot be had. The console says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a part of the page cannot be fetched")]
pub struct Unfetched;

impl Chunk {
    /// The name of the module it is in, as `split` has it, unless that is the first. They are few:
    /// what two of them share becomes a file of its own, so each further module up to doubles the
    /// number of files.
    fn module(self) -> Option<&'static str> {
        match self {
            Self::Board => None,
            Self::Chat | Self::Topic => Some("talk"),
            Self::Inspector => Some("inspector"),
            Self::Guide | Self::NotFound | Self::Palette | Self::Help => Some("extras"),
        }
    }

    /// Has the document that the server renders tell the browser to fetch this chunk along with it.
    pub(crate) fn fetch_with_document(self) {
        if let Some(module) = self.module() {
            leptos::prefetch_lazy_fn_on_server(module);
        }
    }

    /// The page whose chunk was fetched, or the page that says that its chunk is missing.
    pub(crate) fn show(self, built: Result<Build, Unfetched>) -> AnyView {
        match built {
            Ok(build) => build(),
            Err(Unfetched) => missing::missing(self),
        }
    }

    /// Fetches it for later. What cannot be had now is asked for again when it is shown, and told
    /// then.
    pub(crate) async fn prefetch(self) {
        let _ = fetch(self).await;
    }
}
