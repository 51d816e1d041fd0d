//! What one has said and the room has not: a queue for each room, as a pure state.
//!
//! A message is sent when those before it in its room are through. It carries a `CloudEvents` id of
//! its own, so saying it again can never say it twice, and it is known by that id when the stream
//! brings it.

use pulseboard_contract::{Event, EventId, Timestamp};

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its `CloudEvents` id.
    pub key: String,
    /// Where it is said.
    pub room: String,
    /// By whom.
    pub user: String,
    /// What.
    pub text: String,
    /// When it was written.
    pub time: Timestamp,
    /// How far it has come.
    pub stage: Stage,
    /// Whether the browser keeps it until the server has it.
    pub is_kept: bool,
}

/// How far a message has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its turn has yet to come.
    Waiting,
    /// It has been posted and not been answered.
    Sending,
    /// The server has it, under this id; the stream has yet to bring it.
    Sent(Option<EventId>),
    /// It could not be sent.
    Failed(Failure),
}

/// Why a message could not be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// In words.
    pub reason: String,
    /// Whether the same could be sent another time. It is then kept before what was written after
    /// it.
    pub is_passing: bool,
}

/// All messages on their way, in the order they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue(Vec<Outgoing>);

impl Queue {
    /// Adds a message.
    pub fn push(&mut self, outgoing: Outgoing) {
        self.0.push(outgoing);
    }

    /// Takes the message whose turn it is in a room, if it is anybody's, and marks it as being
    /// sent.
    pub fn next(&mut self, room: &str) -> Option<Outgoing> {
        let blocks = |outgoing: &Outgoing| match &outgoing.stage {
            Stage::Waiting | Stage::Sending => true,
            Stage::Sent(_) => false,
            Stage::Failed(failure) => failure.is_passing,
        };
        let first = self
            .0
            .iter_mut()
            .find(|outgoing| outgoing.room == room && blocks(outgoing))?;
        if first.stage != Stage::Waiting {
            return None;
        }
        first.stage = Stage::Sending;
        Some(first.clone())
    }

    /// What became of a message that was being sent.
    pub fn answered(&mut self, key: &str, answer: Result<Option<EventId>, Failure>) {
        if let Some(outgoing) = self.0.iter_mut().find(|outgoing| outgoing.key == key) {
            outgoing.stage = match answer {
                Ok(id) => Stage::Sent(id),
                Err(failure) => Stage::Failed(failure),
            };
        }
    }

    /// Lets a message that failed have another turn. Answers its room.
    pub fn retry(&mut self, key: &str) -> Option<String> {
        let outgoing = self.0.iter_mut().find(|outgoing| outgoing.key == key)?;
        if matches!(outgoing.stage, Stage::Failed(_)) {
            outgoing.stage = Stage::Waiting;
        }
        Some(outgoing.room.clone())
    }

    /// Lets everything have another turn that failed for a passing reason. Answers the rooms.
    pub fn retry_passing(&mut self) -> Vec<String> {
        let mut rooms = Vec::new();
        for outgoing in &mut self.0 {
            if matches!(&outgoing.stage, Stage::Failed(failure) if failure.is_passing) {
                outgoing.stage = Stage::Waiting;
                rooms.push(outgoing.room.clone());
            }
        }
        rooms.dedup();
        rooms
    }

    /// Gives a message up. Answers its room, where what was written after it may go on.
    pub fn discard(&mut self, key: &str) -> Option<String> {
        let at = self.0.iter().position(|outgoing| outgoing.key == key)?;
        Some(self.0.remove(at).room)
    }

    /// Takes in what an earlier page left, before what has been written since. What is here already
    /// is passed over. Answers the rooms of what is to be sent.
    pub fn restore(&mut self, mut left: Vec<Outgoing>) -> Vec<String> {
        left.retain(|outgoing| self.0.iter().all(|known| known.key != outgoing.key));
        left.sort_by_key(|outgoing| outgoing.time.millis());
        let rooms = left.iter().map(|outgoing| outgoing.room.clone()).collect();
        self.0.splice(0..0, left);
        rooms
    }

