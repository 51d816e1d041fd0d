//! The browser's clocks and its time zone.

#[cfg_attr(feature = "hydrate", path = "browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod imp;

pub use imp::{SecondTimer, epoch_millis, local_offset_minutes, page_clock};
