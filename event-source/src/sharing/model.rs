//! Many windows against a server, a lock and a channel that take their time, while windows are
//! opened, closed, killed, frozen and paused, streams are cut and the log begins anew: every window
//! gets every event once and in order, and when things have calmed down there is one connection.

use std::collections::{BTreeMap, VecDeque};

use crate::{
    Part, Received, Status,
    connection::{Connection, Failure, Millis},
};

use super::{Ask, Do, Sharing, Word, read, write};

const HEARTBEAT: Millis = 15_000.0;

/// Numbers that look random and are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from((self.0 >> 20) % u64::from(sides)).unwrap()
    }
}

/// A position: which log, and where in it.
type Position = (u32, u64);

fn text((epoch, seq): Position) -> String {
    format!("{epoch:08x}-{seq}")
}

/// What is on its way to a window.
#[derive(Debug)]
enum Coming {
    Words(Vec<Word>),
    Granted(Ask, u64),
    Refused,
    Lost(u64),
    Opened(u64),
    Brought(u64, Received),
    Failed(u64),
}

/// Things on one way overtake nothing that is on the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    From(usize),
    Lock,
    Stream(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Life {
    Runs,
    Frozen,
    Dead,
}

/// An `EventSource` of a window and how far the server has sent on it.
struct Stream {
    number: u64,
    position: Position,
    is_open: bool,
}

struct Window {
    sharing: Sharing,
    life: Life,
    coming: BTreeMap<Way, VecDeque<(Millis, Coming)>>,
    stream: Option<Stream>,
    hold: Option<u64>,
    began: Position,
    got: Vec<Received>,
}

struct World {
    dice: Dice,
    now: Millis,
    log: Position,
    windows: Vec<Window>,
    holder: Option<(usize, u64)>,
    waiting: VecDeque<usize>,
    numbers: u64,
    connections: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        let dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        Self {
            dice,
            now: 0.0,
            log: (1, 0),
            windows: Vec::new(),
            holder: None,
            waiting: VecDeque::new(),
            numbers: 0,
            connections: 0,
        }
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn open_window(&mut self) {
        // Its page was rendered a little while ago.
        let back = u64::from(self.dice.roll(4)).min(self.log.1);
        let began = (self.log.0, self.log.1 - back);
        let name = format!("w{}", self.windows.len());
        let sharing = Sharing::new(Connection::new(text(began), HEARTBEAT), Some(name), |_| {
            None
        });
        self.windows.push(Window {
            sharing,
            life: Life::Runs,
            coming: BTreeMap::new(),
            stream: None,
            hold: None,
            began,
            got: Vec::new(),
        });
        let window = self.windows.len() - 1;
        self.act(window, Sharing::open);
    }

    fn act(&mut self, window: usize, decide: impl FnOnce(&mut Sharing, Millis) -> Vec<Do>) {
        for todo in decide(&mut self.windows[window].sharing, self.now) {
            self.carry_out(window, todo);
        }
    }

    fn carry_out(&mut self, window: usize, todo: Do) {
        match todo {
            Do::Connect => {
                self.disconnect(window);
                let number = self.number();
                self.connections += 1;
                let (epoch, seq) = self.windows[window]
                    .sharing
                    .cursor()
                    .split_once('-')
                    .unwrap();
                let position = (
                    u32::from_str_radix(epoch, 16).unwrap(),
                    seq.parse().unwrap(),
                );
                self.windows[window].stream = Some(Stream {
                    number,
                    position,
                    is_open: false,
                });
                self.send(window, Way::Stream(number), 300, Coming::Opened(number));
            }
            Do::Disconnect => self.disconnect(window),
            Do::Deliver(received) => self.windows[window].got.extend(received),
            Do::Say(word) => {
                let text = write(&[word]).unwrap();
                for other in (0..self.windows.len()).filter(|other| *other != window) {
                    if self.windows[other].sharing.takes_part() {
                        self.send(
                            other,
                            Way::From(window),
                            60,
                            Coming::Words(read(&text).unwrap()),
                        );
                    }
                }
            }
            Do::Ask(Ask::IfFree) if self.holder.is_some() => {
                self.send(window, Way::Lock, 20, Coming::Refused);
            }
            Do::Ask(Ask::Wait) if self.holder.is_some() => self.waiting.push_back(window),
            Do::Ask(ask) => {
                if let Some((holder, hold)) = self.holder {
                    self.send(holder, Way::Lock, 20, Coming::Lost(hold));
                }
                self.grant(window, ask);
            }
            Do::Withdraw => self.waiting.retain(|waiting| *waiting != window),
            Do::Release => {
                if self.windows[window]
                    .hold
                    .take()
                    .is_some_and(|hold| self.holder == Some((window, hold)))
                {
                    self.pass_on();
                }
            }
        }
    }

    fn grant(&mut self, window: usize, ask: Ask) {
        let hold = self.number();
        self.holder = Some((window, hold));
        self.send(window, Way::Lock, 20, Coming::Granted(ask, hold));
    }

    fn pass_on(&mut self) {
        self.holder = None;
        if let Some(next) = self.waiting.pop_front() {
            self.grant(next, Ask::Wait);
        }
    }

    fn disconnect(&mut self, window: usize) {
        if let Some(stream) = self.windows[window].stream.take() {
            self.windows[window]
                .coming
                .remove(&Way::Stream(stream.number));
        }
    }

    fn send(&mut self, window: usize, way: Way, at_most: u32, coming: Coming) {
        let at = self.now + f64::from(self.dice.roll(at_most));
        let queue = self.windows[window].coming.entry(way).or_default();
        let at = queue.back().map_or(at, |(last, _)| last.max(at));
        queue.push_back((at, coming));
    }

    /// The server sends what each open stream does not have yet.
    fn serve(&mut self) {
        let log = self.log;
        for window in 0..self.windows.len() {
            let Some(stream) = self.windows[window]
                .stream
                .as_mut()
                .filter(|stream| stream.is_open)
            else {
                continue;
            };
            let (number, before) = (stream.number, stream.position);
            stream.position = log;
            let mut position = before;
            if before.0 != log.0 {
                position = (log.0, 0);
                let gap = Received {
                    event_type: "gap".into(),
                    data: String::new(),
                    last_event_id: text(position),
                };
                self.send(
                    window,
                    Way::Stream(number),
                    80,
                    Coming::Brought(number, gap),
                );
            }
            for seq in position.1 + 1..=log.1 {
                let id = text((log.0, seq));
                let event = Received {
                    event_type: "message".into(),
                    data: id.clone(),
                    last_event_id: id,
                };
                self.send(
                    window,
                    Way::Stream(number),
                    80,
                    Coming::Brought(number, event),
                );
            }
        }
    }

    /// Lets time pass, and happen what is due.
    fn pass(&mut self, millis: u32) {
        let end = self.now + f64::from(millis);
        loop {
            let now = self.now;
            let running = self
                .windows
                .iter()
                .enumerate()
                .filter(|(_, window)| window.life == Life::Runs);
            let due = running.flat_map(|(index, window)| {
                let coming = window
                    .coming
                    .iter()
                    .filter_map(|(way, queue)| queue.front().map(|(at, _)| (*at, Some(*way))));
                coming
                    .chain(window.sharing.deadline().map(|at| (at, None)))
                    .map(move |(at, way)| (at.max(now), index, way))
            });
            let Some((at, index, way)) = due
                .min_by(|a, b| a.0.total_cmp(&b.0))
                .filter(|(at, ..)| *at <= end)
            else {
                break;
            };
            self.now = at;
            match way {
                None => self.act(index, Sharing::on_deadline),
                Some(way) => {
                    if let Some((_, coming)) = self.windows[index]
                        .coming
                        .get_mut(&way)
                        .and_then(VecDeque::pop_front)
                    {
                        self.happen(index, coming);
                    }
                }
            }
        }
        self.now = end;
    }

    fn happen(&mut self, window: usize, coming: Coming) {
        let is_current = |world: &Self, number| {
            world.windows[window]
                .stream
                .as_ref()
                .is_some_and(|stream| stream.number == number)
        };
        match coming {
            Coming::Words(words) => {
                for word in words {
                    self.act(window, |sharing, now| sharing.on_word(now, word));
                }
            }
            Coming::Granted(ask, hold) => {
                // If it was taken away again meanwhile, the next thing that comes says so.
                self.windows[window].hold = Some(hold);
                self.act(window, |sharing, now| sharing.on_granted(ask, now));
            }
            Coming::Refused => self.act(window, Sharing::on_refused),
            Coming::Lost(hold) => {
                if self.windows[window].hold == Some(hold) {
                    self.windows[window].hold = None;
                    self.act(window, Sharing::on_lost);
                }
            }
            Coming::Opened(number) => {
                if let Some(stream) = self.windows[window]
                    .stream
                    .as_mut()
                    .filter(|stream| stream.number == number)
                {
                    stream.is_open = true;
                    self.act(window, Sharing::on_open);
                    self.serve();
                }
            }
            Coming::Brought(number, received) if is_current(self, number) => {
                self.act(window, |sharing, now| sharing.on_message(now, received));
            }
            Coming::Failed(number) if is_current(self, number) => {
                self.act(window, |sharing, now| {
                    sharing.on_error(now, Failure::BrowserGaveUp, true, 0.3)
                });
            }
            Coming::Brought(..) | Coming::Failed(_) => {}
        }
    }

    fn publish(&mut self) {
        self.log.1 += 1;
        self.serve();
    }

    fn kill(&mut self, window: usize) {
        self.windows[window].life = Life::Dead;
        self.disconnect(window);
        self.windows[window].coming.clear();
        self.waiting.retain(|waiting| *waiting != window);
        if self.holder.is_some_and(|(holder, _)| holder == window) {
            self.pass_on();
        }
    }

    fn some(&mut self, life: Life) -> Option<usize> {
        let those: Vec<_> = (0..self.windows.len())
            .filter(|window| self.windows[*window].life == life)
            .collect();
        let count = u32::try_from(those.len()).ok().filter(|count| *count > 0)?;
        Some(those[self.dice.roll(count) as usize])
    }

    /// The one with the connection, more often than not.
    fn victim(&mut self) -> Option<usize> {
        let leader = self
            .holder
            .map(|(holder, _)| holder)
            .filter(|holder| self.windows[*holder].life == Life::Runs);
        if self.dice.roll(3) > 0 {
            leader.or_else(|| self.some(Life::Runs))
        } else {
            self.some(Life::Runs)
        }
    }

    fn step(&mut self, has_new_logs: bool) {
        match self.dice.roll(40) {
            0..=15 => (0..=self.dice.roll(5)).for_each(|_| self.publish()),
            16 | 17
                if self
                    .windows
                    .iter()
                    .filter(|window| window.life != Life::Dead)
                    .count()
                    < 8 =>
            {
                self.open_window();
            }
            18 => {
                if let Some(window) = self.victim() {
                    if self.dice.roll(2) == 0 {
                        self.act(window, |sharing, _| sharing.put_away());
                    }
                    self.kill(window);
                }
            }
            19 | 20 => {
                if let Some(window) = self.victim() {
                    if self.dice.roll(2) == 0 {
                        self.act(window, |sharing, _| sharing.put_away());
                    }
                    self.windows[window].life = Life::Frozen;
                }
            }
            21 | 22 => {
                if let Some(window) = self.some(Life::Frozen) {
                    self.thaw(window);
                }
            }
            23 => {
                if let Some(window) = self.victim() {
                    let is_pause = self.dice.roll(2) == 0;
                    self.act(window, |sharing, _| {
                        if is_pause {
                            sharing.pause()
                        } else {
                            sharing.close()
                        }
                    });
                }
            }
            24 | 25 => {
                if let Some(window) = self.some(Life::Runs) {
                    self.act(window, Sharing::open);
                }
            }
            26 | 27 => {
                let streams: Vec<_> = (0..self.windows.len())
                    .filter(|window| self.windows[*window].stream.is_some())
                    .collect();
                for window in streams {
                    let Some(stream) = &mut self.windows[window].stream else {
                        continue;
                    };
                    stream.is_open = false;
                    let number = stream.number;
                    self.send(window, Way::Stream(number), 50, Coming::Failed(number));
                }
            }
            28 => {
                if let Some(window) = self.victim() {
                    self.act(window, Sharing::redirect);
                }
            }
            29 if has_new_logs => {
                self.log = (self.log.0 + 1, 0);
                self.serve();
            }
            _ => {
                let millis = [5, 50, 300, 2_500][self.dice.roll(4) as usize];
                self.pass(millis);
            }
        }
    }

    fn thaw(&mut self, window: usize) {
        self.windows[window].life = Life::Runs;
        // What came before the freeze is heard first or last.
        if self.dice.roll(2) == 0 {
            self.pass(1);
        }
        self.act(window, |sharing, now| sharing.wake(now, true));
    }

    /// Everybody wakes up and wants it open, and nothing happens any more but an event now and
    /// then.
    fn settle(&mut self) {
        for window in 0..self.windows.len() {
            match self.windows[window].life {
                Life::Frozen => self.thaw(window),
                Life::Runs | Life::Dead => {}
            }
            if self.windows[window].life == Life::Runs {
                self.act(window, Sharing::open);
            }
        }
        for _ in 0..40 {
            self.publish();
            self.pass(500);
        }
        self.pass(1_000);
    }

    fn check(&self, seed: u64) {
        let alive: Vec<_> = self
            .windows
            .iter()
            .enumerate()
            .filter(|(_, window)| window.life == Life::Runs)
            .collect();
        for (index, window) in &alive {
            let mut position = window.began;
            for (number, received) in window.got.iter().enumerate() {
                let expected = if received.event_type == "gap" {
                    let (epoch, _) = received.last_event_id.split_once('-').unwrap();
                    let epoch = u32::from_str_radix(epoch, 16).unwrap();
                    assert!(
                        epoch > position.0,
                        "seed {seed}, window {index}: a gap that is none, as message {number}"
                    );
                    (epoch, 0)
                } else {
                    (position.0, position.1 + 1)
                };
                assert_eq!(
                    received.last_event_id,
                    text(expected),
                    "seed {seed}, window {index}: message {number}"
                );
                position = expected;
            }
            assert_eq!(
                position, self.log,
                "seed {seed}, window {index}: something never came"
            );
            assert_eq!(
                window.sharing.status(),
                Status::Open,
                "seed {seed}, window {index}"
            );
        }
        let connected: Vec<_> = alive
            .iter()
            .filter(|(_, window)| window.stream.is_some())
            .collect();
        assert_eq!(
            connected.len(),
            alive.len().min(1),
            "seed {seed}: lasting connections"
        );
        for (_, window) in connected {
            let part = if alive.len() == 1 {
                Part::Alone
            } else {
                Part::Leads(alive.len() - 1)
            };
            // Windows that were killed without a word are remembered for a while.
            let Part::Leads(others) = window.sharing.part() else {
                assert_eq!(part, window.sharing.part());
                continue;
            };
            assert!(
                others + 1 >= alive.len(),
                "seed {seed}: {others} others of {}",
                alive.len()
            );
        }
    }
}

fn run(seeds: std::ops::Range<u64>, has_new_logs: bool) {
    for seed in seeds {
        let mut world = World::new(seed);
        (0..3).for_each(|_| world.open_window());
        (0..120).for_each(|_| world.step(has_new_logs));
        world.settle();
        world.check(seed);
    }
}

#[test]
fn every_window_gets_every_event_once_and_in_order_over_one_connection() {
    run(0..250, false);
}

#[test]
fn a_log_that_begins_anew_is_told_to_every_window_once() {
    run(10_000..10_250, true);
}

#[test]
fn ten_windows_that_nobody_disturbs_need_one_connection_between_them() {
    let mut world = World::new(1);
    for _ in 0..10 {
        world.log = (1, 0);
        world.open_window();
        world.pass(1_000);
    }
    for _ in 0..100 {
        world.publish();
        world.pass(1_900);
    }
    world.check(1);
    assert_eq!(world.connections, 1);
}

#[test]
fn a_leader_that_froze_is_replaced_within_three_seconds() {
    for seed in 1..100 {
        let mut world = World::new(seed);
        (0..5).for_each(|_| world.open_window());
        world.pass(5_000);
        let (leader, _) = world.holder.unwrap();
        world.windows[leader].life = Life::Frozen;
        world.publish();
        world.pass(3_000);
        for (index, window) in world
            .windows
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != leader)
        {
            assert_eq!(
                window.sharing.cursor(),
                "00000001-1",
                "seed {seed}, window {index}"
            );
        }
    }
}
