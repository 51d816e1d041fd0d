//! The toasts: which notifications are shown over the page, for how long, and what is read out of
//! them.
//!
//! Times are milliseconds of the page's clock, passed in.

use pulseboard_contract::Severity;

use crate::{components::event_key, format};
use pulseboard_feed::Notice;

/// Toasts shown at a time.
const SHOWN: usize = 3;
/// What is older when it arrives was missed, and replayed; it is counted and not shown.
const LATE_MILLIS: i64 = 15_000;
/// Something is read out at most this often.
const SAY_EVERY_MILLIS: i64 = 3_000;

/// A notification over the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// What is shown.
    pub notice: Notice,
    leaves: i64,
}

/// The toasts there are.
#[derive(Clone, Debug, Default)]
pub struct Stack {
    toasts: Vec<Toast>,
    more: u64,
    more_leaves: i64,
    held_since: Option<i64>,
    /// What has come since something was read out: how many, and the one that matters most.
    unsaid: Option<(u64, Notice)>,
    /// What has come besides, and was never here.
    unseen: u64,
    said: String,
    said_at: Option<i64>,
}

impl Stack {
    /// The toasts, oldest first.
    pub fn toasts(&self) -> &[Toast] {
        &self.toasts
    }

    /// How many came besides.
    pub fn more(&self) -> u64 {
        self.more
    }

    /// What is to be read out.
    pub fn said(&self) -> &str {
        &self.said
    }

    /// Notifications arrive, oldest first.
    pub fn arrive(&mut self, now: i64, notices: Vec<Notice>) {
        for notice in notices {
            match &mut self.unsaid {
                None => self.unsaid = Some((1, notice.clone())),
                Some((count, worst)) => {
                    *count += 1;
                    if rank(&notice) >= rank(worst) {
                        *worst = notice.clone();
                    }
                }
            }
            if now - notice.event.time.millis() > LATE_MILLIS {
                self.count(now);
                continue;
            }
            self.toasts.push(Toast {
                leaves: now + lifetime(&notice),
                notice,
            });
            if self.toasts.len() > SHOWN {
                // The one that matters least gives way, the oldest of several.
                let least = self
                    .toasts
                    .iter()
                    .enumerate()
                    .min_by_key(|(_, toast)| rank(&toast.notice))
                    .map_or(0, |(index, _)| index);
                self.toasts.remove(least);
                self.count(now);
            }
        }
        self.say(now);
    }

    /// So many arrived before those that arrive next, and are not here any more: more came at once
    /// than is kept.
    pub fn miss(&mut self, now: i64, count: u64) {
        if count > 0 {
            self.unseen += count;
            self.more += count - 1;
            self.count(now);
        }
    }

    fn count(&mut self, now: i64) {
        self.more += 1;
        self.more_leaves = now + lifetime_of(Severity::Info);
    }

    /// Whether [`Stack::pass`] would change something.
    pub fn is_due(&self, now: i64) -> bool {
        let has_left = self.held_since.is_none()
            && (self.toasts.iter().any(|toast| toast.leaves <= now)
                || self.more > 0 && self.more_leaves <= now);
        has_left || self.unsaid.is_some() && self.may_speak(now)
    }

    /// Time has passed: what has been there long enough leaves.
    pub fn pass(&mut self, now: i64) {
        if self.held_since.is_none() {
            self.toasts.retain(|toast| toast.leaves > now);
            if self.more_leaves <= now {
                self.more = 0;
            }
        }
        self.say(now);
    }

    fn may_speak(&self, now: i64) -> bool {
        self.said_at.is_none_or(|at| now - at >= SAY_EVERY_MILLIS)
    }

    fn say(&mut self, now: i64) {
        if self.may_speak(now)
            && let Some((count, worst)) = self.unsaid.take()
        {
            let count = count + std::mem::take(&mut self.unseen);
            let notification = &worst.notification;
            self.said = format!(
                "{}: {}, {}",
                notification.severity.name(),
                notification.message,
                worst.event.topic
            );
            if count > 1 {
                self.said += ". And ";
                self.said += &format::count(count - 1, "more notification", "more notifications");
            }
            self.said_at = Some(now);
        }
    }

    /// Somebody reads them: none leaves.
    pub fn hold(&mut self, now: i64) {
        self.held_since.get_or_insert(now);
    }

    /// Nobody does any more: each has as long as it had when it was held.
    pub fn let_go(&mut self, now: i64) {
        if let Some(since) = self.held_since.take() {
            let held = now - since;
            self.toasts
                .iter_mut()
                .for_each(|toast| toast.leaves += held);
            self.more_leaves += held;
        }
    }

    /// Takes one away.
    pub fn dismiss(&mut self, key: &str, now: i64) {
        self.toasts
            .retain(|toast| event_key(&toast.notice.event) != key);
        if self.toasts.is_empty() {
            // The pointer may have been on it, and nothing tells that it is not any more.
            self.let_go(now);
        }
    }

    /// Takes all away, also what was to be read out.
    pub fn clear(&mut self) {
        let (said, said_at) = (std::mem::take(&mut self.said), self.said_at);
        *self = Self {
            said,
            said_at,
            ..Self::default()
        };
    }
}

/// How much it matters.
pub fn rank(notice: &Notice) -> u8 {
    rank_of(notice.notification.severity)
}

/// How much it matters.
pub fn rank_of(severity: Severity) -> u8 {
    match severity {
        Severity::Info | Severity::Success => 0,
        Severity::Warning => 1,
        Severity::Error => 2,
    }
}

