//! The fold: how what the stream brings changes what the page knows.

use std::sync::Arc;

use pulseboard_contract::{
    Event, EventId, Gap, Payload, Presence, Timestamp, Topic, limits::BOARD_TOPICS,
};

use super::{Feed, GAPS, Incoming, NOTICES, Notice, Recent, TopicFeed, push_bounded};

impl Feed {
    /// Sets the arrival time, by the reader's clock, of what is applied from here on.
    pub fn arrive(&mut self, at: Option<Timestamp>) {
        self.arrives = at;
    }

    /// Takes in what arrived. An event that the feed has passed already changes nothing.
    pub fn apply(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Event(event) => self.apply_event(event),
            Incoming::Heartbeat(_, position) => self.apply_heartbeat(position),
            Incoming::Gap(gap) => self.apply_gap(gap),
        }
    }

    fn apply_heartbeat(&mut self, position: Option<EventId>) {
        self.heartbeat = self.arrives;
        if let Some(position) = position.filter(|position| position.epoch == self.position.epoch) {
            self.position.seq = self.position.seq.max(position.seq);
        }
    }

    fn apply_gap(&mut self, gap: Gap) {
        self.position = gap.resumed_at;
        if self.gaps.len() == GAPS {
            self.gaps.remove(0);
        }
        self.gaps.push(gap);
    }

    fn apply_event(&mut self, event: Event) {
        if let Some(id) = event.event_id {
            if id.epoch == self.position.epoch && id.seq <= self.position.seq {
                return;
            }
            self.position = id;
        }
        self.received += 1;
        self.arrived += 1;
        // The one place where an event of the stream is decoded.
        let payload = event.payload();
        let event = Arc::new(event);
        self.recent.push(Recent {
            number: self.arrived,
            event: event.clone(),
            came: self.arrives,
        });
        if let Some(history) = &mut self.history {
            history.apply(&event, &payload);
        }
        if let Payload::Presence(presence) = payload {
            // Who is present is state, not something that happened: it makes no tile and no row.
            self.set_presence(&event.topic, presence);
            return;
        }
        if let Payload::Notification(notification) = &payload {
            self.noticed += 1;
            let notice = Notice {
                event: event.clone(),
                notification: notification.clone(),
            };
            push_bounded(&mut self.notices, notice, NOTICES);
        }
        self.rate.count(event.time);
        self.apply_to_topic(&event, &payload);
    }

    fn set_presence(&mut self, topic: &Topic, presence: Presence) {
        if presence == Presence::default() {
            self.presence.remove(topic);
        } else {
            self.presence.insert(topic.clone(), presence);
        }
    }

    fn apply_to_topic(&mut self, event: &Arc<Event>, payload: &Payload) {
        self.make_room_for(&event.topic);
        let topic = self
            .topics
            .entry(event.topic.clone())
            .or_insert_with(|| TopicFeed::new(event));
        let before = topic.series().len();
        topic.apply(event, payload);
        if topic.series().len() != before {
            self.share();
        }
    }

    /// Shares the memory for series evenly among all of them.
    pub(super) fn share(&mut self) {
        let count = self.topics.values().map(|topic| topic.series().len()).sum();
        self.topics
            .values_mut()
            .for_each(|topic| topic.share(count));
    }

    /// Drops the topic that has been silent the longest if one more would be too many. The log
    /// still has it.
    fn make_room_for(&mut self, topic: &Topic) {
        if self.topics.len() < BOARD_TOPICS || self.topics.contains_key(topic) {
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
