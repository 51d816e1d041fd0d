//! Navigation: which page the reader sees, and how they get to another one.
//!
//! [`paths`] is the table of pages. [`Navigation`] holds the address of the open page. Three things
//! change it: a link within the app, a call to [`Navigation::go`], and the browser's Back and
//! Forward buttons. [`Outlet`] shows the page. The browser itself stands behind
//! [`crate::platform::navigation`].
//!
//! A navigation to another page first fetches the chunk of that page. Until the chunk is here, the
//! old page stays and keeps its address; then page, address, scroll position and focus change in one
//! step. A newer navigation cancels one that is still fetching.

mod address;
mod outlet;
pub(crate) mod paths;
mod scroll;

use leptos::{
    prelude::*,
    task::{spawn_local, tick},
};

pub(crate) use address::{Address, Query};
pub(crate) use outlet::Outlet;
pub(crate) use paths::Page;

use crate::{
    chunks,
    platform::navigation::{self as browser, HistoryWatcher, Link},
};
use outlet::Open;
use scroll::Positions;

/// How [`Navigation::navigate`] changes the address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NavigateOptions {
    /// Whether the new address replaces the current one, so that Back skips the current one.
    pub replace: bool,
    /// Whether the page is scrolled to its top, or to the element that the hash names.
    pub scroll: bool,
}

impl Default for NavigateOptions {
    fn default() -> Self {
        Self {
            replace: false,
            scroll: true,
        }
    }
}

/// The address of the page that is open, and the way to another one; in the context.
#[derive(Clone, Copy)]
pub(crate) struct Navigation {
    /// The address of the open page.
    address: RwSignal<Address>,
    /// The page that the reader asked for last. It is the open one, unless its chunk is still on
    /// its way.
    destination: RwSignal<Option<Page>>,
    open: RwSignal<Open>,
    /// Counts navigations, so that one that was overtaken can tell.
    turn: StoredValue<u32>,
    positions: StoredValue<Positions>,
}

/// What a navigation does to the browser's history.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// Adds or replaces an entry.
    Navigate(NavigateOptions),
    /// The browser went to an entry that exists, by Back or Forward.
    Traverse,
}

impl Navigation {
    /// Provides the navigation as context and starts to handle links, Back and Forward.
    pub(crate) fn provide() -> Self {
        let address = Address::parse(&browser::address());
        let navigation = Self {
            destination: RwSignal::new(Page::at(&address.path).map(|(page, _)| page)),
            open: RwSignal::new(Open::first(address.clone())),
            address: RwSignal::new(address),
            turn: StoredValue::new(0),
            positions: StoredValue::new(Positions::default()),
        };
        provide_context(navigation);
        let watcher = StoredValue::new_local(None);
        Effect::new(move |_| {
            navigation.resume_history();
            watcher.set_value(Some(HistoryWatcher::new(
                move |link| navigation.follow(link),
                move |position| navigation.traverse(position),
                move || browser::keep_positions(&navigation.keep_positions()),
            )));
        });
        navigation
    }

    /// The path of the open page, percent-encoded as in the address bar.
    pub(crate) fn path(self) -> Memo<String> {
        Memo::new(move |_| self.address.with(|address| address.path.clone()))
    }

    /// The page that the reader asked for last.
    pub(crate) fn destination(self) -> Signal<Option<Page>> {
        self.destination.into()
    }

    /// Goes to an address of the app, such as `/topics/a?type=b`, and begins at the top there.
    pub(crate) fn go(self, href: &str) {
        self.navigate(href, NavigateOptions::default());
    }

    /// Goes to an address. One that is no page of the app is loaded as a document.
    pub(crate) fn navigate(self, href: &str, options: NavigateOptions) {
        let address = Address::parse(href);
        if Page::at(&address.path).is_some() {
            self.start(address, Step::Navigate(options));
        } else {
            browser::load(href);
        }
    }

    /// Follows a link that was clicked. Returns false for a link that the browser must follow.
    fn follow(self, link: &Link) -> bool {
        let to = Address::parse(&link.href);
        if Page::at(&to.path).is_none() {
            return false;
        }
        let here = Address::parse(&browser::address());
        if to.is_within(&here) {
            // The browser scrolls to the element and moves the focus there.
            return false;
        }
        self.start(
            to,
            Step::Navigate(NavigateOptions {
                scroll: !link.keeps_scroll,
                ..NavigateOptions::default()
            }),
        );
        true
    }

