//! Everything a stream needs of the browser.

use std::{
    cell::{Cell, RefCell},
    mem,
    rc::{Rc, Weak},
};

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;

use crate::{
    ConnectionStats, EventSourceOptions, FailureCause, Message, Role, Share, Status,
    connection::{Connection, Failure, Millis},
    sharing::{Command, LockRequest, Sharing, TabMessage},
};

use super::{
    channel::Channel,
    flush::{Flush, NextTask},
    lock::{Lock, LockEvent},
    page::{self, PageEvent, is_hidden, is_online, now},
    source::{Source, SourceEvent},
};

/// The signals that the driver sets.
#[derive(Clone, Copy)]
pub(super) struct Signals {
    pub(super) status: RwSignal<Status>,
    pub(super) role: RwSignal<Role>,
    pub(super) stats: RwSignal<ConnectionStats>,
    pub(super) other_interests: Option<RwSignal<Vec<String>>>,
}

/// Owns the `EventSource`, the lock, the channel, the timers and the listeners of a stream. Dropping it
/// ends them all.
pub(super) struct Driver {
    /// For the closures, which must not keep the driver alive.
    this: Weak<Driver>,
    url: Signal<String>,
    options: EventSourceOptions,
    signals: Signals,
    sharing: RefCell<Sharing>,
    source: RefCell<Option<Source>>,
    lock: Option<Rc<Lock>>,
    channel: RefCell<Option<Channel>>,
    timer: RefCell<Option<Timeout>>,
    /// Messages for the page.
    messages: RefCell<Vec<Message>>,
    /// Messages for the other tabs.
    tab_messages: RefCell<Vec<TabMessage>>,
    flush: RefCell<Option<Flush>>,
    next_task: Option<NextTask>,
    on_messages: RefCell<Box<dyn FnMut(Vec<Message>)>>,
    listeners: RefCell<Vec<EventListener>>,
    is_shut_down: Cell<bool>,
}

impl Driver {
    pub(super) fn new(
        url: Signal<String>,
        options: EventSourceOptions,
        signals: Signals,
        on_messages: Box<dyn FnMut(Vec<Message>)>,
    ) -> Rc<Self> {
        let share = options.share.filter(|_| Channel::is_supported());
        let lock = share.and_then(|share| Lock::find(channel_name(share)));
        let tab = lock
            .is_some()
            .then(|| format!("{:x}", (js_sys::Math::random() * 1e16).to_bits()));
        let heartbeat = options
            .heartbeat_interval
            .map(|interval| interval.as_secs_f64() * 1_000.0);
        let sharing = Sharing::new(
            Connection::new(options.last_event_id.clone(), heartbeat),
            tab,
            options.share.map_or(|_, _| None, |share| share.compare_ids),
            options.share.map_or(|_| None, |share| share.keep_latest),
        );
        Rc::new_cyclic(|this: &Weak<Driver>| {
            let next_task = lock.as_ref().and_then(|_| {
                let this = this.clone();
                NextTask::new(move || with(&this, Driver::flush_tab_messages))
            });
            Self {
                this: this.clone(),
                url,
                options,
                signals,
                sharing: RefCell::new(sharing),
                source: RefCell::default(),
                lock,
                channel: RefCell::default(),
                timer: RefCell::default(),
                messages: RefCell::default(),
                tab_messages: RefCell::default(),
                flush: RefCell::default(),
                next_task,
                on_messages: RefCell::new(on_messages),
                listeners: RefCell::new(page::listen({
                    let this = this.clone();
                    move |event| with(&this, |driver| driver.on_page_event(event))
                })),
                is_shut_down: Cell::new(false),
            }
        })
    }

    /// Lets the state machine decide, carries out its commands and sets the signals.
    pub(super) fn act(&self, decide: impl FnOnce(&mut Sharing, Millis) -> Vec<Command>) {
        if self.is_shut_down.get() {
            return;
        }
        let commands = decide(&mut self.sharing.borrow_mut(), now());
        self.carry_out(commands);
        self.update();
    }

