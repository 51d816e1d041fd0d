//! The server renders the theme of the reader's cookie; it does not know their system's.

use crate::context::Theme;

/// Shows the page in a theme.
pub fn set_theme(_theme: Theme) {}

/// The theme of the reader's system.
pub fn system_theme() -> Theme {
    Theme::Light
}
