//! The server, the lock, the channel and the tabs, and the time that passes for them.

use std::collections::{BTreeMap, VecDeque};

use crate::{
    CompareIds, Message,
    connection::{Connection, Failure, Millis},
    sharing::{Command, LockRequest, Sharing, TabMessage, decode, encode},
};

const HEARTBEAT: Millis = 15_000.0;

/// Numbers that look random and are the same for the same seed.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from((self.0 >> 20) % u64::from(sides)).unwrap()
    }
}

/// The number of a log and of an event in it.
pub(super) type Position = (u32, u64);

pub(super) fn to_id((log, number): Position) -> String {
    format!("{log}-{number}")
}

pub(super) fn to_position(id: &str) -> Position {
    let (log, number) = id.split_once('-').unwrap();
    (log.parse().unwrap(), number.parse().unwrap())
}

/// Something on its way to a tab.
#[derive(Debug)]
pub(super) enum Arrival {
    TabMessages(Vec<TabMessage>),
    LockGranted(LockRequest, u64),
    LockRefused,
    LockLost(u64),
    StreamOpened(u64),
    StreamMessage(u64, Message),
    StreamFailed(u64),
}

/// What it comes from. Two arrivals from the same sender stay in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sender {
    Tab(usize),
    Lock,
    Stream(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lifecycle {
    Runs,
    Frozen,
    Dead,
}

/// The `EventSource` of a tab, and how far the server has sent on it.
pub(super) struct Stream {
    pub(super) number: u64,
    position: Position,
    pub(super) is_open: bool,
}

pub(super) struct Tab {
    pub(super) sharing: Sharing,
    pub(super) lifecycle: Lifecycle,
    arrivals: BTreeMap<Sender, VecDeque<(Millis, Arrival)>>,
    pub(super) stream: Option<Stream>,
    held_lock: Option<u64>,
    pub(super) began: Position,
    pub(super) delivered: Vec<Message>,
}

pub(super) struct World {
    pub(super) dice: Dice,
    now: Millis,
    compare_ids: CompareIds,
    /// The newest event.
    pub(super) newest: Position,
    pub(super) tabs: Vec<Tab>,
    pub(super) lock_holder: Option<(usize, u64)>,
    lock_queue: VecDeque<usize>,
    numbers: u64,
    /// Connections opened so far.
    pub(super) connections: u64,
}

impl World {
    pub(super) fn new(seed: u64, compare_ids: CompareIds) -> Self {
        Self {
            dice: Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
            now: 0.0,
            compare_ids,
            newest: (1, 0),
            tabs: Vec::new(),
            lock_holder: None,
            lock_queue: VecDeque::new(),
            numbers: 0,
            connections: 0,
        }
    }

    fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(super) fn open_tab(&mut self) {
        // The server rendered its page a little while ago.
        let back = u64::from(self.dice.roll(4)).min(self.newest.1);
        let began = (self.newest.0, self.newest.1 - back);
        let sharing = Sharing::new(
            Connection::new(to_id(began), Some(HEARTBEAT)),
            Some(format!("t{}", self.tabs.len())),
            self.compare_ids,
            |_| None,
        );
        self.tabs.push(Tab {
            sharing,
            lifecycle: Lifecycle::Runs,
            arrivals: BTreeMap::new(),
            stream: None,
            held_lock: None,
            began,
            delivered: Vec::new(),
        });
        self.act(self.tabs.len() - 1, Sharing::open);
    }

    pub(super) fn act(
        &mut self,
        tab: usize,
        decide: impl FnOnce(&mut Sharing, Millis) -> Vec<Command>,
    ) {
        for command in decide(&mut self.tabs[tab].sharing, self.now) {
            self.carry_out(tab, command);
        }
    }

    fn carry_out(&mut self, tab: usize, command: Command) {
        match command {
            Command::Connect => {
                self.disconnect(tab);
                let number = self.next_number();
                self.connections += 1;
                self.tabs[tab].stream = Some(Stream {
                    number,
                    position: to_position(self.tabs[tab].sharing.cursor()),
                    is_open: false,
                });
                self.send(
                    tab,
                    Sender::Stream(number),
                    300,
                    Arrival::StreamOpened(number),
                );
            }
            Command::Disconnect => self.disconnect(tab),
            Command::Deliver(messages) => self.tabs[tab].delivered.extend(messages),
            Command::Send(message) => {
                let text = encode(&[message]).unwrap();
                for other in (0..self.tabs.len()).filter(|other| *other != tab) {
                    if self.tabs[other].sharing.needs_channel() {
                        let messages = Arrival::TabMessages(decode(&text).unwrap());
                        self.send(other, Sender::Tab(tab), 60, messages);
                    }
                }
            }
            Command::RequestLock(request) => self.request_lock(tab, request),
            Command::WithdrawRequest => self.lock_queue.retain(|waiting| *waiting != tab),
            Command::ReleaseLock => {
                let held = self.tabs[tab].held_lock.take();
                if held.is_some_and(|hold| self.lock_holder == Some((tab, hold))) {
                    self.pass_lock_on();
                }
            }
        }
    }

    fn request_lock(&mut self, tab: usize, request: LockRequest) {
        match (request, self.lock_holder) {
            (LockRequest::IfFree, Some(_)) => {
                self.send(tab, Sender::Lock, 20, Arrival::LockRefused);
            }
            (LockRequest::Wait, Some(_)) => self.lock_queue.push_back(tab),
            (LockRequest::Steal, Some((holder, hold))) => {
                self.send(holder, Sender::Lock, 20, Arrival::LockLost(hold));
                self.grant_lock(tab, request);
            }
            (LockRequest::IfFree | LockRequest::Wait | LockRequest::Steal, None) => {
                self.grant_lock(tab, request);
            }
        }
    }

    fn grant_lock(&mut self, tab: usize, request: LockRequest) {
        let hold = self.next_number();
        self.lock_holder = Some((tab, hold));
        self.send(tab, Sender::Lock, 20, Arrival::LockGranted(request, hold));
    }

    fn pass_lock_on(&mut self) {
        self.lock_holder = None;
        if let Some(next) = self.lock_queue.pop_front() {
            self.grant_lock(next, LockRequest::Wait);
        }
    }

    fn disconnect(&mut self, tab: usize) {
        if let Some(stream) = self.tabs[tab].stream.take() {
            self.tabs[tab]
                .arrivals
                .remove(&Sender::Stream(stream.number));
        }
    }

    pub(super) fn kill(&mut self, tab: usize) {
        self.tabs[tab].lifecycle = Lifecycle::Dead;
        self.disconnect(tab);
        self.tabs[tab].arrivals.clear();
        self.lock_queue.retain(|waiting| *waiting != tab);
        if self.lock_holder.is_some_and(|(holder, _)| holder == tab) {
            self.pass_lock_on();
        }
    }

    pub(super) fn send(&mut self, tab: usize, sender: Sender, at_most: u32, arrival: Arrival) {
        let at = self.now + f64::from(self.dice.roll(at_most));
        let queue = self.tabs[tab].arrivals.entry(sender).or_default();
        let at = queue.back().map_or(at, |(last, _)| last.max(at));
        queue.push_back((at, arrival));
    }

    pub(super) fn publish(&mut self) {
        self.newest.1 += 1;
        self.serve();
    }

    /// The server sends on each open stream what that does not have yet.
    pub(super) fn serve(&mut self) {
        let newest = self.newest;
        for tab in 0..self.tabs.len() {
            let Some(stream) = self.tabs[tab]
                .stream
                .as_mut()
                .filter(|stream| stream.is_open)
            else {
                continue;
            };
            let (number, mut sent) = (stream.number, stream.position);
            stream.position = newest;
            let mut messages = Vec::new();
            if sent.0 != newest.0 {
                sent = (newest.0, 0);
                messages.push(("gap", sent));
            }
            messages.extend((sent.1 + 1..=newest.1).map(|event| ("message", (newest.0, event))));
            for (event_type, position) in messages {
                let message = Message {
                    event_type: event_type.into(),
                    data: String::new(),
                    last_event_id: to_id(position),
                };
                self.send(
                    tab,
                    Sender::Stream(number),
                    80,
                    Arrival::StreamMessage(number, message),
                );
            }
        }
    }

    /// Lets time pass, and everything happen that is due.
    pub(super) fn pass(&mut self, millis: u32) {
        let end = self.now + f64::from(millis);
        loop {
            let now = self.now;
            let running = self
                .tabs
                .iter()
                .enumerate()
                .filter(|(_, tab)| tab.lifecycle == Lifecycle::Runs);
            let due = running.flat_map(|(index, tab)| {
                let arrivals = tab.arrivals.iter().filter_map(|(sender, queue)| {
                    queue.front().map(|(at, _)| (*at, Some(*sender)))
                });
                arrivals
                    .chain(tab.sharing.deadline().map(|at| (at, None)))
                    .map(move |(at, sender)| (at.max(now), index, sender))
            });
            let Some((at, index, sender)) = due
                .min_by(|a, b| a.0.total_cmp(&b.0))
                .filter(|(at, ..)| *at <= end)
            else {
                break;
            };
            self.now = at;
            let Some(sender) = sender else {
                self.act(index, Sharing::on_deadline);
                continue;
            };
            if let Some((_, arrival)) = self.tabs[index]
                .arrivals
                .get_mut(&sender)
                .and_then(VecDeque::pop_front)
            {
                self.arrive(index, arrival);
            }
        }
        self.now = end;
    }

    fn arrive(&mut self, tab: usize, arrival: Arrival) {
        match arrival {
            Arrival::TabMessages(messages) => {
                for message in messages {
                    self.act(tab, |sharing, now| sharing.on_tab_message(now, message));
                }
            }
            Arrival::LockGranted(request, hold) => {
                // If the lock was lost meanwhile, the next arrival says so.
                self.tabs[tab].held_lock = Some(hold);
                self.act(tab, |sharing, now| sharing.on_lock_granted(request, now));
            }
            Arrival::LockRefused => self.act(tab, Sharing::on_lock_refused),
            Arrival::LockLost(hold) => {
                if self.tabs[tab]
                    .held_lock
                    .take_if(|held| *held == hold)
                    .is_some()
                {
                    self.act(tab, Sharing::on_lock_lost);
                }
            }
            Arrival::StreamOpened(number) => {
                if let Some(stream) = self.current_stream(tab, number) {
                    stream.is_open = true;
                    self.act(tab, Sharing::on_open);
                    self.serve();
                }
            }
            Arrival::StreamMessage(number, message) => {
                if self.current_stream(tab, number).is_some() {
                    self.act(tab, |sharing, now| sharing.on_message(now, message));
                }
            }
            Arrival::StreamFailed(number) => {
                if self.current_stream(tab, number).is_some() {
                    self.act(tab, |sharing, now| {
                        sharing.on_error(now, Failure::BrowserGaveUp, true, 0.3)
                    });
                }
            }
        }
    }

    fn current_stream(&mut self, tab: usize, number: u64) -> Option<&mut Stream> {
        self.tabs[tab]
            .stream
            .as_mut()
            .filter(|stream| stream.number == number)
    }
}