fn lifetime(notice: &Notice) -> i64 {
    lifetime_of(notice.notification.severity)
}

/// Everything stays in the bell, so nothing has to stay over the page; what is worse may be looked
/// at longer.
fn lifetime_of(severity: Severity) -> i64 {
    match severity {
        Severity::Info | Severity::Success => 6_000,
        Severity::Warning => 8_000,
        Severity::Error => 12_000,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pulseboard_contract::Notification;

    use super::*;
    use crate::sample::event;

    const BEGAN: i64 = 1_704_110_400_000;

    /// A notification of so many seconds after the beginning, which is also its number.
    fn notice(seconds: u64, severity: Severity) -> Notice {
        let notification = Notification {
            severity,
            message: format!("number {seconds}"),
        };
        let data = serde_json::to_string(&notification).unwrap();
        Notice {
            event: Arc::new(event(seconds, "deploys", "notification", &data)),
            notification,
        }
    }

    fn numbers(stack: &Stack) -> Vec<u64> {
        stack
            .toasts()
            .iter()
            .filter_map(|toast| toast.notice.event.event_id)
            .map(|id| id.seq)
            .collect()
    }

    #[test]
    fn at_most_three_are_shown_and_the_rest_counted_the_worst_staying() {
        let mut stack = Stack::default();
        let came = [
            (1, Severity::Info),
            (2, Severity::Error),
            (3, Severity::Info),
            (4, Severity::Warning),
            (5, Severity::Success),
        ];
        stack.arrive(
            BEGAN + 5_000,
            came.map(|(seconds, severity)| notice(seconds, severity))
                .into(),
        );
        assert_eq!((numbers(&stack), stack.more()), (vec![2, 4, 5], 2));
    }

    #[test]
    fn what_was_missed_and_is_replayed_is_only_counted() {
        let mut stack = Stack::default();
        stack.arrive(
            BEGAN + 60_000,
            (1..=40)
                .map(|seconds| notice(seconds, Severity::Error))
                .collect(),
        );
        assert_eq!((numbers(&stack), stack.more()), (vec![], 40));
        stack.pass(BEGAN + 66_000);
        assert_eq!(stack.more(), 0);
    }

    #[test]
    fn each_leaves_after_a_while_errors_last() {
        let mut stack = Stack::default();
        stack.arrive(
            BEGAN,
            vec![notice(1, Severity::Info), notice(2, Severity::Error)],
        );
        assert!(!stack.is_due(BEGAN + 5_999));
        assert!(stack.is_due(BEGAN + 6_000));
        stack.pass(BEGAN + 6_000);
        assert_eq!(numbers(&stack), [2]);
        stack.pass(BEGAN + 12_000);
        assert!(numbers(&stack).is_empty());
    }

    #[test]
    fn none_leaves_while_somebody_reads_them() {
        let mut stack = Stack::default();
        stack.arrive(BEGAN, vec![notice(1, Severity::Info)]);
        stack.hold(BEGAN + 4_000);
        stack.hold(BEGAN + 5_000);
        stack.pass(BEGAN + 60_000);
        assert_eq!(numbers(&stack), [1]);
        stack.let_go(BEGAN + 60_000);
        stack.pass(BEGAN + 61_999);
        assert_eq!(numbers(&stack), [1], "it has the two seconds it had");
        stack.pass(BEGAN + 62_000);
        assert!(numbers(&stack).is_empty());
    }

    #[test]
    fn a_burst_is_read_out_as_one_sentence() {
        let mut stack = Stack::default();
        stack.arrive(BEGAN, vec![notice(1, Severity::Info)]);
        assert_eq!(stack.said(), "info: number 1, deploys");
        for seconds in 2..=9 {
            stack.arrive(
                BEGAN + 100,
                vec![notice(
                    seconds,
                    if seconds == 5 {
                        Severity::Error
                    } else {
                        Severity::Info
                    },
                )],
            );
        }
        assert_eq!(stack.said(), "info: number 1, deploys", "not so soon again");
        assert!(stack.is_due(BEGAN + 3_000));
        stack.pass(BEGAN + 3_000);
        assert_eq!(
            stack.said(),
            "error: number 5, deploys. And 7 more notifications"
        );
        assert!(!stack.is_due(BEGAN + 3_001));
    }

    #[test]
    fn what_was_more_than_is_kept_is_counted_and_said() {
        let mut stack = Stack::default();
        stack.miss(BEGAN, 0);
        assert_eq!(stack.more(), 0);
        stack.miss(BEGAN, 100);
        stack.arrive(
            BEGAN,
            (1..=100).map(|_| notice(1, Severity::Info)).collect(),
        );
        assert_eq!((stack.toasts().len(), stack.more()), (3, 197));
        assert_eq!(
            stack.said(),
            "info: number 1, deploys. And 199 more notifications"
        );
        stack.arrive(BEGAN + 4_000, vec![notice(2, Severity::Info)]);
        assert_eq!(stack.said(), "info: number 2, deploys", "counted once");
    }

    #[test]
    fn dismissing_the_last_one_lets_go() {
        let mut stack = Stack::default();
        let one = notice(1, Severity::Info);
        stack.arrive(BEGAN, vec![one.clone()]);
        stack.hold(BEGAN);
        stack.dismiss(&event_key(&one.event), BEGAN + 1_000);
        stack.arrive(BEGAN + 2_000, vec![notice(2, Severity::Info)]);
        stack.pass(BEGAN + 8_000);
        assert!(numbers(&stack).is_empty());
    }
}
