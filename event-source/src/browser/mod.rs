//! The driver in the browser: does to `web_sys::EventSource`, the lock and the channel what the
//! rules of sharing ask.

mod channel;
mod flush;
mod lock;

use std::{
    cell::{Cell, RefCell},
    mem,
    rc::{Rc, Weak},
};

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{EventSource, MessageEvent, VisibilityState};

use super::{
    Part, Received, Record, Share, Status, StreamOptions, Trouble, UseEventSource,
    connection::{Connection, Failure, Millis},
    sharing::{Do, Sharing, Word},
    with_cursor,
};

use channel::Channel;
use flush::{Flush, Turn};
use lock::{Answer, Lock};

/// See the module.
pub fn use_event_source(
    url: impl Into<Signal<String>>,
    options: StreamOptions,
    on_events: impl FnMut(Vec<Received>) + 'static,
) -> UseEventSource {
    let url = url.into();
    let status = RwSignal::new(if options.immediate {
        Status::Connecting
    } else {
        Status::Closed
    });
    let part = RwSignal::new(Part::Alone);
    let record = RwSignal::new(Record::default());
    let driver = StoredValue::new_local(Driver::new(
        url,
        &options,
        (status, part, record),
        Box::new(on_events),
    ));
    on_cleanup(move || {
        if let Some(driver) = driver.try_get_value() {
            driver.shut_down();
        }
    });

    if let Some(share) = options.share {
        Effect::new(move |_| {
            let note = share.note.get();
            driver.with_value(|driver| driver.act(|sharing, now| sharing.set_note(now, &note)));
        });
    }
    // Connects only in the browser and only once the page is hydrated: an effect does not run
    // before.
    Effect::new(move |before: Option<String>| {
        let url = url.get();
        driver.with_value(|driver| match before {
            None if options.immediate => driver.act(Sharing::open),
            None => {}
            Some(before) if before == url => {}
            Some(_) => driver.act(Sharing::redirect),
        });
        url
    });

    let with_driver = move |act: fn(&Rc<Driver>)| {
        Callback::new(move |()| {
            driver.try_with_value(act);
        })
    };
    UseEventSource {
        status: status.into(),
        part: part.read_only(),
        record: record.read_only(),
        open: with_driver(|driver| driver.act(Sharing::open)),
        close: with_driver(|driver| driver.act(|sharing, _| sharing.close())),
        pause: with_driver(|driver| driver.act(|sharing, _| sharing.pause())),
    }
}

/// Owns everything the browser was asked for; when it goes, so do they.
struct Driver {
    /// For the closures, which must not keep the driver alive.
    this: Weak<Driver>,
    url: Signal<String>,
    event_types: Vec<&'static str>,
    share: Option<Share>,
    status: RwSignal<Status>,
    part: RwSignal<Part>,
    record: RwSignal<Record>,
    sharing: RefCell<Sharing>,
    source: RefCell<Option<Source>>,
    lock: Option<Rc<Lock>>,
    channel: RefCell<Option<Channel>>,
    timer: RefCell<Option<Timeout>>,
    /// For the page.
    queue: RefCell<Vec<Received>>,
    /// For the other windows.
    words: RefCell<Vec<Word>>,
    flush: RefCell<Option<Flush>>,
    turn: Option<Turn>,
    on_events: RefCell<Box<dyn FnMut(Vec<Received>)>>,
    listeners: RefCell<Vec<EventListener>>,
    is_shut_down: Cell<bool>,
}

/// One `EventSource` with its listeners.
struct Source {
    source: EventSource,
    _listeners: Vec<EventListener>,
}

impl Drop for Source {
    fn drop(&mut self) {
        self.source.close();
    }
}

impl Driver {
    fn new(
        url: Signal<String>,
        options: &StreamOptions,
        (status, part, record): (RwSignal<Status>, RwSignal<Part>, RwSignal<Record>),
        on_events: Box<dyn FnMut(Vec<Received>)>,
    ) -> Rc<Self> {
        let connection = Connection::new(
            options.last_event_id.clone(),
            f64::from(options.heartbeat_millis),
        );
        // Windows of another version of the page may say what this one does not understand.
        let name = options
            .share
            .filter(|_| Channel::is_there())
            .map(|share| channel_name(share.name));
        let lock = name.and_then(Lock::find);
        let window_name = lock
            .is_some()
            .then(|| format!("{:x}", (js_sys::Math::random() * 1e16).to_bits()));
        let sharing = Sharing::new(
            connection,
            window_name,
            options.share.map_or(|_| None, |share| share.retain),
        );
        Rc::new_cyclic(|this: &Weak<Driver>| {
            let turn = lock.as_ref().and_then(|_| {
                let this = this.clone();
                Turn::new(move || with(&this, Driver::apply_words))
            });
            Self {
                this: this.clone(),
                url,
                event_types: options.event_types.clone(),
                share: options.share,
                status,
                part,
                record,
                sharing: RefCell::new(sharing),
                source: RefCell::default(),
                lock,
                channel: RefCell::default(),
                timer: RefCell::default(),
                queue: RefCell::default(),
                words: RefCell::default(),
                flush: RefCell::default(),
                turn,
                on_events: RefCell::new(on_events),
                listeners: RefCell::new(life_of_the_page(this)),
                is_shut_down: Cell::new(false),
            }
        })
    }