    /// Shows the entry of the history that the browser went to. `position` is the scroll position
    /// that the reader saw last.
    fn traverse(self, position: f64) {
        let to = Address::parse(&browser::address());
        let is_within = self.address.with_untracked(|here| to.is_within(here));
        if browser::entry().is_none() && is_within {
            // A new entry: the reader followed a link to an element of the page, or edited the hash
            // in the address bar. The browser has already scrolled.
            self.positions.update_value(|positions| {
                positions.leave(position);
                browser::replace(&to.href(), positions.add());
            });
            self.arrive(to);
        } else {
            self.leave_position();
            self.start(to, Step::Traverse);
        }
    }

    /// Goes to an address, once the chunk of its page is here.
    fn start(self, to: Address, step: Step) {
        let turn = self.turn.get_value().wrapping_add(1);
        self.turn.set_value(turn);
        self.destination
            .set(Page::at(&to.path).map(|(page, _)| page));
        let chunk = paths::chunk_at(&to.path);
        if self.open.with_untracked(|open| open.chunk == chunk) {
            self.finish(to, step, None);
            return;
        }
        spawn_local(async move {
            let built = chunks::fetch(chunk).await;
            if self.turn.try_get_value() == Some(turn) {
                let open = Open::new(chunk, built, to.clone());
                self.finish(to, step, Some(open));
            }
        });
    }

    /// Changes history, page, scroll position and focus.
    fn finish(self, to: Address, step: Step, open: Option<Open>) {
        let is_other_path = self.address.with_untracked(|before| before.path != to.path);
        match step {
            Step::Navigate(options) => {
                self.leave_position();
                let href = to.href();
                let is_same = href == browser::address();
                self.positions.update_value(|positions| {
                    if options.replace || is_same {
                        browser::replace(&href, positions.current());
                    } else {
                        browser::push(&href, positions.add());
                    }
                });
            }
            Step::Traverse => self.enter_entry(),
        }
        match open {
            Some(open) => {
                self.open.set(open);
                self.address.set(to.clone());
            }
            None => self.arrive(to.clone()),
        }
        spawn_local(async move {
            // The effects that draw the page run first.
            tick().await;
            let position = self.positions.try_with_value(Positions::position).flatten();
            match (step, position) {
                (Step::Traverse, Some(position)) => browser::scroll_when_possible(position),
                (Step::Navigate(NavigateOptions { scroll: true, .. }) | Step::Traverse, _) => {
                    browser::scroll_to_hash_or_top(&to.hash);
                }
                (Step::Navigate(NavigateOptions { scroll: false, .. }), _) => {}
            }
            if is_other_path {
                browser::focus_heading();
            }
        });
    }

    /// Tells the open page and everything around it that its address is another one.
    fn arrive(self, to: Address) {
        self.open
            .with_untracked(|open| open.address.set(to.clone()));
        self.address.set(to);
    }

    /// Remembers how far the open page is scrolled.
    fn leave_position(self) {
        self.positions
            .update_value(|positions| positions.leave(browser::scroll_y()));
    }

    /// Takes up the history where the document before this one left it.
    fn resume_history(self) {
        let kept = browser::recall_positions().unwrap_or_default();
        self.positions.set_value(Positions::parse(&kept));
        self.enter_entry();
    }

    /// Makes the entry of the history that the browser is at the open one.
    fn enter_entry(self) {
        self.positions
            .update_value(|positions| match browser::entry() {
                Some(entry) => positions.enter(entry),
                None => browser::replace(&browser::address(), positions.add()),
            });
    }

    /// The scroll positions as text, for the next document in this tab.
    fn keep_positions(self) -> String {
        self.leave_position();
        self.positions.with_value(Positions::to_text)
    }
}

/// The navigation.
pub(crate) fn use_navigation() -> Navigation {
    expect_context()
}

/// The address of the page around this component. It never becomes the address of another page: a
/// page that the reader leaves keeps the last address it had.
fn use_address() -> ArcRwSignal<Address> {
    expect_context()
}

/// The variable part of the page's path, decoded: the room or the topic.
pub(crate) fn use_parameter() -> Memo<String> {
    let address = use_address();
    Memo::new(move |_| {
        address.with(|address| {
            Page::at(&address.path)
                .map(|(_, parameter)| parameter)
                .unwrap_or_default()
        })
    })
}

/// The query of the page's address.
pub(crate) fn use_query() -> Memo<Query> {
    let address = use_address();
    Memo::new(move |_| address.with(|address| Query::parse(&address.query)))
}
