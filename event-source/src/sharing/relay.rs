//! What a tab does with the messages of other tabs.

use crate::{Message, Status};

use super::{
    Command, Connection, Millis, OtherTab, Sharing, State, TabMessage,
    catch_up::{CatchUp, Fit, fit, is_behind},
};

impl Sharing {
    /// Another tab sent a message.
    pub(crate) fn on_tab_message(&mut self, now: Millis, message: TabMessage) -> Vec<Command> {
        match message {
            TabMessage::Announce { tab, interest } => self.on_announce(now, tab, interest),
            TabMessage::Leave { tab } => {
                self.others.retain(|other| other.tab != tab);
                Vec::new()
            }
            TabMessage::LeaderState {
                leader,
                cursor,
                status,
            } => self.on_leader_state(now, leader, cursor, status),
            TabMessage::Relay { after, messages } => self.on_relay(now, after, messages),
            TabMessage::Latest { tab, messages } => {
                let is_for_this_tab = self.tab.as_ref() == Some(&tab);
                match self.state {
                    State::Following(_) if is_for_this_tab => vec![Command::Deliver(messages)],
                    State::Following(_)
                    | State::Stopped
                    | State::Suspended
                    | State::Alone
                    | State::Electing
                    | State::Leading => Vec::new(),
                }
            }
        }
    }

    fn on_announce(&mut self, now: Millis, tab: String, interest: String) -> Vec<Command> {
        let known = self.others.iter_mut().find(|other| other.tab == tab);
        let is_new = known.is_none();
        match known {
            Some(other) => (other.interest, other.heard) = (interest, now),
            None => self.others.push(OtherTab {
                tab: tab.clone(),
                interest,
                heard: now,
            }),
        }
        let State::Leading = self.state else {
            return Vec::new();
        };
        self.sent_status = None;
        let mut commands = self.with_state_message(now, Vec::new());
        if is_new && !self.latest.is_empty() {
            commands.push(Command::Send(TabMessage::Latest {
                tab,
                messages: self.latest.values().cloned().collect(),
            }));
        }
        commands
    }

    fn on_leader_state(
        &mut self,
        now: Millis,
        leader: String,
        cursor: String,
        status: Status,
    ) -> Vec<Command> {
        let State::Following(following) = &mut self.state else {
            return Vec::new();
        };
        (following.heard, following.question) = (now, None);
        following.status = Some(shifted(status, now));
        let is_another = following.leader.as_ref() != Some(&leader);
        following.leader = Some(leader);
        if let Some(catch_up) = &mut following.catch_up {
            catch_up.on_leader_at(&cursor);
        } else if is_behind(self.compare_ids, self.connection.cursor(), &cursor) {
            following.catch_up = Some(CatchUp::new(self.compare_ids, cursor));
        }
        let mut commands = self.continue_catch_up(now);
        if is_another {
            commands.extend(self.announce(now));
        }
        commands
    }

    fn on_relay(&mut self, now: Millis, mut after: String, messages: Vec<Message>) -> Vec<Command> {
        let State::Following(following) = &mut self.state else {
            return Vec::new();
        };
        (following.heard, following.question) = (now, None);
        let mut next = Vec::new();
        for message in messages {
            let id = message.last_event_id.clone();
            if let Some(catch_up) = &mut following.catch_up {
                catch_up.keep(&after, message);
            } else {
                match fit(self.compare_ids, self.connection.cursor(), &after, &id) {
                    Fit::Next => {
                        self.connection.on_message(now, &id);
                        next.push(message);
                    }
                    Fit::Old => {}
                    Fit::Hole => {
                        let mut catch_up = CatchUp::new(self.compare_ids, after.clone());
                        catch_up.keep(&after, message);
                        following.catch_up = Some(catch_up);
                    }
                }
            }
            after = id;
        }
        let mut commands = deliver(next);
        commands.extend(self.continue_catch_up(now));
        commands
    }

    /// Connects if this tab is behind the leader. Once it has caught up, it disconnects and goes on
    /// with the kept messages.
    pub(super) fn continue_catch_up(&mut self, now: Millis) -> Vec<Command> {
        let State::Following(following) = &mut self.state else {
            return Vec::new();
        };
        let connection = &mut self.connection;
        let Some(catch_up) = following
            .catch_up
            .take_if(|catch_up| catch_up.is_reached(connection.cursor()))
        else {
            return if following.catch_up.is_some() {
                self.connection_does(|connection| connection.open(now))
            } else {
                Vec::new()
            };
        };
        let mut next = Vec::new();
        for (after, message) in catch_up.into_kept() {
            let fit = fit(
                self.compare_ids,
                connection.cursor(),
                &after,
                &message.last_event_id,
            );
            if fit == Fit::Next {
                connection.on_message(now, &message.last_event_id);
                next.push(message);
            }
        }
        let mut commands = self.connection_does(Connection::close);
        commands.extend(deliver(next));
        commands
    }

    /// Tells the followers if the state of the leader's stream changed.
    pub(super) fn with_state_message(
        &mut self,
        now: Millis,
        mut commands: Vec<Command>,
    ) -> Vec<Command> {
        if let (State::Leading, Some(leader)) = (&self.state, self.tab.clone()) {
            let status = self.connection.status();
            if self.sent_status.replace(status) != Some(status) {
                commands.push(Command::Send(TabMessage::LeaderState {
                    leader,
                    cursor: self.cursor().to_owned(),
                    status: shifted(status, -now),
                }));
            }
        }
        commands
    }
}

fn deliver(messages: Vec<Message>) -> Vec<Command> {
    if messages.is_empty() {
        Vec::new()
    } else {
        vec![Command::Deliver(messages)]
    }
}

/// The status on a clock that is ahead by `millis`.
fn shifted(status: Status, millis: Millis) -> Status {
    match status {
        Status::Reconnecting {
            attempt,
            at: Some(at),
        } => Status::Reconnecting {
            attempt,
            at: Some(at + millis),
        },
        Status::Connecting
        | Status::Open
        | Status::Reconnecting { at: None, .. }
        | Status::Offline
        | Status::Paused
        | Status::Closed => status,
    }
}
