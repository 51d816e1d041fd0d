//! Comparing the read position with events, also across a log that restarted empty. Pure.

use pulseboard_contract::{EventId, Room, reserved::PRESENCE_SOURCE};

use pulseboard_feed::Notice;

/// Whether the bell lists a notification. It leaves out who joins and leaves a room: the room and the
/// board show that, and a bell that rings for it is soon ignored.
pub fn is_for_bell(notice: &Notice) -> bool {
    !(notice.event.source == PRESENCE_SOURCE && Room::of(&notice.event.topic).is_some())
}

/// Whether an event is unread by a reader who has read up to `read`, while the log is at `position`.
pub fn is_unread(id: EventId, position: EventId, read: EventId) -> bool {
    if id.epoch == read.epoch {
        id.seq > read.seq
    } else {
        // After a restart with an empty log, all its events are unread, and all earlier ones are read.
        id.epoch == position.epoch
    }
}

/// The later of the read positions of two tabs, while the log is at `position`.
pub fn later(one: EventId, other: EventId, position: EventId) -> EventId {
    if one.epoch == other.epoch {
        EventId {
            seq: one.seq.max(other.seq),
            ..one
        }
    } else if one.epoch == position.epoch {
        one
    } else {
        other
    }
}

#[cfg(test)]
mod tests {
    use pulseboard_contract::Epoch;

    use super::*;

    fn id(epoch: u32, seq: u64) -> EventId {
        EventId {
            epoch: Epoch::new(epoch),
            seq,
        }
    }

    #[test]
    fn events_after_the_read_position_are_unread() {
        assert!(is_unread(id(1, 6), id(1, 9), id(1, 5)));
        assert!(!is_unread(id(1, 5), id(1, 9), id(1, 5)));
    }

    #[test]
    fn events_of_a_new_log_are_unread_and_events_of_the_old_log_are_read() {
        assert!(is_unread(id(2, 1), id(2, 3), id(1, 500)));
        assert!(
            !is_unread(id(1, 400), id(2, 3), id(2, 2)),
            "still on the page from the old log"
        );
    }

    #[test]
    fn the_later_of_two_positions_counts() {
        assert_eq!(later(id(1, 5), id(1, 7), id(1, 9)), id(1, 7));
        assert_eq!(later(id(1, 7), id(1, 5), id(1, 9)), id(1, 7));
        assert_eq!(later(id(1, 7), id(2, 1), id(2, 9)), id(2, 1));
        assert_eq!(later(id(2, 1), id(1, 7), id(2, 9)), id(2, 1));
    }
}
