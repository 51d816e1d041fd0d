//! Many tabs against a server, a lock and a channel that are slow, while tabs are opened, closed,
//! killed, frozen and paused, streams break and the log begins again. Every tab gets every event once
//! and in order, and in the end there is one connection.

mod check;
mod disturb;
mod world;

use std::{cmp::Ordering, ops::Range};

use super::tests::compare_in_log;
use crate::CompareIds;

use world::{Lifecycle, World};

fn run(seeds: Range<u64>, compare_ids: CompareIds, log_restarts: bool) {
    for seed in seeds {
        let mut world = World::new(seed, compare_ids);
        (0..3).for_each(|_| world.open_tab());
        (0..120).for_each(|_| world.disturb(log_restarts));
        world.settle();
        world.check(seed);
    }
}

#[test]
fn every_tab_gets_every_event_once_and_in_order_over_one_connection() {
    run(0..250, compare_in_log, false);
}

#[test]
fn every_tab_learns_once_that_the_log_began_again() {
    run(10_000..10_250, compare_in_log, true);
}

#[test]
fn ids_that_do_not_compare_lose_and_repeat_nothing() {
    fn not_comparable(_: &str, _: &str) -> Option<Ordering> {
        None
    }
    run(20_000..20_100, not_comparable, false);
}

#[test]
fn ten_tabs_that_nothing_disturbs_use_one_connection() {
    let mut world = World::new(1, compare_in_log);
    for _ in 0..10 {
        world.open_tab();
        world.pass(1_000);
    }
    for _ in 0..100 {
        world.publish();
        world.pass(1_900);
    }
    world.check(1);
    assert_eq!(world.connections, 1);
}

#[test]
fn a_frozen_leader_is_replaced_within_three_seconds() {
    for seed in 1..100 {
        let mut world = World::new(seed, compare_in_log);
        (0..5).for_each(|_| world.open_tab());
        world.pass(5_000);
        let (leader, _) = world.lock_holder.unwrap();
        world.tabs[leader].lifecycle = Lifecycle::Frozen;
        world.publish();
        world.pass(3_000);
        for (index, tab) in world
            .tabs
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != leader)
        {
            assert_eq!(tab.sharing.cursor(), "1-1", "seed {seed}, tab {index}");
        }
    }
}
