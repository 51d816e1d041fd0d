//! The endpoints, one file each. [`crate::router`] has their paths.

pub(crate) mod api;
pub(crate) mod assets;
pub(crate) mod chat;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod history;
pub(crate) mod pages;
pub(crate) mod publish;
pub(crate) mod series;
pub(crate) mod topics;
