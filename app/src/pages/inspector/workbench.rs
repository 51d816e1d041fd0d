//! What the parts of the inspector share: the list, the side panel and the draft of the publish form.

use leptos::prelude::*;
use pulseboard_contract::Timestamp;

use super::{
    list::List,
    publish::{self, Draft},
};
use crate::platform::focus::focus_soon;

/// The panel beside the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Panel {
    Event,
    Connection,
    Publish,
}

/// Handles by which one part of the page acts on another.
#[derive(Clone, Copy)]
pub(super) struct Workbench {
    pub(super) list: List,
    pub(super) panel: RwSignal<Panel>,
    pub(super) draft: RwSignal<Draft>,
    /// Adds a part to the filter.
    pub(super) add_to_filter: Callback<String>,
    /// Shows the stored events around a time.
    pub(super) show_surrounding: Callback<Timestamp>,
}

impl Workbench {
    /// Closes the event and returns to the list.
    pub(super) fn close_event(self) {
        self.list.is_open.set(false);
        if let Some(list) = self.list.element.get_untracked() {
            let _ = list.focus();
        }
    }

    /// Opens the publish form.
    pub(super) fn show_publish(self) {
        self.list.is_open.set(false);
        self.panel.set(Panel::Publish);
        // On a small screen the form is below the list: the focus scrolls it into view.
        focus_soon(publish::PAYLOAD_ID.to_owned());
    }
}
