//! What the windows say to each other: who is there, how the leader's stream stands, and what it
//! brought.

use super::order::{CatchUp, Fit, fit, is_behind};
use super::{Connection, Do, Millis, Other, Received, Role, Sharing, Word};

impl Sharing {
    /// Another window says something.
    pub(crate) fn on_word(&mut self, now: Millis, word: Word) -> Vec<Do> {
        match word {
            Word::Here { window, note } => self.on_here(now, window, note),
            Word::Gone { window } => {
                self.others.retain(|other| other.window != window);
                Vec::new()
            }
            Word::State {
                leader,
                cursor,
                status,
            } => {
                let Role::Following(following) = &mut self.role else {
                    return Vec::new();
                };
                (following.heard, following.asked, following.status) =
                    (now, None, Some(status.shifted(now)));
                let is_another = following.leader.as_ref() != Some(&leader);
                following.leader = Some(leader);
                if let Some(catch_up) = &mut following.catching_up {
                    catch_up.stands(&cursor);
                } else if is_behind(self.connection.cursor(), &cursor) {
                    following.catching_up = Some(CatchUp::from(cursor));
                }
                let mut todo = self.catch_up(now);
                if is_another {
                    todo.extend(self.announce(now));
                }
                todo
            }
            Word::Brought { after, received } => self.on_brought(now, after, received),
            Word::Present { window, received } => {
                let is_wanted = matches!(self.role, Role::Following(_))
                    && self.window.as_ref() == Some(&window);
                if is_wanted {
                    vec![Do::Deliver(received)]
                } else {
                    Vec::new()
                }
            }
        }
    }

    fn on_here(&mut self, now: Millis, window: String, note: String) -> Vec<Do> {
        let known = self.others.iter_mut().find(|other| other.window == window);
        let is_new = known.is_none();
        match known {
            Some(other) => (other.note, other.heard) = (note, now),
            None => self.others.push(Other {
                window: window.clone(),
                note,
                heard: now,
            }),
        }
        let Role::Leading = self.role else {
            return Vec::new();
        };
        self.said = None;
        let mut todo = self.and_state(now, Vec::new());
        if is_new && !self.present.is_empty() {
            todo.push(Do::Say(Word::Present {
                window,
                received: self.present.values().cloned().collect(),
            }));
        }
        todo
    }

    fn on_brought(&mut self, now: Millis, mut after: String, received: Vec<Received>) -> Vec<Do> {
        let Role::Following(following) = &mut self.role else {
            return Vec::new();
        };
        (following.heard, following.asked) = (now, None);
        let mut delivered = Vec::new();
        for received in received {
            let next = received.last_event_id.clone();
            if let Some(catch_up) = &mut following.catching_up {
                catch_up.keep(&after, received);
            } else {
                match fit(self.connection.cursor(), &after, &next) {
                    Fit::Next => {
                        self.connection.on_message(now, &next);
                        delivered.push(received);
                    }
                    Fit::Old => {}
                    Fit::Hole => {
                        let catch_up = following.catching_up.insert(CatchUp::from(after.clone()));
                        catch_up.keep(&after, received);
                    }
                }
            }
            after = next;
        }
        let mut todo = deliver(delivered);
        todo.extend(self.catch_up(now));
        todo
    }

    /// Goes on catching up where this window is behind: connects where it has not, and ends it
    /// where it is there.
    pub(super) fn catch_up(&mut self, now: Millis) -> Vec<Do> {
        let Role::Following(following) = &mut self.role else {
            return Vec::new();
        };
        let connection = &mut self.connection;
        let Some(catch_up) = following
            .catching_up
            .take_if(|catch_up| catch_up.is_reached(connection.cursor()))
        else {
            return if following.catching_up.is_some() {
                self.own(|connection| connection.open(now))
            } else {
                Vec::new()
            };
        };
        let mut delivered = Vec::new();
        for (after, received) in catch_up.into_kept() {
            if fit(connection.cursor(), &after, &received.last_event_id) == Fit::Next {
                connection.on_message(now, &received.last_event_id);
                delivered.push(received);
            }
        }
        let mut todo = self.own(Connection::close);
        todo.extend(deliver(delivered));
        todo
    }
}

fn deliver(received: Vec<Received>) -> Vec<Do> {
    if received.is_empty() {
        Vec::new()
    } else {
        vec![Do::Deliver(received)]
    }
}
