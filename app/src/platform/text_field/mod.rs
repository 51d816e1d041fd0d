//! Text fields: their height, their form, and the keyboards that type into them.

#[cfg_attr(feature = "hydrate", path = "browser.rs")]
#[cfg_attr(not(feature = "hydrate"), path = "server.rs")]
mod imp;

pub use imp::{OnScreenKeyboard, fit_height, has_touch_keyboard, is_composing, submit_form};
