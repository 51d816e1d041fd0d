//! What publishes by itself.

pub(crate) mod host;
