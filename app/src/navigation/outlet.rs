//! The place where the page stands.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use leptos::prelude::*;

use super::{Address, paths::chunk_at, use_navigation};
use crate::chunks::{self, Build, Chunk, Unfetched};

/// The page that is open.
#[derive(Clone)]
pub(super) struct Open {
    /// The chunk of the page. It stays open while the address leads to the same chunk.
    pub chunk: Chunk,
    /// The address, as long as the page is open.
    pub address: ArcRwSignal<Address>,
    built: Result<Build, Unfetched>,
}

impl Open {
    /// A page whose chunk was fetched, or could not be.
    pub(super) fn new(chunk: Chunk, built: Result<Build, Unfetched>, address: Address) -> Self {
        Self {
            chunk,
            address: ArcRwSignal::new(address),
            built,
        }
    }

    /// The page that the document was loaded with. The server has every chunk, and the browser
    /// fetches this one before it hydrates the page.
    pub(super) fn first(address: Address) -> Self {
        let chunk = chunk_at(&address.path);
        let built = ready(chunks::fetch(chunk)).unwrap_or(Err(Unfetched));
        Self::new(chunk, built, address)
    }
}

/// The output of a future that need not wait.
fn ready<T>(future: impl Future<Output = T>) -> Option<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// The page. Another one disposes everything that the page before it owns, and is built then.
#[component]
pub(crate) fn Outlet() -> impl IntoView {
    let open = use_navigation().open;
    open.with_untracked(|open| open.chunk.fetch_with_document());
    move || {
        let open = open.get();
        provide_context(open.address);
        open.chunk.show(open.built)
    }
}