    /// Forgets what could not be sent and another window has sent or given up since: it is kept no
    /// longer.
    pub fn forget_unkept(&mut self, is_kept: impl Fn(&Outgoing) -> bool) {
        self.0.retain(|outgoing| {
            !matches!(outgoing.stage, Stage::Failed(_)) || !outgoing.is_kept || is_kept(outgoing)
        });
    }

    /// Forgets what has arrived. Answers the rooms of what did.
    pub fn settle(&mut self, has_arrived: impl Fn(&Outgoing) -> bool) -> Vec<String> {
        let mut rooms = Vec::new();
        self.0.retain(|outgoing| {
            let arrived = has_arrived(outgoing);
            if arrived {
                rooms.push(outgoing.room.clone());
            }
            !arrived
        });
        rooms
    }

    /// What is on its way to a room, in the order it was written.
    pub fn of<'a>(&'a self, room: &'a str) -> impl Iterator<Item = &'a Outgoing> {
        self.0.iter().filter(move |outgoing| outgoing.room == room)
    }

    /// Everything on its way.
    pub fn all(&self) -> &[Outgoing] {
        &self.0
    }
}

impl Outgoing {
    /// The `CloudEvents` source of everything said on a page.
    pub const SOURCE: &str = "/chat";

    /// Whether the event is this message.
    pub fn is(&self, event: &Event) -> bool {
        event.id == self.key && event.source == Self::SOURCE
    }
}

#[cfg(test)]
mod tests {
    use pulseboard_contract::Epoch;

    use super::*;

    fn queue(keys: &[(&str, &str)]) -> Queue {
        let mut queue = Queue::default();
        for (key, room) in keys {
            queue.push(Outgoing {
                key: (*key).to_owned(),
                room: (*room).to_owned(),
                user: "Ada".to_owned(),
                text: "Hello".to_owned(),
                time: "2024-01-01T12:00:00Z".parse().unwrap(),
                stage: Stage::Waiting,
                is_kept: true,
            });
        }
        queue
    }

    fn next(queue: &mut Queue, room: &str) -> Option<String> {
        queue.next(room).map(|outgoing| outgoing.key)
    }

    fn passing() -> Failure {
        Failure {
            reason: "The server cannot be reached.".to_owned(),
            is_passing: true,
        }
    }

    #[allow(clippy::unnecessary_wraps)] // As an answer has it.
    fn id(seq: u64) -> Option<EventId> {
        Some(EventId {
            epoch: Epoch::new(7),
            seq,
        })
    }

    #[test]
    fn one_message_of_a_room_is_sent_after_another_and_rooms_do_not_wait_for_each_other() {
        let mut queue = queue(&[("1", "a"), ("2", "a"), ("3", "b")]);
        assert_eq!(next(&mut queue, "a").as_deref(), Some("1"));
        assert_eq!(next(&mut queue, "a"), None, "the first is on its way");
        assert_eq!(next(&mut queue, "b").as_deref(), Some("3"));
        queue.answered("1", Ok(id(1)));
        assert_eq!(next(&mut queue, "a").as_deref(), Some("2"));
    }

    #[test]
    fn what_failed_for_now_is_kept_before_what_was_written_after_it() {
        let mut queue = queue(&[("1", "a"), ("2", "a")]);
        next(&mut queue, "a");
        queue.answered("1", Err(passing()));
        assert_eq!(next(&mut queue, "a"), None);
        assert_eq!(queue.retry("1").as_deref(), Some("a"));
        assert_eq!(next(&mut queue, "a").as_deref(), Some("1"));
        queue.answered("1", Ok(id(1)));
        assert_eq!(next(&mut queue, "a").as_deref(), Some("2"));
    }

