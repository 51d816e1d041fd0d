//! Components that several pages share, and the frame around all of them.

mod badge;
mod bell;
mod compose;
mod copy;
mod desktop_choice;
mod field_chart;
mod frame;
mod hint;
mod icon;
mod json;
mod keyed;
mod message;
mod notices;
mod origin;
pub mod plot;
mod spark;
mod theme_switch;
mod time;
mod toasts;

pub use badge::Badge;
pub use bell::Bell;
pub use compose::Compose;
pub use copy::Copy;
pub use field_chart::{Chart, FieldChart};
pub use frame::Frame;
pub use hint::Hint;
pub use icon::{Icon, IconName, SeverityMark};
pub use json::{JsonTree, SelectedValue, indented, member_path, raw};
pub use keyed::{event_key, keyed};
pub use message::{
    Avatar, ChatMessage, MessageRow, Messages, UnsentMessages, message_row, message_rows,
};
pub use notices::Notices;
pub use origin::use_origin;
pub use theme_switch::ThemeSwitch;
pub use time::{Ago, TimeOfDay};
pub use toasts::Toasts;
