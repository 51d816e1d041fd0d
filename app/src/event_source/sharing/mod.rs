//! One connection a browser: which of its windows has the stream, as a pure state machine.
//!
//! HTTP/1.1 gives a browser six connections to a server, so windows that each kept one would soon leave none. One window
//! leads: it holds a lock that the browser gives to one at a time, has the [`Connection`], and passes on what arrives. The
//! others follow. They ask a leader that is quiet whether it is there, and take the lock from one that does not answer.
//! Whoever leads next resumes after the last event it has seen, so nothing is lost on the way.
//!
//! A follower that is behind the leader, because its page is older than the leader's position, catches up over a short
//! connection of its own, and keeps what the leader says until it has. Whatever the leader passes on carries the position
//! before it, so a hole is seen whatever made it, and what comes twice is passed over (`order.rs`).
//!
//! Like the connection, this has no timer, no channel and no clock: the driver tells it what happened and does what it says.
//! It expects Pulseboard's event ids. `model.rs` runs many of them against a server, a lock and a channel that behave badly.

#[cfg(test)]
mod model;
mod order;
mod word;

use std::collections::BTreeMap;

use super::{
    Part, Received, Retain, Status,
    connection::{Action, Connection, Failure, Millis},
};

use order::{CatchUp, Fit, fit, is_behind};
pub(crate) use word::{Word, read, write};

/// A leader that said nothing for so long is asked whether it is there.
const QUIET_MILLIS: Millis = 800.0;
/// A leader that has not answered for so long is replaced. Together with the above it stays well under three seconds.
const PATIENCE_MILLIS: Millis = 1_000.0;
/// Windows lose their patience one after another, within this, or all would take the lock from one another.
const SPREAD_MILLIS: u32 = 300;
/// So much longer an answer is waited for that may lie there unread, because it was this window that was busy.
const LAST_CALL_MILLIS: Millis = 50.0;
/// Every so often a window says that it is there, also to a leader that is never quiet.
const ANNOUNCE_MILLIS: Millis = 60_000.0;
/// A window that has not been heard of for so long is gone. Hidden windows may run their timers once a minute.
const GONE_MILLIS: Millis = 150_000.0;

/// How the lock is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// If nobody has it.
    IfFree,
    /// When it is free.
    Wait,
    /// At once, whoever has it.
    Steal,
}

/// What the driver is to do, in this order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Do {
    /// Close the `EventSource` there is, if any, and make a new one that resumes after [`Sharing::cursor`].
    Connect,
    /// Close it.
    Disconnect,
    /// Hand these to the page.
    Deliver(Vec<Received>),
    /// Say this to the other windows.
    Say(Word),
    /// Ask for the lock.
    Ask(Ask),
    /// Take back the request that waits for it.
    Withdraw,
    /// Give the lock back.
    Release,
}

#[derive(Debug)]
enum Role {
    /// Closed or paused by hand, as the connection says.
    Out,
    /// The page is put away by the browser and comes back as it is.
    Away,
    /// There is nobody to share with.
    Alone,
    /// Asking whether somebody leads.
    Asking,
    Leading,
    Following(Following),
}

#[derive(Debug)]
struct Following {
    leader: Option<String>,
    /// What the leader's stream is doing; none until it has said so.
    status: Option<Status>,
    heard: Millis,
    asked: Option<Asked>,
    announced: Millis,
    catching_up: Option<CatchUp>,
}

/// A question the leader has not answered yet.
#[derive(Clone, Copy, Debug)]
struct Asked {
    at: Millis,
    is_last_call: bool,
}

#[derive(Debug)]
struct Other {
    window: String,
    note: String,
    heard: Millis,
}

/// One window's part in the sharing.
#[derive(Debug)]
pub(crate) struct Sharing {
    connection: Connection,
    /// This window's name among the others; none where there is nobody to share with.
    window: Option<String>,
    retain: Retain,
    patience: Millis,
    note: String,
    role: Role,
    others: Vec<Other>,
    /// What new windows are told of the present, by its name.
    present: BTreeMap<String, Received>,
    /// Whether a request for the lock waits.
    is_waiting: bool,
    /// The state said last, so that it is said again only when it changes.
    said: Option<Status>,
}

