//! The parts pages are made of.

mod badge;
mod bell;
mod compose;
mod frame;
mod icon;
mod json;
mod spark;
mod theme_switch;
mod time;

pub use badge::Badge;
pub use bell::Bell;
pub use compose::Compose;
pub use frame::Frame;
pub use icon::{Icon, IconName, SeverityMark};
pub use json::JsonText;
pub use spark::Spark;
pub use theme_switch::ThemeSwitch;
pub use time::{Ago, TimeOfDay};
