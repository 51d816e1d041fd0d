//! Where a message belongs: what a window has passed, against what its leader's stream brought
//! after what.

use pulseboard_contract::EventId;

use crate::Received;

/// More than this is not kept while catching up; the own connection has to bring it.
const MOST_KEPT: usize = 10_000;

/// How a message of the leader's stream fits what this window has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It comes next.
    Next,
    /// It has been here already.
    Old,
    /// Something is missing before it.
    Hole,
}

/// How a message fits that came `after` a position and moved it to `id`, where this window stands
/// at `cursor`.
pub(super) fn fit(cursor: &str, after: &str, id: &str) -> Fit {
    // Who has no position yet begins with whatever comes.
    if cursor.is_empty() || cursor == after {
        return Fit::Next;
    }
    let (Ok(cursor), Ok(after), Ok(id)) = (
        cursor.parse::<EventId>(),
        after.parse::<EventId>(),
        id.parse::<EventId>(),
    ) else {
        return Fit::Hole;
    };
    let begins_before = after.epoch == cursor.epoch && after.seq <= cursor.seq;
    if id.epoch == cursor.epoch && id.seq <= cursor.seq {
        Fit::Old
    } else if begins_before {
        // Between the two positions the log has nothing else, or the leader would have been brought
        // it.
        Fit::Next
    } else {
        Fit::Hole
    }
}

/// Whether a window at `cursor` has to catch up with a leader at `position`.
pub(super) fn is_behind(cursor: &str, position: &str) -> bool {
    !cursor.is_empty()
        && !position.is_empty()
        && cursor != position
        && fit(cursor, position, position) != Fit::Old
}

/// On the way to the leader's position, over an own connection: what the leader's stream brought
/// meanwhile, without a hole.
#[derive(Debug)]
pub(super) struct CatchUp {
    start: String,
    end: String,
    kept: Vec<Received>,
}

impl CatchUp {
    /// Nothing is kept yet of what comes after this position.
    pub(super) fn from(position: String) -> Self {
        Self {
            end: position.clone(),
            start: position,
            kept: Vec::new(),
        }
    }

    /// The leader stands here. What was kept is of no use where it does not lead up to that.
    pub(super) fn stands(&mut self, position: &str) {
        if is_behind(&self.end, position) {
            *self = Self::from(position.to_owned());
        }
    }

    /// The leader's stream brought this.
    pub(super) fn keep(&mut self, after: &str, received: Received) {
        match fit(&self.end, after, &received.last_event_id) {
            Fit::Old => return,
            Fit::Next => {}
            Fit::Hole => *self = Self::from(after.to_owned()),
        }
        self.end.clone_from(&received.last_event_id);
        if self.kept.len() == MOST_KEPT {
            *self = Self::from(received.last_event_id);
        } else {
            self.kept.push(received);
        }
    }

    /// Whether a window at `cursor` can go on with what is kept.
    pub(super) fn is_reached(&self, cursor: &str) -> bool {
        let (Ok(cursor), Ok(start), Ok(end)) = (
            cursor.parse::<EventId>(),
            self.start.parse::<EventId>(),
            self.end.parse::<EventId>(),
        ) else {
            return cursor == self.start;
        };
        if cursor.epoch == start.epoch {
            cursor.seq >= start.seq
        } else {
            // The log began anew meanwhile, and everything since is kept.
            cursor.epoch == end.epoch
        }
    }

    /// What was kept, each with the position before it.
    pub(super) fn into_kept(self) -> impl Iterator<Item = (String, Received)> {
        let mut position = self.start;
        self.kept.into_iter().map(move |received| {
            let after = std::mem::replace(&mut position, received.last_event_id.clone());
            (after, received)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a5` is the fifth position of log a.
    fn id(short: &str) -> String {
        short
            .get(1..)
            .filter(|seq| !seq.is_empty())
            .map_or(String::new(), |seq| {
                format!("{}-{seq}", short[..1].repeat(8))
            })
    }

    fn received(short: &str) -> Received {
        Received {
            event_type: "message".into(),
            data: String::new(),
            last_event_id: id(short),
        }
    }

    #[test]
    fn a_message_fits_once_and_only_where_nothing_is_missing() {
        let fit = |cursor, after, position| fit(&id(cursor), &id(after), &id(position));
        assert_eq!(fit("a5", "a5", "a6"), Fit::Next);
        assert_eq!(
            fit("a5", "a5", "a5"),
            Fit::Next,
            "what is not stored moves no position"
        );
        assert_eq!(fit("a6", "a5", "a5"), Fit::Old);
        assert_eq!(fit("a6", "a5", "a6"), Fit::Old);
        assert_eq!(
            fit("a6", "a5", "a9"),
            Fit::Next,
            "the log had nothing between 5 and 9"
        );
        assert_eq!(fit("a5", "a6", "a7"), Fit::Hole);
        assert_eq!(fit("", "a6", "a7"), Fit::Next);
        assert_eq!(fit("a5", "a5", "b0"), Fit::Next, "the log began anew");
        assert_eq!(fit("b3", "a5", "b0"), Fit::Old);
        assert_eq!(fit("a4", "a5", "b0"), Fit::Hole);
        assert_eq!(fit("a5", "b0", "b1"), Fit::Hole);
    }

    #[test]
    fn who_stands_where_the_leader_does_or_further_is_not_behind() {
        assert!(is_behind(&id("a4"), &id("a5")));
        assert!(
            is_behind(&id("b4"), &id("a5")),
            "of two logs nobody knows which is newer"
        );
        for position in ["a5", "a4", ""] {
            assert!(!is_behind(&id("a5"), &id(position)));
        }
    }

    #[test]
    fn what_is_kept_has_no_hole() {
        let mut catch_up = CatchUp::from(id("a5"));
        for (after, position) in [("a5", "a6"), ("a5", "a6"), ("a6", "a7"), ("a9", "a10")] {
            catch_up.keep(&id(after), received(position));
        }
        assert!(!catch_up.is_reached(&id("a8")));
        assert!(catch_up.is_reached(&id("a9")));
        let kept: Vec<_> = catch_up
            .into_kept()
            .map(|(after, received)| (after, received.last_event_id))
            .collect();
        assert_eq!(kept, [(id("a9"), id("a10"))]);
    }

    #[test]
    fn a_log_that_began_anew_meanwhile_is_reached_anywhere() {
        let mut catch_up = CatchUp::from(id("a5"));
        assert!(!catch_up.is_reached(&id("b2")));
        catch_up.keep(&id("a5"), received("b0"));
        assert!(catch_up.is_reached(&id("b2")));
        assert!(!catch_up.is_reached(&id("a4")));
    }
}
