//! The pages.

pub(crate) mod board;
pub(crate) mod chat;
mod guide;
mod inspector;
mod not_found;
mod topic;

pub use board::Board;
pub use chat::ChatPage;
pub use guide::Guide;
pub use inspector::Inspector;
pub use not_found::NotFound;
pub use topic::TopicPage;
