//! What a reader can tell the page to do, by whichever way suits them: a key, the palette, or a
//! look at the help sheet.
//!
//! An [`Action`] is offered once, by whoever can do it, and is there for as long as they are: a
//! page's actions go with the page. The palette and the help sheet are parts: their code is fetched
//! once the page is live, or when they are asked for.

pub mod help;
pub mod keys;
pub mod palette;
pub mod score;

use leptos::{prelude::*, task::spawn_local};
use std::{cell::RefCell, time::Duration};

use crate::{
    chunks::{self, Build, Chunk},
    live::use_live,
    platform::{
        keyboard::{KeyListener, KeyPress},
        storage,
    },
};
use keys::{Outcome, Sequence};
use leptos_event_source::Status;

/// The group of the actions that go to a page.
pub const PAGES: &str = "Pages";
/// Where the choice to do without shortcuts is kept.
const SHORTCUTS: &str = "shortcuts";
/// How long after the page is live there is time for what may be wanted next.
const CALM_MILLIS: u64 = 2_000;
/// How long a word about what was done stays.
const SAID_MILLIS: u64 = 4_000;

/// Something that can be done.
#[derive(Clone)]
pub struct Action {
    /// What it is about; the help sheet has a list for each.
    pub group: &'static str,
    /// What it does.
    pub label: &'static str,
    /// Its shortcut, as keys with spaces between them, such as `g b`; empty where there is none.
    pub keys: &'static str,
    /// Does it.
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

impl Sheet {
    fn part(self) -> Chunk {
        match self {
            Self::Palette => Chunk::Palette,
            Self::Help => Chunk::Help,
        }
    }
}

/// All that can be done, and which sheet is open; in the context.
#[derive(Clone, Copy)]
pub struct Commands {
    actions: RwSignal<Vec<(u64, Action)>>,
    next: StoredValue<u64>,
    /// The sheet that is open.
    pub sheet: RwSignal<Option<Sheet>>,
    /// Whether single keys are shortcuts. Who dictates or types by accident turns them off.
    pub has_shortcuts: RwSignal<bool>,
    /// What was last done, in words.
    pub said: RwSignal<String>,
}

impl Commands {
    /// Puts them into the context and listens to the keyboard.
    pub fn provide() -> Self {
        let commands = Self {
            actions: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
            sheet: RwSignal::new(None),
            has_shortcuts: RwSignal::new(true),
            said: RwSignal::new(String::new()),
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

    /// Offers an action while the current owner lives.
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

    /// All that is offered now.
    pub fn actions(self) -> Vec<Action> {
        self.actions
            .with_untracked(|actions| actions.iter().map(|(_, action)| action.clone()).collect())
    }

    /// Closes this sheet. A dialog tells a moment late that it was closed; by then another may be
    /// open.
    pub fn close(self, sheet: Sheet) {
        if self.sheet.get_untracked() == Some(sheet) {
            self.sheet.set(None);
        }
    }

    /// Turns the shortcuts on or off, for the next visit too.
    pub fn set_shortcuts(self, on: bool) {
        self.has_shortcuts.set(on);
        storage::set(SHORTCUTS, if on { "on" } else { "off" });
    }

    /// Says, on the page and to screen readers, what was done.
    pub fn say(self, text: &str) {
        let text = text.to_owned();
        self.said.set(text.clone());
        set_timeout(
            move || {
                // What was said since stays as long.
                self.said.try_update(|said| {
                    if *said == text {
                        said.clear();
                    }
                });
            },
            Duration::from_millis(SAID_MILLIS),
        );
    }

    /// Takes a key; answers whether it meant something.
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

/// All that can be done.
pub fn use_commands() -> Commands {
    expect_context()
}

/// The sheet that is open, if one is.
#[component]
pub fn Sheets() -> impl IntoView {
    let commands = use_commands();
    let built = RwSignal::new(None::<Build>);
    Effect::new(move |_| {
        let sheet = commands.sheet.get();
        let Some(sheet) = sheet else {
            return built.set(None);
        };
        spawn_local(async move {
            let fetched = chunks::fetch(sheet.part()).await;
            // It may have been closed before it was there.
            if commands.sheet.try_get_untracked() != Some(Some(sheet)) {
                return;
            }
            if let Ok(build) = fetched {
                built.try_set(Some(build));
            } else {
                commands.close(sheet);
                commands
                    .say("The server does not answer: this part of the page cannot be fetched now");
            }
        });
    });
    prefetch_in_calm(Sheet::Palette.part());
    view! { {move || built.get().map(|build| build())} }
}

/// Fetches a part once the page has been live for a while, so that it comes at once, also while the
/// server is away.
fn prefetch_in_calm(part: Chunk) {
    let status = use_live().stream.status;
    let is_open = Memo::new(move |_| status.get() == Status::Open);
    let is_fetched = StoredValue::new(false);
    Effect::new(move |timer: Option<Option<TimeoutHandle>>| {
        // The connection that was to last has not.
        if let Some(timer) = timer.flatten() {
            timer.clear();
        }
        let fetch = move || {
            is_fetched.set_value(true);
            spawn_local(part.prefetch());
        };
        if is_open.get() && !is_fetched.get_value() {
            set_timeout_with_handle(fetch, Duration::from_millis(CALM_MILLIS)).ok()
        } else {
            None
        }
    });
}