    fn carry_out(&self, commands: Vec<Command>) {
        for command in commands {
            match command {
                Command::Connect => self.connect(),
                Command::Disconnect => drop(self.source.take()),
                Command::Deliver(messages) => {
                    self.messages.borrow_mut().extend(messages);
                    self.schedule_flush();
                }
                Command::Send(message) => self.send(message),
                Command::RequestLock(request) => self.request_lock(request),
                Command::WithdrawRequest => self.lock.iter().for_each(|lock| lock.withdraw()),
                Command::ReleaseLock => self.lock.iter().for_each(|lock| lock.release()),
            }
        }
    }

    fn connect(&self) {
        // The old one closes first: two at once would deliver twice.
        drop(self.source.take());
        // The page gets what the old one brought before the new one resumes after it.
        self.flush();
        let url = self.url.get_untracked();
        let cursor = self.sharing.borrow().cursor().to_owned();
        let this = self.this.clone();
        let on_event = move |event| with(&this, |driver| driver.on_source_event(event));
        match Source::open(&url, &cursor, &self.options, on_event) {
            Ok(source) => drop(self.source.replace(Some(source))),
            Err(error) => leptos::logging::error!("EventSource refuses {url}: {error:?}"),
        }
    }

    /// Sends a message to the other tabs: a relay together with others, anything else at once.
    fn send(&self, message: TabMessage) {
        let can_wait = match &message {
            TabMessage::Relay { .. } | TabMessage::Latest { .. } => true,
            TabMessage::Announce { .. }
            | TabMessage::Leave { .. }
            | TabMessage::LeaderState { .. } => false,
        };
        message.append_to(&mut self.tab_messages.borrow_mut());
        if !can_wait {
            self.flush_tab_messages();
            return;
        }
        self.schedule_flush();
        if let Some(next_task) = self.next_task.as_ref().filter(|_| is_hidden()) {
            next_task.schedule();
        }
    }

    fn request_lock(&self, request: LockRequest) {
        // The channel opens before the request, so that this tab misses no message after it.
        self.open_channel();
        let Some(lock) = &self.lock else {
            return;
        };
        let this = self.this.clone();
        lock.request(request, move |event| {
            with(&this, |driver| {
                driver.act(|sharing, now| match event {
                    LockEvent::Granted(request) => sharing.on_lock_granted(request, now),
                    LockEvent::Refused => sharing.on_lock_refused(now),
                    LockEvent::Lost => sharing.on_lock_lost(now),
                    LockEvent::Unavailable => sharing.on_no_locks(now),
                });
            });
        });
    }

    fn open_channel(&self) {
        let is_closed = self.channel.borrow().is_none();
        let Some(share) = self.options.share.filter(|_| is_closed) else {
            return;
        };
        let this = self.this.clone();
        let channel = Channel::open(&channel_name(share), move |messages| {
            with(&this, |driver| {
                for message in messages {
                    let commands = driver.sharing.borrow_mut().on_tab_message(now(), message);
                    driver.carry_out(commands);
                }
                driver.act(|_, _| Vec::new());
            });
        });
        match channel {
            Ok(channel) => drop(self.channel.replace(Some(channel))),
            Err(error) => leptos::logging::error!("no channel to the other tabs: {error:?}"),
        }
    }

    /// Sets the timer and the signals. A message only moves the deadline later, so it does not set the
    /// timer: a timer that fires early finds nothing due and is set again here.
    fn update(&self) {
        let sharing = self.sharing.borrow();
        self.timer.replace(sharing.deadline().map(|deadline| {
            let this = self.this.clone();
            Timeout::new(millis_until(deadline), move || {
                with(&this, Driver::on_deadline);
            })
        }));
        let (status, role) = (sharing.status(), sharing.role());
        let interests: Vec<_> = sharing
            .other_interests()
            .into_iter()
            .map(str::to_owned)
            .collect();
        let needs_channel = sharing.needs_channel();
        drop(sharing);
        if !needs_channel {
            // The browser does not keep a page with an open channel for its Back button.
            self.channel.take();
        }
        let signals = self.signals;
        if signals.status.get_untracked() != status {
            if status == Status::Open {
                signals.stats.update(|stats| stats.opened += 1);
            }
            signals.status.set(status);
        }
        if signals.role.get_untracked() != role {
            signals.role.set(role);
        }
        if let Some(others) = signals
            .other_interests
            .filter(|others| others.with_untracked(|before| *before != interests))
        {
            others.set(interests);
        }
    }

