//! What has been read: a position in the log, kept for the next visit and for the other tabs.

use pulseboard_contract::EventId;

use pulseboard_feed::Notice;

/// What the server itself says of people coming and going in a room.
const PRESENCE_SOURCE: &str = "/presence";

/// Whether it is for the bell. Who comes and goes is told in the room and on the board; a bell for
/// that would soon be muted.
pub fn is_for_bell(notice: &Notice) -> bool {
    !(notice.event.source == PRESENCE_SOURCE && notice.event.topic.leaf_under("chat").is_some())
}

/// Whether an event of a log that stands at `position` is unread by somebody who has read up to
/// `read`.
pub fn is_unread(id: EventId, position: EventId, read: EventId) -> bool {
    if id.epoch == read.epoch {
        id.seq > read.seq
    } else {
        // Of a log that began anew everything is new, and of the one before it nothing.
        id.epoch == position.epoch
    }
}

/// What counts as read, of what this tab and another one say, where the log stands at `position`.
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
    fn what_came_after_the_mark_is_unread() {
        assert!(is_unread(id(1, 6), id(1, 9), id(1, 5)));
        assert!(!is_unread(id(1, 5), id(1, 9), id(1, 5)));
    }

    #[test]
    fn a_log_that_began_anew_is_unread_and_the_one_before_is_not() {
        assert!(is_unread(id(2, 1), id(2, 3), id(1, 500)));
        assert!(
            !is_unread(id(1, 400), id(2, 3), id(2, 2)),
            "still on the page, from before the log began anew"
        );
    }

    #[test]
    fn of_two_marks_the_later_holds() {
        assert_eq!(later(id(1, 5), id(1, 7), id(1, 9)), id(1, 7));
        assert_eq!(later(id(1, 7), id(1, 5), id(1, 9)), id(1, 7));
        assert_eq!(later(id(1, 7), id(2, 1), id(2, 9)), id(2, 1));
        assert_eq!(later(id(2, 1), id(1, 7), id(2, 9)), id(2, 1));
    }
}
