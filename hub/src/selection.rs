//! The selection of a stream: everything that decides its bytes, apart from where it starts.

use std::sync::Arc;

use pulseboard_contract::Framing;

use crate::filter::Filter;

/// Streams with equal selections carry the same bytes and share them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Selection {
    pub(crate) filter: Arc<Filter>,
    pub(crate) framing: Framing,
    pub(crate) conflate: bool,
}
