//! How the code of a page gets to the browser.
//!
//! The board is part of the module everybody loads. The other pages are modules of their own, fetched when one of them is
//! first opened (`split`), so that nobody waits for what they do not look at. A development build has one module for
//! everything (`whole`): taking it apart costs more time than it saves there.

#[cfg(any(feature = "ssr", feature = "split"))]
mod split;
#[cfg(not(any(feature = "ssr", feature = "split")))]
mod whole;

#[cfg(any(feature = "ssr", feature = "split"))]
pub(crate) use split::{chat, fetch, guide, inspector, topic};
#[cfg(not(any(feature = "ssr", feature = "split")))]
pub(crate) use whole::{chat, fetch, guide, inspector, topic};
