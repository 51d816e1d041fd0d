//! The fold: how what arrives changes what is known.

use std::sync::Arc;

use pulseboard_contract::{Event, Payload, Presence, Timestamp, Topic};

use super::{Feed, GAPS, Incoming, NOTICES, Notice, Recent, TOPICS, TopicFeed, push_bounded};

impl Feed {
    /// Says when what is applied from here on came, by the clock of whoever reads it.
    pub fn arrive(&mut self, at: Option<Timestamp>) {
        self.arrives = at;
    }

    /// Takes in what arrived. An event the feed has passed already changes nothing.
    pub fn apply(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Event(event) => self.apply_event(event),
            Incoming::Heartbeat(_, position) => {
                self.heartbeat = self.arrives;
                if let Some(position) =
                    position.filter(|position| position.epoch == self.position.epoch)
                {
                    self.position.seq = self.position.seq.max(position.seq);
                }
            }
            Incoming::Gap(gap) => {
                self.position = gap.resumed_at;
                if self.gaps.len() == GAPS {
                    self.gaps.remove(0);
                }
                self.gaps.push(gap);
            }
        }
    }

    fn apply_event(&mut self, event: Event) {
        if let Some(id) = event.event_id {
            if id.epoch == self.position.epoch && id.seq <= self.position.seq {
                return;
            }
            self.position = id;
        }
        self.received += 1;
        let event = Arc::new(event);
        self.arrived += 1;
        self.recent.push(Recent {
            number: self.arrived,
            event: event.clone(),
            came: self.arrives,
        });
        if let Some(history) = &mut self.history {
            history.apply(&event);
        }
        match event.payload() {
            // Who is there is state, not history: it makes no tile and no row.
            Payload::Presence(presence) => {
                if presence == Presence::default() {
                    self.presence.remove(&event.topic);
                } else {
                    self.presence.insert(event.topic.clone(), presence);
                }
                return;
            }
            Payload::Notification(notification) => {
                self.noticed += 1;
                push_bounded(
                    &mut self.notices,
                    Notice {
                        event: event.clone(),
                        notification,
                    },
                    NOTICES,
                );
            }
            Payload::Message(_)
            | Payload::Update(_)
            | Payload::Heartbeat(_)
            | Payload::Chat(_)
            | Payload::Typing(_)
            | Payload::Metrics(_)
            | Payload::Gap(_)
            | Payload::Other { .. } => {}
        }
        // People coming and going are no news of a topic, so they do not count as its pace.
        self.rate.count(event.time);
        self.make_room_for(&event.topic);
        let topic = self
            .topics
            .entry(event.topic.clone())
            .or_insert_with(|| TopicFeed::new(&event));
        let before = topic.series().len();
        topic.apply(&event);
        if topic.series().len() != before {
            self.share();
        }
    }

    /// Shares what memory there is for series among those there are.
    pub(super) fn share(&mut self) {
        let count = self.topics.values().map(|topic| topic.series().len()).sum();
        self.topics
            .values_mut()
            .for_each(|topic| topic.share(count));
    }

    /// Drops the topic that has been silent the longest where a further one would be too many. The
    /// log still has it.
    fn make_room_for(&mut self, topic: &Topic) {
        if self.topics.len() < TOPICS || self.topics.contains_key(topic) {
            return;
        }
        let oldest = self
            .topics
            .values()
            .min_by_key(|topic| topic.last().time)
            .map(|topic| topic.topic().clone());
        if let Some(oldest) = oldest {
            self.topics.remove(&oldest);
        }
    }
}
