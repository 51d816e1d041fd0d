//! A queue of outgoing messages for each room, as a pure state.
//!
//! A message is sent once the earlier messages of its room are through. It has a `CloudEvents` id of
//! its own: sending it twice stores it once, and the stream's copy is recognised by that id.

use pulseboard_contract::{Event, EventId, Timestamp};

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Its `CloudEvents` id.
    pub id: String,
    /// The room.
    pub room: String,
    /// The author's name.
    pub user: String,
    /// The text.
    pub text: String,
    /// When it was written.
    pub time: Timestamp,
    /// How far it has come.
    pub stage: Stage,
    /// Whether the browser stores it until the server has it.
    pub is_stored: bool,
}

/// How far a message has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It waits for earlier messages.
    Waiting,
    /// It was posted, and the response is pending.
    Sending,
    /// The server has it under this id, and the stream has not brought it yet.
    Sent(Option<EventId>),
    /// It could not be sent.
    Failed(Failure),
}

/// Why a message could not be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The reason, as a sentence for the author.
    pub reason: String,
    /// Whether the same message may succeed later. Then later messages of the room wait for it.
    pub is_temporary: bool,
}

/// All messages on their way, in the order they were written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue(Vec<Outgoing>);

impl Queue {
    /// Adds a message.
    pub fn push(&mut self, outgoing: Outgoing) {
        self.0.push(outgoing);
    }