    /// Lets the rules decide, then does what they say and tells the page.
    fn act(&self, decide: impl FnOnce(&mut Sharing, Millis) -> Vec<Do>) {
        if self.is_shut_down.get() {
            return;
        }
        let todo = decide(&mut self.sharing.borrow_mut(), now());
        self.carry_out(todo);
        self.update();
    }

    fn carry_out(&self, todo: Vec<Do>) {
        for todo in todo {
            match todo {
                Do::Connect => self.connect(),
                Do::Disconnect => drop(self.source.take()),
                Do::Deliver(received) => {
                    self.queue.borrow_mut().extend(received);
                    self.schedule();
                }
                Do::Say(word @ (Word::Brought { .. } | Word::Present { .. })) => {
                    word.join(&mut self.words.borrow_mut());
                    self.schedule();
                    if let Some(turn) = self.turn.as_ref().filter(|_| is_hidden()) {
                        turn.ask();
                    }
                }
                Do::Say(word) => {
                    word.join(&mut self.words.borrow_mut());
                    self.apply_words();
                }
                Do::Ask(ask) => {
                    // Before anything is asked for, so that nothing is missed of what is said from
                    // then on.
                    self.join_channel();
                    if let Some(lock) = &self.lock {
                        let this = self.this.clone();
                        lock.ask(ask, move |answer| {
                            with(&this, |driver| {
                                driver.act(|sharing, now| match answer {
                                    Answer::Granted(ask) => sharing.on_granted(ask, now),
                                    Answer::Refused => sharing.on_refused(now),
                                    Answer::Lost => sharing.on_lost(now),
                                    Answer::Unavailable => sharing.on_unavailable(now),
                                });
                            });
                        });
                    }
                }
                Do::Withdraw => self.lock.iter().for_each(|lock| lock.withdraw()),
                Do::Release => self.lock.iter().for_each(|lock| lock.release()),
            }
        }
    }

    fn join_channel(&self) {
        let Some(share) = self.share.filter(|_| self.channel.borrow().is_none()) else {
            return;
        };
        let this = self.this.clone();
        let joined = Channel::join(&channel_name(share.name), move |words| {
            with(&this, |driver| {
                for word in words {
                    let todo = driver.sharing.borrow_mut().on_word(now(), word);
                    driver.carry_out(todo);
                }
                driver.act(|_, _| Vec::new());
            });
        });
        match joined {
            Ok(channel) => drop(self.channel.replace(Some(channel))),
            Err(problem) => leptos::logging::error!("no channel to the other windows: {problem:?}"),
        }
    }

    /// Sets the timer and the signals to what the rules say now. Events only move the deadline
    /// away, so they leave the timer alone: one that fires early finds nothing due and is set again
    /// here.
    fn update(&self) {
        let sharing = self.sharing.borrow();
        self.timer.replace(sharing.deadline().map(|deadline| {
            let this = self.this.clone();
            Timeout::new(millis_until(deadline), move || {
                with(&this, Driver::on_deadline);
            })
        }));
        let (status, part) = (sharing.status(), sharing.part());
        let notes: Vec<_> = sharing.notes().into_iter().map(str::to_owned).collect();
        let takes_part = sharing.takes_part();
        drop(sharing);
        if !takes_part {
            // A page that listens would not be kept for going back to.
            self.channel.take();
        }
        if self.status.get_untracked() != status {
            if status == Status::Open {
                self.record.update(|record| record.opened += 1);
            }
            self.status.set(status);
        }
        if self.part.get_untracked() != part {
            self.part.set(part);
        }
        if let Some(share) = self
            .share
            .filter(|share| share.notes.with_untracked(|before| *before != notes))
        {
            share.notes.set(notes);
        }
    }

    fn connect(&self) {
        // The old one goes first: two at once would deliver twice.
        drop(self.source.take());
        // What the old one has delivered counts, or the cursor would be ahead of the page.
        self.apply();
        let url = with_cursor(&self.url.get_untracked(), self.sharing.borrow().cursor());
        match EventSource::new(&url) {
            Ok(source) => {
                let listeners = self.listen(&source);
                self.source.replace(Some(Source {
                    source,
                    _listeners: listeners,
                }));
            }
            // Only an address that is none can fail here, and ours are made of parts that are
            // checked.
            Err(error) => leptos::logging::error!("EventSource refused {url}: {error:?}"),
        }
    }

