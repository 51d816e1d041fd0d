//! The rules of a connection.

use proptest::prelude::*;

use super::*;

const HEARTBEAT: Millis = 15_000.0;

fn opened() -> Connection {
    let mut connection = Connection::new("e-5".into(), Some(HEARTBEAT));
    assert_eq!(connection.open(0.0), Action::Connect);
    assert_eq!(connection.status(), Status::Connecting);
    connection.on_open(100.0);
    assert_eq!(connection.status(), Status::Open);
    connection
}

#[test]
fn the_cursor_follows_the_events_and_survives_failures_and_closing() {
    let mut connection = opened();
    connection.on_message(200.0, "e-6");
    connection.on_message(300.0, "");
    assert_eq!(
        connection.cursor(),
        "e-6",
        "an event without an id does not move the cursor"
    );
    connection.on_error(400.0, Failure::BrowserGaveUp, true, 0.5);
    connection.close();
    connection.open(500.0);
    assert_eq!(connection.cursor(), "e-6");
}

#[test]
fn a_browser_that_retries_is_left_alone() {
    let mut connection = opened();
    assert_eq!(
        connection.on_error(1_000.0, Failure::BrowserRetries, true, 0.5),
        Action::None
    );
    assert_eq!(
        connection.status(),
        Status::Reconnecting {
            attempt: 1,
            at: None
        }
    );
    connection.on_open(3_000.0);
    assert_eq!(connection.status(), Status::Open);
}

#[test]
fn a_browser_that_gave_up_is_replaced_after_a_jittered_wait() {
    let mut connection = opened();
    assert_eq!(
        connection.on_error(1_000.0, Failure::BrowserGaveUp, true, 0.5),
        Action::Disconnect
    );
    assert_eq!(
        connection.status(),
        Status::Reconnecting {
            attempt: 1,
            at: Some(1_500.0)
        }
    );
    assert_eq!(connection.on_deadline(1_499.0), Action::None, "too early");
    assert_eq!(connection.on_deadline(1_500.0), Action::Connect);
    assert_eq!(
        connection.status(),
        Status::Reconnecting {
            attempt: 1,
            at: None
        }
    );
    assert_eq!(
        connection.on_error(1_600.0, Failure::BrowserGaveUp, true, 1.0),
        Action::Disconnect
    );
    assert_eq!(
        connection.status(),
        Status::Reconnecting {
            attempt: 2,
            at: Some(3_600.0)
        }
    );
}

#[test]
fn the_backoff_starts_at_the_beginning_only_after_a_healthy_minute() {
    let mut connection = opened();
    connection.on_error(1_000.0, Failure::BrowserGaveUp, true, 0.5);
    connection.on_deadline(2_000.0);
    connection.on_open(2_000.0);
    connection.on_error(30_000.0, Failure::BrowserGaveUp, true, 0.5);
    assert!(
        matches!(connection.status(), Status::Reconnecting { attempt: 2, .. }),
        "it was open for 28 s"
    );
    connection.on_deadline(40_000.0);
    connection.on_open(40_000.0);
    connection.on_error(100_000.0, Failure::BrowserGaveUp, true, 0.5);
    assert!(matches!(
        connection.status(),
        Status::Reconnecting { attempt: 1, .. }
    ));
}

#[test]
fn a_silent_connection_is_noticed_by_its_missing_heartbeats() {
    let mut connection = opened();
    connection.on_message(10_000.0, "e-6");
    assert_eq!(connection.deadline(), Some(47_500.0));
    assert_eq!(connection.on_deadline(47_500.0), Action::Connect);
    assert_eq!(
        connection.status(),
        Status::Reconnecting {
            attempt: 1,
            at: None
        }
    );
    assert_eq!(
        connection.deadline(),
        Some(85_000.0),
        "a new connection that never answers is noticed as well"
    );
}

#[test]
fn the_status_is_offline_only_after_the_connection_failed() {
    let mut connection = opened();
    connection.wake(1_000.0, false);
    assert_eq!(
        connection.status(),
        Status::Open,
        "a server on this machine needs no network"
    );
    connection.on_error(2_000.0, Failure::BrowserGaveUp, false, 0.5);
    assert_eq!(connection.status(), Status::Offline);
    assert_eq!(
        connection.wake(3_000.0, true),
        Action::Connect,
        "it connects as soon as there is a network"
    );
}

#[test]
fn waking_ends_a_wait_and_leaves_a_live_connection_alone() {
    let mut connection = opened();
    assert_eq!(connection.wake(1_000.0, true), Action::None);
    connection.on_error(2_000.0, Failure::BrowserRetries, true, 0.5);
    assert_eq!(connection.wake(2_100.0, true), Action::Connect);
    assert_eq!(
        connection.wake(2_200.0, true),
        Action::None,
        "it connects already"
    );
    connection.on_open(3_000.0);
    assert_eq!(
        connection.wake(3_000_000.0, true),
        Action::Connect,
        "the machine slept: the socket is dead"
    );
}

#[test]
fn after_a_pause_or_a_close_only_open_connects() {
    for stop in [Connection::pause, Connection::close] {
        let mut connection = opened();
        assert_eq!(stop(&mut connection), Action::Disconnect);
        assert_eq!(connection.deadline(), None);
        assert_eq!(connection.wake(1.0, true), Action::None);
        assert_eq!(
            connection.on_error(1.0, Failure::BrowserGaveUp, true, 0.5),
            Action::None,
            "an error of the old `EventSource`"
        );
        assert_eq!(connection.on_new_url(1.0), Action::None);
        assert_eq!(connection.open(2.0), Action::Connect);
    }
}

#[test]
fn a_new_url_keeps_the_cursor() {
    let mut connection = opened();
    connection.on_message(200.0, "e-9");
    assert_eq!(connection.on_new_url(300.0), Action::Connect);
    assert_eq!(connection.status(), Status::Connecting, "nothing failed");
    assert_eq!(connection.cursor(), "e-9");
}

#[test]
fn without_heartbeats_silence_is_no_failure() {
    let mut connection = Connection::new(String::new(), None);
    connection.open(0.0);
    connection.on_open(100.0);
    assert_eq!(connection.deadline(), None);
    assert_eq!(connection.wake(3_000_000.0, true), Action::None);
    connection.on_error(3_000_000.0, Failure::BrowserGaveUp, true, 0.5);
    assert_eq!(
        connection.deadline(),
        Some(3_000_500.0),
        "a wait still ends"
    );
}

#[test]
fn the_longest_wait_doubles_up_to_its_cap() {
    let longest: Vec<_> = (1..=8)
        .map(|attempt| backoff_millis(attempt, 1.0))
        .collect();
    assert_eq!(
        longest,
        [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]
    );
}

proptest! {
    #[test]
    fn a_wait_is_never_below_the_floor_nor_above_the_cap(attempt: u32, random in 0.0..1.0f64) {
        let wait = backoff_millis(attempt, random);
        prop_assert!((BACKOFF_FLOOR_MILLIS..=BACKOFF_CAP_MILLIS).contains(&wait));
    }
}
