//! Each rule by itself; `model.rs` tests them together.

use super::*;

fn window(name: &str) -> Sharing {
    let retain: Retain =
        |received| (received.event_type == "presence").then(|| received.data.clone());
    Sharing::new(
        Connection::new("aaaaaaaa-5".into(), 15_000.0),
        Some(name.into()),
        retain,
    )
}

fn leader() -> Sharing {
    let mut leader = window("leader");
    assert_eq!(leader.open(0.0), [Do::Ask(Ask::IfFree)]);
    assert_eq!(
        leader.on_granted(Ask::IfFree, 0.0).first(),
        Some(&Do::Connect)
    );
    leader.on_open(0.0);
    leader
}

fn follower() -> Sharing {
    let mut follower = window("follower");
    follower.open(0.0);
    assert_eq!(
        follower.on_refused(0.0),
        [here("follower", ""), Do::Ask(Ask::Wait)]
    );
    follower.on_word(0.0, state(Status::Open));
    follower
}

fn here(window: &str, note: &str) -> Do {
    Do::Say(Word::Here {
        window: window.into(),
        note: note.into(),
    })
}

fn state(status: Status) -> Word {
    Word::State {
        leader: "leader".into(),
        cursor: "aaaaaaaa-5".into(),
        status,
    }
}

#[test]
fn who_has_nobody_to_share_with_connects_at_once() {
    let mut alone = Sharing::new(Connection::new(String::new(), 15_000.0), None, |_| None);
    assert_eq!(alone.open(0.0), [Do::Connect]);
    let mut refused = window("refused");
    refused.open(0.0);
    assert_eq!(refused.on_unavailable(0.0), [Do::Connect]);
    refused.close();
    assert_eq!(refused.open(0.0), [Do::Connect], "and does not ask again");
}

#[test]
fn a_follower_says_what_the_connection_of_its_leader_does() {
    let mut follower = follower();
    assert_eq!(
        (follower.status(), follower.part()),
        (Status::Open, Part::Follows)
    );
    follower.on_word(
        1_000.0,
        state(Status::Reconnecting {
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
fn a_pause_is_that_of_one_window() {
    let mut leader = leader();
    let gone = |window: &str| {
        Do::Say(Word::Gone {
            window: window.into(),
        })
    };
    assert_eq!(
        leader.pause(),
        [Do::Disconnect, Do::Release, gone("leader")]
    );
    assert_eq!(leader.status(), Status::Paused);
    let mut follower = follower();
    assert_eq!(
        follower.pause(),
        [Do::Disconnect, Do::Withdraw, gone("follower")]
    );
    assert_eq!(follower.status(), Status::Paused);
    assert_eq!(
        follower.on_granted(Ask::Wait, 1.0),
        [Do::Release],
        "granted just before"
    );
    follower.close();
    assert_eq!(
        (follower.pause(), follower.status()),
        (Vec::new(), Status::Closed)
    );
}

#[test]
fn a_new_window_is_told_who_is_there_which_no_log_has() {
    let mut leader = leader();
    for (room, id) in [("a", ""), ("b", ""), ("a", "")] {
        let presence = Received {
            event_type: "presence".into(),
            data: room.into(),
            last_event_id: id.into(),
        };
        leader.on_message(1.0, presence);
    }
    let told = leader.on_word(
        2.0,
        Word::Here {
            window: "new".into(),
            note: String::new(),
        },
    );
    let [
        Do::Say(Word::State { .. }),
        Do::Say(Word::Present { window, received }),
    ] = told.as_slice()
    else {
        panic!("{told:?}")
    };
    assert_eq!(
        (window.as_str(), received.len()),
        ("new", 2),
        "the newest of each"
    );
    let again = leader.on_word(
        3.0,
        Word::Here {
            window: "new".into(),
            note: String::new(),
        },
    );
    assert_eq!(again.len(), 1, "only the state: {again:?}");
}

#[test]
fn the_leader_knows_what_the_others_have_to_say_until_they_go() {
    let mut leader = leader();
    for (window, note) in [("a", "red"), ("b", "blue"), ("c", "red"), ("d", "")] {
        leader.on_word(
            0.0,
            Word::Here {
                window: window.into(),
                note: note.into(),
            },
        );
    }
    assert_eq!(
        (leader.notes(), leader.part()),
        (vec!["blue", "red"], Part::Leads(4))
    );
    leader.on_word(1.0, Word::Gone { window: "b".into() });
    assert_eq!(leader.notes(), ["red"]);
    leader.on_word(
        100_000.0,
        Word::Here {
            window: "c".into(),
            note: "green".into(),
        },
    );
    leader.on_deadline(GONE_MILLIS);
    assert_eq!(
        (leader.notes(), leader.part()),
        (vec!["green"], Part::Leads(1)),
        "the others have not been heard of"
    );
}

#[test]
fn a_follower_tells_the_leader_what_it_has_to_say_when_that_changes() {
    let mut follower = follower();
    assert_eq!(follower.set_note(1.0, "red"), [here("follower", "red")]);
    follower.pause();
    assert_eq!(follower.set_note(2.0, "blue"), [], "it is not there now");
    follower.open(3.0);
    assert_eq!(
        follower.on_refused(3.0).first(),
        Some(&here("follower", "blue"))
    );
}

#[test]
fn a_busy_window_asks_once_more_before_it_takes_the_lock() {
    let mut follower = follower();
    assert_eq!(
        follower.on_deadline(900.0),
        [here("follower", "")],
        "the leader is quiet"
    );
    // It could not look before: the answer may have come meanwhile.
    assert_eq!(follower.on_deadline(9_000.0), []);
    follower.on_word(9_001.0, state(Status::Open));
    assert!(!follower.on_deadline(9_100.0).contains(&Do::Ask(Ask::Steal)));
    follower.on_deadline(10_000.0);
    follower.on_deadline(12_000.0);
    assert!(
        follower
            .on_deadline(12_050.0)
            .contains(&Do::Ask(Ask::Steal))
    );
}