    #[test]
    fn what_is_refused_or_discarded_holds_nothing_up() {
        let mut queue = queue(&[("1", "a"), ("2", "a"), ("3", "a")]);
        next(&mut queue, "a");
        queue.answered(
            "1",
            Err(Failure {
                reason: "The text is too long.".to_owned(),
                is_passing: false,
            }),
        );
        assert_eq!(next(&mut queue, "a").as_deref(), Some("2"));
        queue.answered("2", Err(passing()));
        assert_eq!(next(&mut queue, "a"), None);
        assert_eq!(queue.discard("2").as_deref(), Some("a"));
        assert_eq!(next(&mut queue, "a").as_deref(), Some("3"));
    }

    #[test]
    fn all_that_failed_for_now_is_tried_again_together_in_its_order() {
        let mut queue = queue(&[("1", "a"), ("2", "b"), ("3", "a")]);
        for (key, room) in [("1", "a"), ("2", "b")] {
            next(&mut queue, room);
            queue.answered(key, Err(passing()));
        }
        assert_eq!(queue.retry_passing(), ["a", "b"]);
        assert_eq!(next(&mut queue, "a").as_deref(), Some("1"));
        assert_eq!(next(&mut queue, "b").as_deref(), Some("2"));
    }

    #[test]
    fn what_the_stream_brings_is_through_even_if_its_answer_was_lost() {
        let mut queue = queue(&[("1", "a"), ("2", "a")]);
        next(&mut queue, "a");
        queue.answered("1", Err(passing()));
        assert_eq!(queue.settle(|outgoing| outgoing.key == "1"), ["a"]);
        assert_eq!(next(&mut queue, "a").as_deref(), Some("2"));
        assert_eq!(
            queue
                .of("a")
                .map(|outgoing| outgoing.key.as_str())
                .collect::<Vec<_>>(),
            ["2"]
        );
        // An answer that comes after all changes nothing.
        queue.answered("1", Ok(id(1)));
        assert_eq!(queue.all().len(), 1);
    }

    #[test]
    fn what_an_earlier_page_left_comes_first_and_in_its_order() {
        let mut left = queue(&[("1", "a"), ("2", "b")]).0;
        left[0].time = "2024-01-01T11:00:00Z".parse().unwrap();
        left.reverse();
        let mut queue = queue(&[("3", "a"), ("2", "b")]);
        assert_eq!(queue.restore(left), ["a"], "the second is here already");
        assert_eq!(
            queue
                .all()
                .iter()
                .map(|outgoing| outgoing.key.as_str())
                .collect::<Vec<_>>(),
            ["1", "3", "2"]
        );
        assert_eq!(next(&mut queue, "a").as_deref(), Some("1"));
    }

    #[test]
    fn what_another_window_has_given_up_is_given_up_here() {
        let mut queue = queue(&[("1", "a"), ("2", "a"), ("3", "b")]);
        queue.0[2].is_kept = false;
        for (key, room) in [("1", "a"), ("3", "b")] {
            next(&mut queue, room);
            queue.answered(key, Err(passing()));
        }
        queue.forget_unkept(|_| false);
        let left: Vec<_> = queue
            .all()
            .iter()
            .map(|outgoing| outgoing.key.as_str())
            .collect();
        assert_eq!(
            left,
            ["2", "3"],
            "what is on its way goes on, and what was never kept is only here"
        );
    }

    #[test]
    fn a_message_is_known_by_its_id_and_its_source() {
        let queue = queue(&[("1", "a")]);
        let json = |source: &str| {
            format!(
                r#"{{"specversion":"1.0","id":"1","source":"{source}","type":"chat","topic":"chat/a","time":"2024-01-01T12:00:00Z","eventid":"00000007-1","data":{{"user":"Ada","text":"Hello","time":"2024-01-01T12:00:00Z"}}}}"#
            )
        };
        let event = |source: &str| serde_json::from_str::<Event>(&json(source)).unwrap();
        assert!(queue.all()[0].is(&event("/chat")));
        assert!(!queue.all()[0].is(&event("/publish")));
    }
}