impl Sharing {
    /// A window that takes no part yet. Without a name it keeps to itself.
    pub(crate) fn new(connection: Connection, window: Option<String>, retain: Retain) -> Self {
        let mixed =
            window.iter().flat_map(|name| name.bytes()).fold(7u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()));
        Self {
            connection,
            window,
            retain,
            patience: PATIENCE_MILLIS + f64::from(mixed % SPREAD_MILLIS),
            note: String::new(),
            role: Role::Out,
            others: Vec::new(),
            present: BTreeMap::new(),
            is_waiting: false,
            said: None,
        }
    }

    /// The event id to resume after; empty for none.
    pub(crate) fn cursor(&self) -> &str {
        self.connection.cursor()
    }

    /// What to tell people.
    pub(crate) fn status(&self) -> Status {
        match &self.role {
            Role::Asking | Role::Away => Status::Connecting,
            Role::Following(Following { status, catching_up: None, .. }) => status.unwrap_or(Status::Connecting),
            Role::Out | Role::Alone | Role::Leading | Role::Following(_) => self.connection.status(),
        }
    }

    /// Whose connection it is.
    pub(crate) fn part(&self) -> Part {
        match self.role {
            Role::Following(_) => Part::Follows,
            Role::Leading if !self.others.is_empty() => Part::Leads(self.others.len()),
            Role::Out | Role::Away | Role::Alone | Role::Asking | Role::Leading => Part::Alone,
        }
    }

    /// Whether it hears and says words.
    pub(crate) fn takes_part(&self) -> bool {
        matches!(self.role, Role::Asking | Role::Leading | Role::Following(_))
    }

    /// When [`Sharing::on_deadline`] wants to be called.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        let own = match &self.role {
            Role::Following(following) => {
                let asks = match following.asked {
                    None => following.heard + QUIET_MILLIS,
                    Some(Asked { at, is_last_call: false }) => at + self.patience,
                    Some(Asked { at, is_last_call: true }) => at + LAST_CALL_MILLIS,
                };
                Some(asks.min(following.announced + ANNOUNCE_MILLIS))
            }
            Role::Leading => self.others.iter().map(|other| other.heard + GONE_MILLIS).reduce(f64::min),
            Role::Out | Role::Away | Role::Alone | Role::Asking => None,
        };
        own.into_iter().chain(self.connection.deadline()).reduce(f64::min)
    }

    /// What the other windows have to say to the leader; nothing while this window does not lead.
    pub(crate) fn notes(&self) -> Vec<&str> {
        let Role::Leading = self.role else { return Vec::new() };
        let mut notes: Vec<_> = self.others.iter().map(|other| other.note.as_str()).filter(|note| !note.is_empty()).collect();
        notes.sort_unstable();
        notes.dedup();
        notes
    }

    /// Changes what this window has to say to the leader.
    pub(crate) fn set_note(&mut self, now: Millis, note: &str) -> Vec<Do> {
        note.clone_into(&mut self.note);
        self.announce(now)
    }

    /// Somebody wants it open.
    pub(crate) fn open(&mut self, now: Millis) -> Vec<Do> {
        match self.role {
            Role::Out | Role::Away if self.window.is_some() => {
                self.role = Role::Asking;
                vec![Do::Ask(Ask::IfFree)]
            }
            Role::Out | Role::Away => self.stand_alone(now),
            Role::Alone | Role::Asking | Role::Leading | Role::Following(_) => Vec::new(),
        }
    }

    fn stand_alone(&mut self, now: Millis) -> Vec<Do> {
        self.role = Role::Alone;
        self.own(|connection| connection.open(now))
    }

    /// Somebody wants it closed.
    pub(crate) fn close(&mut self) -> Vec<Do> {
        self.leave(Role::Out, Connection::close)
    }

    /// Somebody wants silence for a while. The other windows go on.
    pub(crate) fn pause(&mut self) -> Vec<Do> {
        match self.role {
            Role::Out => Vec::new(),
            Role::Away | Role::Alone | Role::Asking | Role::Leading | Role::Following(_) => {
                self.leave(Role::Out, Connection::pause)
            }
        }
    }

    /// The browser puts the page away; it may freeze it, and a frozen leader would keep the others waiting.
    pub(crate) fn put_away(&mut self) -> Vec<Do> {
        match self.role {
            Role::Out | Role::Away => Vec::new(),
            Role::Alone | Role::Asking | Role::Leading | Role::Following(_) => self.leave(Role::Away, Connection::close),
        }
    }

    fn leave(&mut self, role: Role, stop: fn(&mut Connection) -> Action) -> Vec<Do> {
        let before = std::mem::replace(&mut self.role, role);
        self.said = None;
        let mut todo = self.own(stop);
        if std::mem::take(&mut self.is_waiting) {
            todo.push(Do::Withdraw);
        }
        let is_shared = match before {
            Role::Leading => {
                todo.push(Do::Release);
                true
            }
            Role::Following(_) | Role::Asking => true,
            Role::Out | Role::Away | Role::Alone => false,
        };
        if let (true, Some(window)) = (is_shared, self.window.clone()) {
            todo.push(Do::Say(Word::Gone { window }));
        }
        todo
    }

    /// The lock is this window's.
    pub(crate) fn on_granted(&mut self, ask: Ask, now: Millis) -> Vec<Do> {
        if ask == Ask::Wait {
            self.is_waiting = false;
        }
        match self.role {
            // It has left since it asked.
            Role::Out | Role::Away | Role::Alone => vec![Do::Release],
            Role::Leading => Vec::new(),
            Role::Asking | Role::Following(_) => {
                // Who was catching up goes on with the connection it has. What was kept comes over it as well.
                self.role = Role::Leading;
                let todo = self.own(|connection| connection.open(now));
                self.and_state(now, todo)
            }
        }
    }

    /// Somebody else has the lock.
    pub(crate) fn on_refused(&mut self, now: Millis) -> Vec<Do> {
        match self.role {
            Role::Asking => self.follow(now),
            Role::Out | Role::Away | Role::Alone | Role::Leading | Role::Following(_) => Vec::new(),
        }
    }

    /// There is no lock to be had in this browser.
    pub(crate) fn on_unavailable(&mut self, now: Millis) -> Vec<Do> {
        self.window = None;
        match self.role {
            Role::Asking | Role::Following(_) => self.stand_alone(now),
            Role::Out | Role::Away | Role::Alone | Role::Leading => Vec::new(),
        }
    }

    /// The lock was taken from this window.
    pub(crate) fn on_lost(&mut self, now: Millis) -> Vec<Do> {
        match self.role {
            Role::Leading => {
                let mut todo = self.own(Connection::close);
                todo.extend(self.follow(now));
                todo
            }
            Role::Out | Role::Away | Role::Alone | Role::Asking | Role::Following(_) => Vec::new(),
        }
    }

    fn follow(&mut self, now: Millis) -> Vec<Do> {
        self.role = Role::Following(Following {
            leader: None,
            status: None,
            heard: now,
            asked: Some(Asked { at: now, is_last_call: false }),
            announced: now,
            catching_up: None,
        });
        self.said = None;
        let mut todo = self.announce(now);
        if !std::mem::replace(&mut self.is_waiting, true) {
            todo.push(Do::Ask(Ask::Wait));
        }
        todo
    }

    /// A follower says that it is there.
    fn announce(&mut self, now: Millis) -> Vec<Do> {
        let (Role::Following(following), Some(window)) = (&mut self.role, self.window.clone()) else { return Vec::new() };
        following.announced = now;
        vec![Do::Say(Word::Here { window, note: self.note.clone() })]
    }

    /// Another window says something.
    pub(crate) fn on_word(&mut self, now: Millis, word: Word) -> Vec<Do> {
        match word {
            Word::Here { window, note } => self.on_here(now, window, note),
            Word::Gone { window } => {
                self.others.retain(|other| other.window != window);
                Vec::new()
            }
            Word::State { leader, cursor, status } => {
                let Role::Following(following) = &mut self.role else { return Vec::new() };
                (following.heard, following.asked, following.status) = (now, None, Some(status.shifted(now)));
                let is_another = following.leader.as_ref() != Some(&leader);
                following.leader = Some(leader);
                if let Some(catch_up) = &mut following.catching_up {
                    catch_up.stands(&cursor);
                } else if is_behind(self.connection.cursor(), &cursor) {
                    following.catching_up = Some(CatchUp::from(cursor));
                }
                let mut todo = self.catch_up(now);
                if is_another {
                    todo.extend(self.announce(now));
                }
                todo
            }
            Word::Brought { after, received } => self.on_brought(now, after, received),
            Word::Present { window, received } => {
                let is_wanted = matches!(self.role, Role::Following(_)) && self.window.as_ref() == Some(&window);
                if is_wanted { vec![Do::Deliver(received)] } else { Vec::new() }
            }
        }
    }

    fn on_here(&mut self, now: Millis, window: String, note: String) -> Vec<Do> {
        let known = self.others.iter_mut().find(|other| other.window == window);
        let is_new = known.is_none();
        match known {
            Some(other) => (other.note, other.heard) = (note, now),
            None => self.others.push(Other { window: window.clone(), note, heard: now }),
        }
        let Role::Leading = self.role else { return Vec::new() };
        self.said = None;
        let mut todo = self.and_state(now, Vec::new());
        if is_new && !self.present.is_empty() {
            todo.push(Do::Say(Word::Present { window, received: self.present.values().cloned().collect() }));
        }
        todo
    }

    fn on_brought(&mut self, now: Millis, mut after: String, received: Vec<Received>) -> Vec<Do> {
        let Role::Following(following) = &mut self.role else { return Vec::new() };
        (following.heard, following.asked) = (now, None);
        let mut delivered = Vec::new();
        for received in received {
            let next = received.last_event_id.clone();
            if let Some(catch_up) = &mut following.catching_up {
                catch_up.keep(&after, received);
            } else {
                match fit(self.connection.cursor(), &after, &next) {
                    Fit::Next => {
                        self.connection.on_message(now, &next);
                        delivered.push(received);
                    }
                    Fit::Old => {}
                    Fit::Hole => {
                        let catch_up = following.catching_up.insert(CatchUp::from(after.clone()));
                        catch_up.keep(&after, received);
                    }
                }
            }
            after = next;
        }
        let mut todo = deliver(delivered);
        todo.extend(self.catch_up(now));
        todo
    }

    /// Goes on catching up where this window is behind: connects where it has not, and ends it where it is there.
    fn catch_up(&mut self, now: Millis) -> Vec<Do> {
        let Role::Following(following) = &mut self.role else { return Vec::new() };
        let connection = &mut self.connection;
        let Some(catch_up) = following.catching_up.take_if(|catch_up| catch_up.is_reached(connection.cursor())) else {
            return if following.catching_up.is_some() { self.own(|connection| connection.open(now)) } else { Vec::new() };
        };
        let mut delivered = Vec::new();
        for (after, received) in catch_up.into_kept() {
            if fit(connection.cursor(), &after, &received.last_event_id) == Fit::Next {
                connection.on_message(now, &received.last_event_id);
                delivered.push(received);
            }
        }
        let mut todo = self.own(Connection::close);
        todo.extend(deliver(delivered));
        todo
    }

    /// The `EventSource` is open.
    pub(crate) fn on_open(&mut self, now: Millis) -> Vec<Do> {
        self.connection.on_open(now);
        self.and_state(now, Vec::new())
    }

    /// The `EventSource` brought something.
    pub(crate) fn on_message(&mut self, now: Millis, received: Received) -> Vec<Do> {
        match self.role {
            Role::Leading | Role::Alone | Role::Following(Following { catching_up: Some(_), .. }) => {}
            // A late word of an EventSource that was closed here.
            Role::Out | Role::Away | Role::Asking | Role::Following(_) => return Vec::new(),
        }
        let after = self.connection.cursor().to_owned();
        self.connection.on_message(now, &received.last_event_id);
        let mut todo = Vec::new();
        if let Role::Leading = self.role {
            if let Some(name) = (self.retain)(&received) {
                self.present.insert(name, received.clone());
            }
            if !self.others.is_empty() {
                todo.push(Do::Say(Word::Brought { after, received: vec![received.clone()] }));
            }
        }
        todo.push(Do::Deliver(vec![received]));
        todo.extend(self.catch_up(now));
        todo
    }

    /// The `EventSource` reports an error. `random` is in `0.0..1.0`.
    pub(crate) fn on_error(&mut self, now: Millis, failure: Failure, is_online: bool, random: f64) -> Vec<Do> {
        let todo = self.own(|connection| connection.on_error(now, failure, is_online, random));
        self.and_state(now, todo)
    }

    /// The deadline has come.
    pub(crate) fn on_deadline(&mut self, now: Millis) -> Vec<Do> {
        let mut todo = self.own(|connection| connection.on_deadline(now));
        self.others.retain(|other| now - other.heard < GONE_MILLIS);
        let is_over = |asked: Asked, patience: Millis| asked.at + patience <= now;
        let patience = self.patience;
        if let Role::Following(following) = &mut self.role {
            let is_announcing = following.announced + ANNOUNCE_MILLIS <= now;
            match following.asked {
                Some(asked) if asked.is_last_call && is_over(asked, LAST_CALL_MILLIS) => {
                    following.asked = Some(Asked { at: now, is_last_call: false });
                    todo.push(Do::Ask(Ask::Steal));
                }
                Some(asked) if !asked.is_last_call && is_over(asked, patience) => {
                    following.asked = Some(Asked { at: now, is_last_call: true });
                }
                None if following.heard + QUIET_MILLIS <= now => {
                    following.asked = Some(Asked { at: now, is_last_call: false });
                    todo.extend(self.announce(now));
                }
                Some(_) | None => {}
            }
            if is_announcing {
                todo.extend(self.announce(now));
            }
        }
        self.and_state(now, todo)
    }

    /// The network is back, the page was shown again, or the machine woke up.
    pub(crate) fn wake(&mut self, now: Millis, is_online: bool) -> Vec<Do> {
        match self.role {
            Role::Away => return self.open(now),
            Role::Out | Role::Alone | Role::Asking | Role::Leading | Role::Following(_) => {}
        }
        let todo = self.own(|connection| connection.wake(now, is_online));
        self.and_state(now, todo)
    }

    /// The address has changed.
    pub(crate) fn redirect(&mut self, now: Millis) -> Vec<Do> {
        let todo = self.own(|connection| connection.redirect(now));
        self.and_state(now, todo)
    }

    fn own(&mut self, decide: impl FnOnce(&mut Connection) -> Action) -> Vec<Do> {
        match decide(&mut self.connection) {
            Action::None => Vec::new(),
            Action::Connect => vec![Do::Connect],
            Action::Disconnect => vec![Do::Disconnect],
        }
    }

    /// A leader's followers are told when its state changes.
    fn and_state(&mut self, now: Millis, mut todo: Vec<Do>) -> Vec<Do> {
        if let (Role::Leading, Some(leader)) = (&self.role, self.window.clone()) {
            let status = self.connection.status();
            if self.said.replace(status) != Some(status) {
                todo.push(Do::Say(Word::State { leader, cursor: self.cursor().to_owned(), status: status.shifted(-now) }));
            }
        }
        todo
    }
}

