//! The stack of toasts: which notifications are shown over the page, for how long, and what screen
//! readers announce. Pure: times are milliseconds and passed in.

use pulseboard_contract::Severity;

use crate::{components::event_key, format};
use pulseboard_feed::Notice;

/// Toasts shown at a time.
const SHOWN: usize = 3;
/// A notification that is older on arrival comes from a replay. It is counted and not shown.
const LATE_MILLIS: i64 = 15_000;
/// Screen readers announce at most this often.
const ANNOUNCE_EVERY_MILLIS: i64 = 3_000;

/// A notification shown over the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// The notification.
    pub notice: Notice,
    /// When it disappears.
    leaves: i64,
}

/// The toasts on the page.
#[derive(Clone, Debug, Default)]
pub struct ToastStack {
    toasts: Vec<Toast>,
    /// How many notifications arrived without a toast.
    more: u64,
    /// When their count disappears.
    more_leaves: i64,
    /// Since when the reader holds the toasts.
    held_since: Option<i64>,
    /// The notifications since the last announcement: their number, and the most severe one.
    unannounced: Option<(u64, Notice)>,
    /// How many more arrived than the page keeps, since the last announcement.
    dropped: u64,
    announcement: String,
    announced_at: Option<i64>,
}

impl ToastStack {
    /// The toasts, oldest first.
    pub fn toasts(&self) -> &[Toast] {
        &self.toasts
    }

    /// How many notifications arrived without a toast.
    pub fn more(&self) -> u64 {
        self.more
    }

    /// The text that screen readers announce.
    pub fn announcement(&self) -> &str {
        &self.announcement
    }

