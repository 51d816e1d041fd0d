//! Sources: tasks of the server that publish events.

pub(crate) mod host;