fn deliver(received: Vec<Received>) -> Vec<Do> {
    if received.is_empty() { Vec::new() } else { vec![Do::Deliver(received)] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(name: &str) -> Sharing {
        let retain: Retain = |received| (received.event_type == "presence").then(|| received.data.clone());
        Sharing::new(Connection::new("aaaaaaaa-5".into(), 15_000.0), Some(name.into()), retain)
    }

    fn leader() -> Sharing {
        let mut leader = window("leader");
        assert_eq!(leader.open(0.0), [Do::Ask(Ask::IfFree)]);
        assert_eq!(leader.on_granted(Ask::IfFree, 0.0).first(), Some(&Do::Connect));
        leader.on_open(0.0);
        leader
    }

    fn follower() -> Sharing {
        let mut follower = window("follower");
        follower.open(0.0);
        assert_eq!(follower.on_refused(0.0), [here("follower", ""), Do::Ask(Ask::Wait)]);
        follower.on_word(0.0, state(Status::Open));
        follower
    }

    fn here(window: &str, note: &str) -> Do {
        Do::Say(Word::Here { window: window.into(), note: note.into() })
    }

    fn state(status: Status) -> Word {
        Word::State { leader: "leader".into(), cursor: "aaaaaaaa-5".into(), status }
    }

    #[test]
    fn who_has_nobody_to_share_with_connects_at_once() {
        let mut alone = Sharing::new(Connection::new(String::new(), 15_000.0), None, |_| None);
        assert_eq!(alone.open(0.0), [Do::Connect]);
        let mut refused = window("refused");
        refused.open(0.0);
        assert_eq!(refused.on_unavailable(0.0), [Do::Connect]);
        refused.close();
        assert_eq!(refused.open(0.0), [Do::Connect], "and does not ask again");
    }

    #[test]
    fn a_follower_says_what_the_connection_of_its_leader_does() {
        let mut follower = follower();
        assert_eq!((follower.status(), follower.part()), (Status::Open, Part::Follows));
        follower.on_word(1_000.0, state(Status::Reconnecting { attempt: 1, at: Some(700.0) }));
        assert_eq!(follower.status(), Status::Reconnecting { attempt: 1, at: Some(1_700.0) }, "on its own clock");
    }

    #[test]
    fn a_pause_is_that_of_one_window() {
        let mut leader = leader();
        let gone = |window: &str| Do::Say(Word::Gone { window: window.into() });
        assert_eq!(leader.pause(), [Do::Disconnect, Do::Release, gone("leader")]);
        assert_eq!(leader.status(), Status::Paused);
        let mut follower = follower();
        assert_eq!(follower.pause(), [Do::Disconnect, Do::Withdraw, gone("follower")]);
        assert_eq!(follower.status(), Status::Paused);
        assert_eq!(follower.on_granted(Ask::Wait, 1.0), [Do::Release], "granted just before");
        follower.close();
        assert_eq!((follower.pause(), follower.status()), (Vec::new(), Status::Closed));
    }

    #[test]
    fn a_new_window_is_told_who_is_there_which_no_log_has() {
        let mut leader = leader();
        for (room, id) in [("a", ""), ("b", ""), ("a", "")] {
            let presence = Received { event_type: "presence".into(), data: room.into(), last_event_id: id.into() };
            leader.on_message(1.0, presence);
        }
        let told = leader.on_word(2.0, Word::Here { window: "new".into(), note: String::new() });
        let [Do::Say(Word::State { .. }), Do::Say(Word::Present { window, received })] = told.as_slice() else {
            panic!("{told:?}")
        };
        assert_eq!((window.as_str(), received.len()), ("new", 2), "the newest of each");
        let again = leader.on_word(3.0, Word::Here { window: "new".into(), note: String::new() });
        assert_eq!(again.len(), 1, "only the state: {again:?}");
    }

    #[test]
    fn the_leader_knows_what_the_others_have_to_say_until_they_go() {
        let mut leader = leader();
        for (window, note) in [("a", "red"), ("b", "blue"), ("c", "red"), ("d", "")] {
            leader.on_word(0.0, Word::Here { window: window.into(), note: note.into() });
        }
        assert_eq!((leader.notes(), leader.part()), (vec!["blue", "red"], Part::Leads(4)));
        leader.on_word(1.0, Word::Gone { window: "b".into() });
        assert_eq!(leader.notes(), ["red"]);
        leader.on_word(100_000.0, Word::Here { window: "c".into(), note: "green".into() });
        leader.on_deadline(GONE_MILLIS);
        assert_eq!((leader.notes(), leader.part()), (vec!["green"], Part::Leads(1)), "the others have not been heard of");
    }

    #[test]
    fn a_follower_tells_the_leader_what_it_has_to_say_when_that_changes() {
        let mut follower = follower();
        assert_eq!(follower.set_note(1.0, "red"), [here("follower", "red")]);
        follower.pause();
        assert_eq!(follower.set_note(2.0, "blue"), [], "it is not there now");
        follower.open(3.0);
        assert_eq!(follower.on_refused(3.0).first(), Some(&here("follower", "blue")));
    }

    #[test]
    fn a_busy_window_asks_once_more_before_it_takes_the_lock() {
        let mut follower = follower();
        assert_eq!(follower.on_deadline(900.0), [here("follower", "")], "the leader is quiet");
        // It could not look before: the answer may have come meanwhile.
        assert_eq!(follower.on_deadline(9_000.0), []);
        follower.on_word(9_001.0, state(Status::Open));
        assert!(!follower.on_deadline(9_100.0).contains(&Do::Ask(Ask::Steal)));
        follower.on_deadline(10_000.0);
        follower.on_deadline(12_000.0);
        assert!(follower.on_deadline(12_050.0).contains(&Do::Ask(Ask::Steal)));
    }
}
