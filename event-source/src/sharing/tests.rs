//! Each rule by itself; `simulation/` tests them together.

use std::cmp::Ordering;

use super::*;

/// Compares ids like `a-5`: the fifth event of log a.
pub(super) fn compare_in_log(a: &str, b: &str) -> Option<Ordering> {
    let ((log_a, a), (log_b, b)) = (a.split_once('-')?, b.split_once('-')?);
    let (a, b) = (a.parse::<u64>().ok()?, b.parse().ok()?);
    (log_a == log_b).then(|| a.cmp(&b))
}

fn connection(cursor: &str) -> Connection {
    Connection::new(cursor.into(), Some(15_000.0))
}

fn tab(name: &str) -> Sharing {
    Sharing::new(
        connection("a-5"),
        Some(name.into()),
        compare_in_log,
        |message| (message.event_type == "presence").then(|| message.data.clone()),
    )
}

fn leader() -> Sharing {
    let mut leader = tab("leader");
    assert_eq!(
        leader.open(0.0),
        [Command::RequestLock(LockRequest::IfFree)]
    );
    assert_eq!(
        leader.on_lock_granted(LockRequest::IfFree, 0.0).first(),
        Some(&Command::Connect)
    );
    leader.on_open(0.0);
    leader
}

fn follower() -> Sharing {
    let mut follower = tab("follower");
    follower.open(0.0);
    assert_eq!(
        follower.on_lock_refused(0.0),
        [
            Command::Send(announce("follower", "")),
            Command::RequestLock(LockRequest::Wait)
        ]
    );
    follower.on_tab_message(0.0, leader_state(Status::Open));
    follower
}

fn announce(tab: &str, interest: &str) -> TabMessage {
    TabMessage::Announce {
        tab: tab.into(),
        interest: interest.into(),
    }
}

fn leader_state(status: Status) -> TabMessage {
    TabMessage::LeaderState {
        leader: "leader".into(),
        cursor: "a-5".into(),
        status,
    }
}

#[test]
fn a_tab_that_shares_with_nobody_connects_at_once() {
    let mut alone = Sharing::new(connection(""), None, compare_in_log, |_| None);
    assert_eq!(alone.open(0.0), [Command::Connect]);
    let mut refused = tab("refused");
    refused.open(0.0);
    assert_eq!(refused.on_no_locks(0.0), [Command::Connect]);
    refused.close();
    assert_eq!(
        refused.open(0.0),
        [Command::Connect],
        "it does not ask for the lock again"
    );
}

#[test]
fn a_follower_has_the_status_of_its_leader() {
    let mut follower = follower();
    assert_eq!(
        (follower.status(), follower.role()),
        (Status::Open, Role::Follower)
    );
    follower.on_tab_message(
        1_000.0,
        leader_state(Status::Reconnecting {
            attempt: 1,
            at: Some(700.0),
        }),
    );
    assert_eq!(
        follower.status(),
        Status::Reconnecting {
            attempt: 1,
            at: Some(1_700.0)
        },
        "on its own clock"
    );
}

#[test]
fn a_pause_stops_one_tab_only() {
    let mut leader = leader();
    let leave = |tab: &str| Command::Send(TabMessage::Leave { tab: tab.into() });
    assert_eq!(
        leader.pause(),
        [Command::Disconnect, Command::ReleaseLock, leave("leader")]
    );
    assert_eq!(leader.status(), Status::Paused);
    let mut follower = follower();
    assert_eq!(
        follower.pause(),
        [
            Command::Disconnect,
            Command::WithdrawRequest,
            leave("follower")
        ]
    );
    assert_eq!(follower.status(), Status::Paused);
    assert_eq!(
        follower.on_lock_granted(LockRequest::Wait, 1.0),
        [Command::ReleaseLock],
        "the lock was granted just before"
    );
    follower.close();
    assert_eq!(
        (follower.pause(), follower.status()),
        (Vec::new(), Status::Closed)
    );
}

#[test]
fn a_tab_that_opens_later_gets_the_latest_message_of_each_key_once() {
    let mut leader = leader();
    for (room, id) in [("a", ""), ("b", ""), ("a", "")] {
        let presence = Message {
            event_type: "presence".into(),
            data: room.into(),
            last_event_id: id.into(),
        };
        leader.on_message(1.0, presence);
    }
    let commands = leader.on_tab_message(2.0, announce("new", ""));
    let [
        Command::Send(TabMessage::LeaderState { .. }),
        Command::Send(TabMessage::Latest { tab, messages }),
    ] = commands.as_slice()
    else {
        panic!("{commands:?}")
    };
    assert_eq!(
        (tab.as_str(), messages.len()),
        ("new", 2),
        "the newest of each key"
    );
    let again = leader.on_tab_message(3.0, announce("new", ""));
    assert_eq!(again.len(), 1, "only the leader's state: {again:?}");
}

#[test]
fn the_leader_knows_the_interests_of_the_others_until_they_leave() {
    let mut leader = leader();
    for (tab, interest) in [("a", "red"), ("b", "blue"), ("c", "red"), ("d", "")] {
        leader.on_tab_message(0.0, announce(tab, interest));
    }
    assert_eq!(
        (leader.other_interests(), leader.role()),
        (vec!["blue", "red"], Role::Leader { followers: 4 })
    );
    leader.on_tab_message(1.0, TabMessage::Leave { tab: "b".into() });
    assert_eq!(leader.other_interests(), ["red"]);
    leader.on_tab_message(100_000.0, announce("c", "green"));
    leader.on_deadline(GONE_MILLIS);
    assert_eq!(
        (leader.other_interests(), leader.role()),
        (vec!["green"], Role::Leader { followers: 1 }),
        "the others were silent for too long"
    );
}

#[test]
fn a_follower_announces_its_interest_when_that_changes() {
    let mut follower = follower();
    assert_eq!(
        follower.set_interest(1.0, "red"),
        [Command::Send(announce("follower", "red"))]
    );
    follower.pause();
    assert_eq!(follower.set_interest(2.0, "blue"), [], "it is paused");
    follower.open(3.0);
    assert_eq!(
        follower.on_lock_refused(3.0).first(),
        Some(&Command::Send(announce("follower", "blue")))
    );
}

#[test]
fn a_tab_that_was_busy_itself_waits_for_the_answer_before_it_takes_the_lock() {
    let mut follower = follower();
    assert_eq!(
        follower.on_deadline(900.0),
        [Command::Send(announce("follower", ""))],
        "the leader is quiet"
    );
    // This tab was busy: the answer may lie unread.
    assert_eq!(follower.on_deadline(9_000.0), []);
    follower.on_tab_message(9_001.0, leader_state(Status::Open));
    assert!(
        !follower
            .on_deadline(9_100.0)
            .contains(&Command::RequestLock(LockRequest::Steal))
    );
    follower.on_deadline(10_000.0);
    follower.on_deadline(12_000.0);
    assert!(
        follower
            .on_deadline(12_050.0)
            .contains(&Command::RequestLock(LockRequest::Steal))
    );
}

#[test]
fn opening_a_stream_that_waits_for_its_next_attempt_connects_at_once() {
    let mut leader = leader();
    leader.on_error(1_000.0, Failure::BrowserGaveUp, true, 0.5);
    assert_eq!(leader.open(1_100.0).first(), Some(&Command::Connect));
    assert_eq!(leader.open(1_200.0), [], "it connects already");
}