    /// Takes in new notifications, oldest first.
    pub fn arrive(&mut self, now: i64, notices: Vec<Notice>) {
        for notice in notices {
            match &mut self.unannounced {
                None => self.unannounced = Some((1, notice.clone())),
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
                // The least severe one gives way, or the oldest of several.
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
        self.announce(now);
    }

    /// Counts notifications that arrived together with the next ones, but that the page did not keep.
    pub fn miss(&mut self, now: i64, count: u64) {
        if count > 0 {
            self.dropped += count;
            self.more += count - 1;
            self.count(now);
        }
    }

    fn count(&mut self, now: i64) {
        self.more += 1;
        self.more_leaves = now + lifetime_of(Severity::Info);
    }

    /// Whether [`ToastStack::pass`] would change something.
    pub fn is_due(&self, now: i64) -> bool {
        let has_left = self.held_since.is_none()
            && (self.toasts.iter().any(|toast| toast.leaves <= now)
                || self.more > 0 && self.more_leaves <= now);
        has_left || self.unannounced.is_some() && self.may_announce(now)
    }

    /// Removes the toasts whose time is over.
    pub fn pass(&mut self, now: i64) {
        if self.held_since.is_none() {
            self.toasts.retain(|toast| toast.leaves > now);
            if self.more_leaves <= now {
                self.more = 0;
            }
        }
        self.announce(now);
    }

    fn may_announce(&self, now: i64) -> bool {
        self.announced_at
            .is_none_or(|at| now - at >= ANNOUNCE_EVERY_MILLIS)
    }

    fn announce(&mut self, now: i64) {
        if self.may_announce(now)
            && let Some((count, worst)) = self.unannounced.take()
        {
            let count = count + std::mem::take(&mut self.dropped);
            let notification = &worst.notification;
            self.announcement = format!(
                "{}: {}, {}",
                notification.severity.name(),
                notification.message,
                worst.event.topic
            );
            if count > 1 {
                self.announcement += ". And ";
                self.announcement +=
                    &format::count(count - 1, "more notification", "more notifications");
            }
            self.announced_at = Some(now);
        }
    }

    /// Holds all toasts while the reader reads them.
    pub fn hold(&mut self, now: i64) {
        self.held_since.get_or_insert(now);
    }

    /// Lets the toasts go: each has as much time left as when it was held.
    pub fn let_go(&mut self, now: i64) {
        if let Some(since) = self.held_since.take() {
            let held = now - since;
            self.toasts
                .iter_mut()
                .for_each(|toast| toast.leaves += held);
            self.more_leaves += held;
        }
    }

    /// Removes a toast.
    pub fn dismiss(&mut self, key: &str, now: i64) {
        self.toasts
            .retain(|toast| event_key(&toast.notice.event) != key);
        if self.toasts.is_empty() {
            // If the pointer was on it, no event tells that it has left.
            self.let_go(now);
        }
    }

    /// Removes all toasts, and the announcements that are due.
    pub fn clear(&mut self) {
        let (announcement, announced_at) =
            (std::mem::take(&mut self.announcement), self.announced_at);
        *self = Self {
            announcement,
            announced_at,
            ..Self::default()
        };
    }
}

/// The rank of a notification's severity.
fn rank(notice: &Notice) -> u8 {
    rank_of(notice.notification.severity)
}

/// The rank of a severity; higher is more severe.
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

/// How long a toast stays. It can be short, because the bell keeps everything; a more severe one stays
/// longer.
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

    /// A notification from this many seconds after the start; the number is in its text.
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

    fn numbers(stack: &ToastStack) -> Vec<u64> {
        stack
            .toasts()
            .iter()
            .filter_map(|toast| toast.notice.event.event_id)
            .map(|id| id.seq)
            .collect()
    }

    #[test]
    fn at_most_three_toasts_are_shown_and_the_most_severe_stay() {
        let mut stack = ToastStack::default();
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
    fn replayed_notifications_are_only_counted() {
        let mut stack = ToastStack::default();
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
    fn toasts_disappear_after_a_while_and_errors_last() {
        let mut stack = ToastStack::default();
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
    fn no_toast_disappears_while_it_is_held() {
        let mut stack = ToastStack::default();
        stack.arrive(BEGAN, vec![notice(1, Severity::Info)]);
        stack.hold(BEGAN + 4_000);
        stack.hold(BEGAN + 5_000);
        stack.pass(BEGAN + 60_000);
        assert_eq!(numbers(&stack), [1]);
        stack.let_go(BEGAN + 60_000);
        stack.pass(BEGAN + 61_999);
        assert_eq!(numbers(&stack), [1], "it has two seconds left");
        stack.pass(BEGAN + 62_000);
        assert!(numbers(&stack).is_empty());
    }

    #[test]
    fn a_burst_is_announced_in_one_sentence() {
        let mut stack = ToastStack::default();
        stack.arrive(BEGAN, vec![notice(1, Severity::Info)]);
        assert_eq!(stack.announcement(), "info: number 1, deploys");
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
        assert_eq!(
            stack.announcement(),
            "info: number 1, deploys",
            "not again so soon"
        );
        assert!(stack.is_due(BEGAN + 3_000));
        stack.pass(BEGAN + 3_000);
        assert_eq!(
            stack.announcement(),
            "error: number 5, deploys. And 7 more notifications"
        );
        assert!(!stack.is_due(BEGAN + 3_001));
    }

    #[test]
    fn notifications_that_the_page_did_not_keep_are_counted_and_announced() {
        let mut stack = ToastStack::default();
        stack.miss(BEGAN, 0);
        assert_eq!(stack.more(), 0);
        stack.miss(BEGAN, 100);
        stack.arrive(
            BEGAN,
            (1..=100).map(|_| notice(1, Severity::Info)).collect(),
        );
        assert_eq!((stack.toasts().len(), stack.more()), (3, 197));
        assert_eq!(
            stack.announcement(),
            "info: number 1, deploys. And 199 more notifications"
        );
        stack.arrive(BEGAN + 4_000, vec![notice(2, Severity::Info)]);
        assert_eq!(
            stack.announcement(),
            "info: number 2, deploys",
            "counted once"
        );
    }

    #[test]
    fn dismissing_the_last_toast_lets_go() {
        let mut stack = ToastStack::default();
        let one = notice(1, Severity::Info);
        stack.arrive(BEGAN, vec![one.clone()]);
        stack.hold(BEGAN);
        stack.dismiss(&event_key(&one.event), BEGAN + 1_000);
        stack.arrive(BEGAN + 2_000, vec![notice(2, Severity::Info)]);
        stack.pass(BEGAN + 8_000);
        assert!(numbers(&stack).is_empty());
    }
}
