//! Sabotage: a log that acknowledges events before it stores them. The check has to notice.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        mpsc::{Sender, channel},
    },
    thread,
};

use prometheus_client::registry::Registry;
use pulseboard_contract::{Epoch, Event, EventId, Timestamp};
use pulseboard_hub::{
    Appended, Bounds, Log, LogError, NewEvent, Page, Query, SqliteLog, TopicPage, TopicQuery,
    TopicSummary,
};

use crate::killed::contents;

/// Returns the results that the log will return, but too early.
pub(crate) struct EarlyLog {
    log: Arc<SqliteLog>,
    answered: Mutex<Answered>,
    queue: Sender<(Vec<NewEvent>, Timestamp)>,
}

struct Answered {
    last: u64,
    producers: HashMap<(String, String), EventId>,
}

impl EarlyLog {
    pub(crate) fn over(log: Arc<SqliteLog>) -> Self {
        let known = contents(&log).into_iter();
        let producers = known
            .filter_map(|event| Some(((event.source.clone(), event.id.clone()), event.event_id?)))
            .collect();
        let answered = Mutex::new(Answered {
            last: log.bounds().last,
            producers,
        });
        let (queue, queued) = channel();
        let stored = log.clone();
        thread::spawn(move || {
            for (events, now) in queued {
                stored.append(events, now).unwrap();
            }
        });
        Self {
            log,
            answered,
            queue,
        }
    }
}

impl Log for EarlyLog {
    fn append(&self, events: Vec<NewEvent>, now: Timestamp) -> Result<Vec<Appended>, LogError> {
        let mut answered = self.answered.lock().unwrap();
        let mut answers = Vec::with_capacity(events.len());
        for new in events.clone() {
            let producer = new.id.clone().map(|id| (new.source.clone(), id));
            if let Some(known) = producer
                .as_ref()
                .and_then(|producer| answered.producers.get(producer))
            {
                answers.push(Appended::Duplicate(*known));
                continue;
            }
            answered.last += 1;
            let event_id = EventId {
                epoch: self.log.epoch(),
                seq: answered.last,
            };
            answered
                .producers
                .extend(producer.map(|producer| (producer, event_id)));
            answers.push(Appended::Stored(Arc::new(Event {
                event_id: Some(event_id),
                id: new.id.unwrap_or_else(|| event_id.to_string()),
                source: new.source,
                event_type: new.event_type,
                topic: new.topic,
                time: new.time,
                expires: new.expires,
                attributes: new.attributes,
                data: new.data,
            })));
        }
        self.queue.send((events, now)).unwrap();
        Ok(answers)
    }

    fn epoch(&self) -> Epoch {
        self.log.epoch()
    }

    fn bounds(&self) -> Bounds {
        self.log.bounds()
    }

    fn read(&self, query: &Query) -> Result<Page, LogError> {
        self.log.read(query)
    }

    fn topics(&self, query: &TopicQuery) -> Result<TopicPage, LogError> {
        self.log.topics(query)
    }

    fn recent_topics(&self, limit: usize) -> Vec<TopicSummary> {
        self.log.recent_topics(limit)
    }

    fn maintain(&self, _now: Timestamp) -> Result<bool, LogError> {
        Ok(false)
    }

    fn check(&self) -> Result<(), LogError> {
        self.log.check()
    }

    fn prune_version(&self) -> u64 {
        self.log.prune_version()
    }

    fn register(&self, registry: &mut Registry) {
        self.log.register(registry);
    }
}
