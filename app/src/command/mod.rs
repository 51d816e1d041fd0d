//! Commands: actions of the page that a key, the palette or the help sheet runs.
//!
//! The code that can run an [`Action`] offers it, and the action is there until its owner is cleaned
//! up: the actions of a page go with the page. The palette and the help sheet are chunks. Their code
//! is loaded once the page has been live for a moment, or when they are opened.

pub mod help;
pub mod keys;
pub mod palette;
pub mod score;
mod sheets;

use leptos::prelude::*;
use std::{cell::RefCell, time::Duration};

use crate::platform::{
    keyboard::{KeyListener, KeyPress},
    storage,
};
use keys::{Outcome, Sequence};
pub use sheets::Sheets;

/// The group of the actions that go to a page.
pub const PAGES: &str = "Pages";
/// The storage key of the choice to turn shortcuts off.
const SHORTCUTS: &str = "shortcuts";
/// How long a confirmation stays.
const CONFIRMATION_MILLIS: u64 = 4_000;

/// Something the page can do.
#[derive(Clone)]
pub struct Action {
    /// Its group. The help sheet has a list for each group.
    pub group: &'static str,
    /// Its name.
    pub label: &'static str,
    /// Its shortcut: keys with spaces between them, such as `g b`; empty for none.
    pub keys: &'static str,
    /// Runs it.
    pub run: Callback<()>,
}

/// A dialog above the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    /// Finds pages, topics, rooms and actions.
    Palette,
    /// Lists the shortcuts.
    Help,
}

/// The actions on offer, and the open sheet; in the context.
#[derive(Clone, Copy)]
pub struct Commands {
    actions: RwSignal<Vec<(u64, Action)>>,
    next: StoredValue<u64>,
    /// The sheet that is open.
    pub sheet: RwSignal<Option<Sheet>>,
    /// Whether single keys are shortcuts. People who dictate, or press keys by accident, turn them off.
    pub has_shortcuts: RwSignal<bool>,
    /// The confirmation of the last action.
    pub confirmation: RwSignal<String>,
}

impl Commands {
    /// Puts them into the context and listens to the keyboard.
    pub fn provide() -> Self {
        let commands = Self {
            actions: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
            sheet: RwSignal::new(None),
            has_shortcuts: RwSignal::new(true),
            confirmation: RwSignal::new(String::new()),
        };
        let listener = StoredValue::new_local(None);
        Effect::new(move |_| {
            commands
                .has_shortcuts
                .set(storage::get(SHORTCUTS).as_deref() != Some("off"));
            let sequence = RefCell::new(Sequence::default());
            listener.set_value(Some(KeyListener::new(move |press| {
                commands.press(&press, &mut sequence.borrow_mut())
            })));
        });
        provide_context(commands);
        commands
    }

    /// Offers an action until the current owner is cleaned up.
    pub fn offer(self, action: Action) {
        let number = self.next.get_value();
        self.next.set_value(number + 1);
        self.actions
            .update(|actions| actions.push((number, action)));
        on_cleanup(move || {
            self.actions
                .try_update(|actions| actions.retain(|(other, _)| *other != number));
        });
    }

    /// The actions on offer.
    pub fn actions(self) -> Vec<Action> {
        self.actions
            .with_untracked(|actions| actions.iter().map(|(_, action)| action.clone()).collect())
    }

    /// Closes this sheet. The `close` event of a dialog comes late, when another sheet may be open
    /// already; that one stays.
    pub fn close(self, sheet: Sheet) {
        if self.sheet.get_untracked() == Some(sheet) {
            self.sheet.set(None);
        }
    }

    /// Turns the shortcuts on or off, also for the next visit.
    pub fn set_shortcuts(self, on: bool) {
        self.has_shortcuts.set(on);
        storage::set(SHORTCUTS, if on { "on" } else { "off" });
    }

    /// Confirms an action, on the page and to screen readers.
    pub fn confirm(self, text: &str) {
        let text = text.to_owned();
        self.confirmation.set(text.clone());
        set_timeout(
            move || {
                // A later confirmation stays for its own time.
                self.confirmation.try_update(|confirmation| {
                    if *confirmation == text {
                        confirmation.clear();
                    }
                });
            },
            Duration::from_millis(CONFIRMATION_MILLIS),
        );
    }

    /// Handles a key, and returns whether it was a shortcut or part of one.
    fn press(self, press: &KeyPress, sequence: &mut Sequence) -> bool {
        if press.is_palette() {
            self.sheet.update(|sheet| {
                *sheet = (*sheet != Some(Sheet::Palette)).then_some(Sheet::Palette);
            });
            return true;
        }
        if press.is_elsewhere || press.has_modifier || !self.has_shortcuts.get_untracked() {
            sequence.forget();
            return false;
        }
        let actions = self.actions();
        let known: Vec<_> = actions.iter().map(|action| action.keys).collect();
        match sequence.press(&press.key, press.at, &known) {
            Outcome::Run(index) => {
                if let Some(action) = actions.get(index) {
                    action.run.run(());
                }
                true
            }
            Outcome::Wait => true,
            Outcome::Nothing => false,
        }
    }
}

/// The page's commands.
pub fn use_commands() -> Commands {
    expect_context()
}
