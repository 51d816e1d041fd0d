//! What happens to the tabs, drawn at random, and how it calms down.

use crate::sharing::Sharing;

use super::world::{Arrival, Lifecycle, Sender, World};

impl World {
    /// Lets one random thing happen.
    pub(super) fn disturb(&mut self, log_restarts: bool) {
        match self.dice.roll(40) {
            0..=15 => (0..=self.dice.roll(5)).for_each(|_| self.publish()),
            16 | 17 if self.living() < 8 => self.open_tab(),
            18 => {
                if let Some(tab) = self.victim() {
                    self.maybe_suspend(tab);
                    self.kill(tab);
                }
            }
            19 | 20 => {
                if let Some(tab) = self.victim() {
                    self.maybe_suspend(tab);
                    self.tabs[tab].lifecycle = Lifecycle::Frozen;
                }
            }
            21 | 22 => {
                if let Some(tab) = self.any_tab(Lifecycle::Frozen) {
                    self.thaw(tab);
                }
            }
            23 => {
                if let Some(tab) = self.victim() {
                    let stop = [Sharing::pause, Sharing::close][self.dice.roll(2) as usize];
                    self.act(tab, |sharing, _| stop(sharing));
                }
            }
            24 | 25 => {
                if let Some(tab) = self.any_tab(Lifecycle::Runs) {
                    self.act(tab, Sharing::open);
                }
            }
            26 | 27 => self.break_all_streams(),
            28 => {
                if let Some(tab) = self.victim() {
                    self.act(tab, Sharing::on_new_url);
                }
            }
            29 if log_restarts => {
                self.newest = (self.newest.0 + 1, 0);
                self.serve();
            }
            _ => {
                let millis = [5, 50, 300, 2_500][self.dice.roll(4) as usize];
                self.pass(millis);
            }
        }
    }

    /// Every tab wakes up and opens its stream, and nothing happens any more but an event now and
    /// then.
    pub(super) fn settle(&mut self) {
        for tab in 0..self.tabs.len() {
            if self.tabs[tab].lifecycle == Lifecycle::Frozen {
                self.thaw(tab);
            }
            if self.tabs[tab].lifecycle == Lifecycle::Runs {
                self.act(tab, Sharing::open);
            }
        }
        for _ in 0..40 {
            self.publish();
            self.pass(500);
        }
        self.pass(1_000);
    }

    fn living(&self) -> usize {
        self.tabs
            .iter()
            .filter(|tab| tab.lifecycle != Lifecycle::Dead)
            .count()
    }

    fn any_tab(&mut self, lifecycle: Lifecycle) -> Option<usize> {
        let those: Vec<_> = (0..self.tabs.len())
            .filter(|tab| self.tabs[*tab].lifecycle == lifecycle)
            .collect();
        let count = u32::try_from(those.len()).ok().filter(|count| *count > 0)?;
        Some(those[self.dice.roll(count) as usize])
    }

    /// A running tab, in two of three cases the leader.
    fn victim(&mut self) -> Option<usize> {
        let leader = self
            .lock_holder
            .map(|(holder, _)| holder)
            .filter(|holder| self.tabs[*holder].lifecycle == Lifecycle::Runs);
        if self.dice.roll(3) > 0 {
            leader.or_else(|| self.any_tab(Lifecycle::Runs))
        } else {
            self.any_tab(Lifecycle::Runs)
        }
    }

    fn maybe_suspend(&mut self, tab: usize) {
        if self.dice.roll(2) == 0 {
            self.act(tab, |sharing, _| sharing.suspend());
        }
    }

    fn thaw(&mut self, tab: usize) {
        self.tabs[tab].lifecycle = Lifecycle::Runs;
        // What arrived during the freeze is handled before or after the page wakes up.
        if self.dice.roll(2) == 0 {
            self.pass(1);
        }
        self.act(tab, |sharing, now| sharing.wake(now, true));
    }

    fn break_all_streams(&mut self) {
        for tab in 0..self.tabs.len() {
            if let Some(stream) = &mut self.tabs[tab].stream {
                stream.is_open = false;
                let number = stream.number;
                self.send(
                    tab,
                    Sender::Stream(number),
                    50,
                    Arrival::StreamFailed(number),
                );
            }
        }
    }
}
