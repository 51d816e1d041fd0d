//! How the reader's language writes numbers and times.

#[cfg_attr(feature = "hydrate", path = "browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod imp;

pub use imp::{ExactTimes, day_text, learn, time_text, with_number_style};
