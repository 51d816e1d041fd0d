//! Acknowledged events survive: a process with a hub is killed and loses power while it publishes,
//! round after round on one directory.
//!
//! `cargo test` runs twenty rounds, `CRASH_ROUNDS=200` runs more, and `CRASH_SEED=…` repeats those of
//! a failure. The machine decides where a thread is when the kill comes, so a seed repeats the plan
//! and not every detail.

// Here a failed unwrap is a failed assertion, in helpers as in tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod early;
mod item;
mod killed;
mod ledger;
mod trial;

use std::env;

use trial::{Sabotage, Trial};

/// After this many rounds the test starts a new directory, because each round reads every event.
const ROUNDS: u64 = 20;

fn variable(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap())
}

#[test]
fn acknowledged_events_survive_kills_and_power_losses() {
    let rounds = variable("CRASH_ROUNDS").unwrap_or(ROUNDS);
    let first = variable("CRASH_SEED").unwrap_or_else(rand::random);
    for seed in (0..rounds.div_ceil(ROUNDS)).map(|trial| first.wrapping_add(trial)) {
        let mut trial = Trial::new(seed, Sabotage::None);
        for _ in 0..rounds.min(ROUNDS) {
            trial
                .round()
                .unwrap_or_else(|wrong| panic!("CRASH_SEED={seed}, {wrong}"));
        }
        let figures = trial
            .end()
            .unwrap_or_else(|wrong| panic!("CRASH_SEED={seed}, {wrong}"));
        eprintln!("seed {seed}: {figures:?}");
        assert!(
            figures.acknowledged > 0 && figures.changes_lost > 0,
            "no round had anything to lose: {figures:?}"
        );
        assert!(
            figures.starts_over > 0,
            "the write-ahead log was never started over: {figures:?}"
        );
        assert!(figures.pruned > 0, "nothing was pruned: {figures:?}");
    }
}

/// Runs rounds until the check reports an error; returns the error.
fn noticed(sabotage: Sabotage) -> String {
    let mut trial = Trial::new(7, sabotage);
    let wrong = (0..ROUNDS).find_map(|_| trial.round().err());
    wrong.expect("the check reports an error")
}

#[test]
fn the_check_notices_a_log_that_does_not_sync() {
    let wrong = noticed(Sabotage::NoSyncs);
    // The loss decides which error it is: the newest events are lost, or the whole log.
    let is_a_loss = wrong.contains("was promised")
        || wrong.contains("the epoch was")
        || wrong.contains("unopened");
    assert!(is_a_loss, "{wrong}");
}

#[test]
fn the_check_notices_a_log_that_acknowledges_early() {
    let wrong = noticed(Sabotage::EarlyAnswers);
    assert!(wrong.contains("was promised"), "{wrong}");
}