    /// The next message to send to a room, marked as being sent; none while another one of the room
    /// is being sent or has to be sent first.
    pub fn next(&mut self, room: &str) -> Option<Outgoing> {
        let blocks = |outgoing: &Outgoing| match &outgoing.stage {
            Stage::Waiting | Stage::Sending => true,
            Stage::Sent(_) => false,
            Stage::Failed(failure) => failure.is_temporary,
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

    /// Records the outcome for a message that was being sent.
    pub fn finish(&mut self, id: &str, outcome: Result<Option<EventId>, Failure>) {
        if let Some(outgoing) = self.0.iter_mut().find(|outgoing| outgoing.id == id) {
            outgoing.stage = match outcome {
                Ok(id) => Stage::Sent(id),
                Err(failure) => Stage::Failed(failure),
            };
        }
    }

    /// Lets a failed message wait to be sent again. Returns its room.
    pub fn retry(&mut self, id: &str) -> Option<String> {
        let outgoing = self.0.iter_mut().find(|outgoing| outgoing.id == id)?;
        if matches!(outgoing.stage, Stage::Failed(_)) {
            outgoing.stage = Stage::Waiting;
        }
        Some(outgoing.room.clone())
    }

    /// Lets all messages with a temporary failure wait to be sent again. Returns their rooms.
    pub fn retry_temporary(&mut self) -> Vec<String> {
        let mut rooms = Vec::new();
        for outgoing in &mut self.0 {
            if matches!(&outgoing.stage, Stage::Failed(failure) if failure.is_temporary) {
                outgoing.stage = Stage::Waiting;
                rooms.push(outgoing.room.clone());
            }
        }
        rooms.dedup();
        rooms
    }

    /// Removes a message. Returns its room, whose later messages may be sent now.
    pub fn discard(&mut self, id: &str) -> Option<String> {
        let at = self.0.iter().position(|outgoing| outgoing.id == id)?;
        Some(self.0.remove(at).room)
    }

    /// Takes in the messages that an earlier page left, before those written since. Messages that
    /// are here already are skipped. Returns the rooms of the new ones.
    pub fn restore(&mut self, mut left: Vec<Outgoing>) -> Vec<String> {
        left.retain(|outgoing| self.0.iter().all(|known| known.id != outgoing.id));
        left.sort_by_key(|outgoing| outgoing.time.millis());
        let rooms = left.iter().map(|outgoing| outgoing.room.clone()).collect();
        self.0.splice(0..0, left);
        rooms
    }

    /// Removes failed messages that another tab has sent or discarded since, so that they are no
    /// longer stored.
    pub fn forget_removed(&mut self, is_stored: impl Fn(&Outgoing) -> bool) {
        self.0.retain(|outgoing| {
            !matches!(outgoing.stage, Stage::Failed(_))
                || !outgoing.is_stored
                || is_stored(outgoing)
        });
    }

    /// Removes the messages that have arrived. Returns their rooms.
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

    /// The messages on their way to a room, in the order they were written.
    pub fn of<'a>(&'a self, room: &'a str) -> impl Iterator<Item = &'a Outgoing> {
        self.0.iter().filter(move |outgoing| outgoing.room == room)
    }

    /// All messages on their way.
    pub fn all(&self) -> &[Outgoing] {
        &self.0
    }
}

impl Outgoing {
    /// The `CloudEvents` source of every message written on a page.
    pub const SOURCE: &str = pulseboard_contract::reserved::CHAT_SOURCE;

    /// Whether the event is this message.
    pub fn is(&self, event: &Event) -> bool {
        event.id == self.id && event.source == Self::SOURCE
    }
}

#[cfg(test)]
mod tests {
    use pulseboard_contract::Epoch;

    use super::*;

    fn queue(ids: &[(&str, &str)]) -> Queue {
        let mut queue = Queue::default();
        for (id, room) in ids {
            queue.push(Outgoing {
                id: (*id).to_owned(),
                room: (*room).to_owned(),
                user: "Ada".to_owned(),
                text: "Hello".to_owned(),
                time: "2024-01-01T12:00:00Z".parse().unwrap(),
                stage: Stage::Waiting,
                is_stored: true,
            });
        }
        queue
    }

    fn next(queue: &mut Queue, room: &str) -> Option<String> {
        queue.next(room).map(|outgoing| outgoing.id)
    }

    fn temporary() -> Failure {
        Failure {
            reason: "Can't reach the server.".to_owned(),
            is_temporary: true,
        }
    }

    #[allow(clippy::unnecessary_wraps)] // `Queue::finish` takes an option.
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
        queue.finish("1", Ok(id(1)));
        assert_eq!(next(&mut queue, "a").as_deref(), Some("2"));
    }

    #[test]
    fn a_temporary_failure_holds_back_the_later_messages_of_its_room() {
        let mut queue = queue(&[("1", "a"), ("2", "a")]);
        next(&mut queue, "a");
        queue.finish("1", Err(temporary()));
        assert_eq!(next(&mut queue, "a"), None);
        assert_eq!(queue.retry("1").as_deref(), Some("a"));
        assert_eq!(next(&mut queue, "a").as_deref(), Some("1"));
        queue.finish("1", Ok(id(1)));
        assert_eq!(next(&mut queue, "a").as_deref(), Some("2"));
    }

    #[test]
    fn a_refused_or_discarded_message_holds_nothing_back() {
        let mut queue = queue(&[("1", "a"), ("2", "a"), ("3", "a")]);
        next(&mut queue, "a");
        queue.finish(
            "1",
            Err(Failure {
                reason: "The text is too long.".to_owned(),
                is_temporary: false,
            }),
        );
        assert_eq!(next(&mut queue, "a").as_deref(), Some("2"));
        queue.finish("2", Err(temporary()));
        assert_eq!(next(&mut queue, "a"), None);
        assert_eq!(queue.discard("2").as_deref(), Some("a"));
        assert_eq!(next(&mut queue, "a").as_deref(), Some("3"));
    }

    #[test]
    fn temporary_failures_are_sent_again_together_and_in_order() {
        let mut queue = queue(&[("1", "a"), ("2", "b"), ("3", "a")]);
        for (key, room) in [("1", "a"), ("2", "b")] {
            next(&mut queue, room);
            queue.finish(key, Err(temporary()));
        }
        assert_eq!(queue.retry_temporary(), ["a", "b"]);
        assert_eq!(next(&mut queue, "a").as_deref(), Some("1"));
        assert_eq!(next(&mut queue, "b").as_deref(), Some("2"));
    }

    #[test]
    fn a_message_that_the_stream_brings_has_arrived_even_if_its_response_was_lost() {
        let mut queue = queue(&[("1", "a"), ("2", "a")]);
        next(&mut queue, "a");
        queue.finish("1", Err(temporary()));
        assert_eq!(queue.settle(|outgoing| outgoing.id == "1"), ["a"]);
        assert_eq!(next(&mut queue, "a").as_deref(), Some("2"));
        assert_eq!(
            queue
                .of("a")
                .map(|outgoing| outgoing.id.as_str())
                .collect::<Vec<_>>(),
            ["2"]
        );
        // A response that comes later changes nothing.
        queue.finish("1", Ok(id(1)));
        assert_eq!(queue.all().len(), 1);
    }

    #[test]
    fn messages_of_an_earlier_page_come_first_and_in_their_order() {
        let mut left = queue(&[("1", "a"), ("2", "b")]).0;
        left[0].time = "2024-01-01T11:00:00Z".parse().unwrap();
        left.reverse();
        let mut queue = queue(&[("3", "a"), ("2", "b")]);
        assert_eq!(queue.restore(left), ["a"], "the second is here already");
        assert_eq!(
            queue
                .all()
                .iter()
                .map(|outgoing| outgoing.id.as_str())
                .collect::<Vec<_>>(),
            ["1", "3", "2"]
        );
        assert_eq!(next(&mut queue, "a").as_deref(), Some("1"));
    }

    #[test]
    fn a_message_that_another_tab_discarded_is_discarded_here() {
        let mut queue = queue(&[("1", "a"), ("2", "a"), ("3", "b")]);
        queue.0[2].is_stored = false;
        for (key, room) in [("1", "a"), ("3", "b")] {
            next(&mut queue, room);
            queue.finish(key, Err(temporary()));
        }
        queue.forget_removed(|_| false);
        let left: Vec<_> = queue
            .all()
            .iter()
            .map(|outgoing| outgoing.id.as_str())
            .collect();
        assert_eq!(
            left,
            ["2", "3"],
            "a message that is being sent continues, and one that was never stored stays"
        );
    }

    #[test]
    fn a_message_is_recognised_by_its_id_and_its_source() {
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