    fn on_page_event(&self, event: PageEvent) {
        // A hidden page gets no animation frames, so it gets what is gathered now.
        self.flush();
        match event {
            PageEvent::Wake | PageEvent::Show => {
                self.act(|sharing, now| sharing.wake(now, is_online()));
            }
            PageEvent::Suspend => self.act(|sharing, _| sharing.suspend()),
            PageEvent::Hide => {}
        }
    }

    fn on_source_event(&self, event: SourceEvent) {
        match event {
            SourceEvent::Open => self.act(Sharing::on_open),
            SourceEvent::Message(message) => self.on_message(message),
            SourceEvent::Error(failure) => self.on_error(failure),
        }
    }

    fn on_message(&self, message: Message) {
        let commands = self.sharing.borrow_mut().on_message(now(), message);
        let changes_nothing = commands
            .iter()
            .all(|command| matches!(command, Command::Deliver(_) | Command::Send(_)));
        self.carry_out(commands);
        if !changes_nothing {
            self.update();
        }
    }

    fn on_error(&self, failure: Failure) {
        self.add_failure(match failure {
            Failure::BrowserGaveUp => FailureCause::Refused,
            Failure::BrowserRetries => FailureCause::Lost,
        });
        self.act(|sharing, now| {
            sharing.on_error(now, failure, is_online(), js_sys::Math::random())
        });
    }

    fn on_deadline(&self) {
        let was_open = self.signals.status.get_untracked() == Status::Open;
        self.act(Sharing::on_deadline);
        // An open connection is replaced at its deadline only if it was silent.
        let status = self.signals.status.get_untracked();
        if was_open && matches!(status, Status::Reconnecting { .. }) {
            self.add_failure(FailureCause::Silent);
        }
    }

    fn add_failure(&self, cause: FailureCause) {
        self.signals
            .stats
            .update(|stats| stats.add_failure(js_sys::Date::now(), cause));
    }

    fn schedule_flush(&self) {
        if self.flush.borrow().is_none() {
            let this = self.this.clone();
            self.flush
                .replace(Some(Flush::schedule(move || with(&this, Driver::flush))));
        }
    }

    /// Hands on all messages that are gathered.
    fn flush(&self) {
        // This may drop the closure that runs now: wasm-bindgen frees it after the call.
        self.flush.take();
        self.flush_tab_messages();
        let messages = mem::take(&mut *self.messages.borrow_mut());
        if !messages.is_empty() {
            (self.on_messages.borrow_mut())(messages);
        }
    }

    fn flush_tab_messages(&self) {
        let messages = mem::take(&mut *self.tab_messages.borrow_mut());
        if let (false, Some(channel)) = (messages.is_empty(), &*self.channel.borrow()) {
            channel.send(&messages);
        }
    }

    pub(super) fn shut_down(&self) {
        self.act(|sharing, _| sharing.close());
        self.is_shut_down.set(true);
        self.source.take();
        self.timer.take();
        self.flush.take();
        self.listeners.take();
    }
}

fn with(driver: &Weak<Driver>, act: impl FnOnce(&Driver)) {
    if let Some(driver) = driver.upgrade() {
        act(&driver);
    }
}

/// The name of the lock and the channel. It has the version of this crate, because another version may
/// send messages that this one cannot read.
fn channel_name(share: Share) -> String {
    format!(
        "leptos-event-source {} {}",
        env!("CARGO_PKG_VERSION"),
        share.name
    )
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Clamped to what a timer takes.
fn millis_until(deadline: Millis) -> u32 {
    (deadline - now()).ceil().clamp(0.0, 2_000_000_000.0) as u32
}
