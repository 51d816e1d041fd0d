//! The timer of a hub: sends heartbeats, requests pruning, and passes the close on to the writer.
//!
//! It is the tick of retention; `log/retention.rs` lists the other places of that concern.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    time::{Instant, Interval, MissedTickBehavior, interval_at},
};

use crate::{
    entry::Entry,
    log::Log,
    publish::Request,
    state::{HubState, Phase},
};

/// Runs until the hub closes or the writer has no other handle left. It holds only a weak sender,
/// so it does not keep the writer alive.
///
/// The periods begin with this call, not when the future is first polled.
pub(crate) fn run<L: Log>(
    state: Arc<HubState<L>>,
    requests: mpsc::WeakSender<Request>,
) -> impl Future<Output = ()> {
    let mut phase = state.subscribe_phase();
    let mut heartbeat = every(state.options.heartbeat_every);
    let mut maintenance = every(state.options.maintain_every);
    async move {
        loop {
            tokio::select! {
                _ = heartbeat.tick() => state.fan_out(|ring| {
                    let position = ring.position();
                    ring.push(Entry::heartbeat(state.now(), position));
                }),
                _ = maintenance.tick() => {
                    let Some(requests) = requests.upgrade() else { return };
                    state.request_maintenance();
                    // A full queue needs no wake-up: the writer is busy and looks after each group.
                    let _ = requests.try_send(Request::Wake);
                }
                () = until_closing(&mut phase) => {
                    if let Some(requests) = requests.upgrade() {
                        // It fails only if the writer has already ended.
                        let _ = requests.send(Request::Close).await;
                    }
                    return;
                }
            }
        }
    }
}

fn every(period: Duration) -> Interval {
    let mut interval = interval_at(Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

async fn until_closing(phase: &mut watch::Receiver<Phase>) {
    // It cannot fail: the ticker holds the state, and the state holds the sender.
    let _ = phase.wait_for(|phase| *phase != Phase::Open).await;
}