    fn listen(&self, source: &EventSource) -> Vec<EventListener> {
        let names = self
            .event_types
            .iter()
            .copied()
            .chain(["message", "heartbeat"]);
        let mut listeners: Vec<_> = names
            .map(|name| {
                let this = self.this.clone();
                EventListener::new(source, name, move |event| {
                    if let Some(message) = event.dyn_ref::<MessageEvent>() {
                        with(&this, |driver| driver.on_message(message));
                    }
                })
            })
            .collect();
        let this = self.this.clone();
        listeners.push(EventListener::new(source, "open", move |_| {
            with(&this, |driver| driver.act(Sharing::on_open));
        }));
        let this = self.this.clone();
        listeners.push(EventListener::new(source, "error", move |_| {
            with(&this, Driver::on_error);
        }));
        listeners
    }

    fn on_message(&self, message: &MessageEvent) {
        let received = Received {
            event_type: message.type_(),
            // Data of an event stream is always a string.
            data: message.data().as_string().unwrap_or_default(),
            last_event_id: message.last_event_id(),
        };
        let todo = self.sharing.borrow_mut().on_message(now(), received);
        let is_plain = todo
            .iter()
            .all(|todo| matches!(todo, Do::Deliver(_) | Do::Say(_)));
        self.carry_out(todo);
        if !is_plain {
            self.update();
        }
    }

    fn on_error(&self) {
        let gave_up = self
            .source
            .borrow()
            .as_ref()
            .is_some_and(|source| source.source.ready_state() == EventSource::CLOSED);
        let (failure, trouble) = if gave_up {
            (Failure::BrowserGaveUp, Trouble::Refused)
        } else {
            (Failure::BrowserRetries, Trouble::Lost)
        };
        self.record
            .update(|record| record.fails(js_sys::Date::now(), trouble));
        self.act(|sharing, now| {
            sharing.on_error(now, failure, is_online(), js_sys::Math::random())
        });
    }

    fn on_deadline(&self) {
        let was_open = self.status.get_untracked() == Status::Open;
        self.act(Sharing::on_deadline);
        // Who gives an open connection up has not heard from it for too long.
        if was_open && matches!(self.status.get_untracked(), Status::Reconnecting { .. }) {
            self.record
                .update(|record| record.fails(js_sys::Date::now(), Trouble::Silent));
        }
    }

    /// Makes sure that what has been gathered is handed on soon, once.
    fn schedule(&self) {
        if self.flush.borrow().is_none() {
            let this = self.this.clone();
            self.flush
                .replace(Some(Flush::soon(move || with(&this, Driver::apply))));
        }
    }

    /// Hands on everything gathered.
    fn apply(&self) {
        // Dropping the closure that may be running is fine: wasm-bindgen frees it once the call is
        // over.
        self.flush.take();
        self.apply_words();
        let batch = mem::take(&mut *self.queue.borrow_mut());
        if !batch.is_empty() {
            (self.on_events.borrow_mut())(batch);
        }
    }

    fn apply_words(&self) {
        let words = mem::take(&mut *self.words.borrow_mut());
        if let (false, Some(channel)) = (words.is_empty(), &*self.channel.borrow()) {
            channel.say(&words);
        }
    }

    fn shut_down(&self) {
        self.act(|sharing, _| sharing.close());
        self.is_shut_down.set(true);
        self.source.take();
        self.timer.take();
        self.flush.take();
        self.listeners.take();
    }
}

/// What tells of the page being put away, frozen, brought back and shown, and of the network.
fn life_of_the_page(driver: &Weak<Driver>) -> Vec<EventListener> {
    let on = |target: &web_sys::EventTarget, name: &'static str, act: fn(&Driver)| {
        let driver = driver.clone();
        EventListener::new(target, name, move |_| with(&driver, act))
    };
    let wake = |driver: &Driver| {
        driver.apply();
        driver.act(|sharing, now| sharing.wake(now, is_online()));
    };
    let put_away = |driver: &Driver| {
        driver.apply();
        driver.act(|sharing, _| sharing.put_away());
    };
    let (window, document) = (window(), document());
    vec![
        on(&window, "online", wake),
        on(&window, "pageshow", wake),
        on(&document, "resume", wake),
        on(&window, "pagehide", put_away),
        on(&document, "freeze", put_away),
        // A page that is hidden gets no more frames, and one that goes away is hidden last.
        on(&document, "visibilitychange", if_visible),
    ]
}

fn if_visible(driver: &Driver) {
    driver.apply();
    if !is_hidden() {
        driver.act(|sharing, now| sharing.wake(now, is_online()));
    }
}

fn with(driver: &Weak<Driver>, act: impl FnOnce(&Driver)) {
    if let Some(driver) = driver.upgrade() {
        act(&driver);
    }
}

fn channel_name(stream: &str) -> String {
    format!("pulseboard {} {stream}", env!("CARGO_PKG_VERSION"))
}

fn is_hidden() -> bool {
    document().visibility_state() == VisibilityState::Hidden
}

fn is_online() -> bool {
    window().navigator().on_line()
}

/// The page's clock in milliseconds; it never goes back.
fn now() -> Millis {
    window()
        .performance()
        .map_or_else(js_sys::Date::now, |performance| performance.now())
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Clamped to what a timer takes.
fn millis_until(deadline: Millis) -> u32 {
    (deadline - now()).ceil().clamp(0.0, 2_000_000_000.0) as u32
}
