//! The process that is killed: it reports what the log has, then publishes from several tasks and
//! reports each acknowledgement.
//!
//! It reports to its parent in lines on the standard error, each written at once, so that a kill cuts
//! off at most the last one.

use std::{
    env,
    io::Write,
    path::PathBuf,
    process,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use prometheus_client::registry::Registry;
use pulseboard_contract::{Epoch, Event, EventId, Framing, Timestamp, sse::Decoder};
use pulseboard_faults::FaultVfs;
use pulseboard_hub::{
    Appended, Bounds, Filter, Hub, Limits, Log, LogError, NewEvent, Options, Order, Page,
    Published, Query, Retention, SqliteLog, SqliteOptions, Start, Subscription, TopicPage,
    TopicQuery, TopicSummary,
};
use serde::{Deserialize, Serialize};

use crate::{
    early::EarlyLog,
    item::{BRIEF, CHURN, IDENTIFIED, Item, KEPT, SINGLE, STATE},
};

/// The environment variable with the orders of the parent.
pub(crate) const ORDERS: &str = "CRASH_ORDERS";

/// The orders of the parent.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Orders {
    pub(crate) directory: PathBuf,
    /// Counts from 1. The published numbers and the epoch of a new log follow from it.
    pub(crate) round: u32,
    /// Abort after this many operations of the file system.
    pub(crate) crash_after: u64,
    pub(crate) churn_kept: u64,
    /// The cursor of the stream.
    pub(crate) resume: Option<String>,
    /// The events with a producer's id to publish again.
    pub(crate) again: Vec<u64>,
    pub(crate) syncs_are_lies: bool,
    pub(crate) answers_early: bool,
    /// Only read, without the faulty disk, and exit.
    pub(crate) only_reads: bool,
}

/// The first number of a round.
pub(crate) fn numbers_from(round: u32) -> u64 {
    u64::from(round) * 1_000_000
}

/// Not a test but the process that the parent starts. Without orders it does nothing.
#[test]
fn process_that_will_be_killed() {
    let Ok(orders) = env::var(ORDERS) else { return };
    let orders: Orders = serde_json::from_str(&orders).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(run(orders));
    process::exit(0);
}

async fn run(orders: Orders) {
    if !orders.only_reads {
        let faults = FaultVfs::new("killed")
            .undo_journal(&orders.directory.join("undo"))
            .register()
            .unwrap();
        faults.lie_about_syncs(orders.syncs_are_lies);
        faults.crash_after(orders.crash_after);
    }
    let retention = Retention {
        whole: Limits::default(),
        rules: vec![
            format!("churn/** events={}", orders.churn_kept)
                .parse()
                .unwrap(),
        ],
        latest_only: vec!["state/*".parse().unwrap()],
    };
    let options = SqliteOptions {
        retention,
        vfs: (!orders.only_reads).then(|| "killed".to_owned()),
    };
    let log = match SqliteLog::open(
        orders.directory.join("log"),
        Epoch::new(orders.round),
        options,
    ) {
        Ok(log) => Arc::new(log),
        Err(error) => return report(&format!("unopened {error}")),
    };
    report(&format!("epoch {}", log.epoch()));
    let all = contents(&log);
    let last_kept = all
        .iter()
        .rfind(|event| event.topic.as_str().starts_with("kept/"))
        .and_then(|event| event.event_id);
    report(
        &all.iter()
            .map(|event| line("has", event))
            .collect::<Vec<_>>()
            .join("\n"),
    );
    report("opened");
    if orders.answers_early {
        drive(
            Hub::start(EarlyLog::over(log), Options::new(now)).unwrap(),
            orders,
            last_kept,
        )
        .await;
    } else {
        drive(
            Hub::start(
                PruningLog {
                    log,
                    appends: AtomicU64::new(0),
                },
                Options::new(now),
            )
            .unwrap(),
            orders,
            last_kept,
        )
        .await;
    }
}

async fn drive<L: Log>(hub: Hub<L>, orders: Orders, last_kept: Option<EventId>) {
    let start = orders
        .resume
        .as_ref()
        .map_or(Start::Beginning, |id| Start::After(id.parse().unwrap()));
    let filter = Filter::new([KEPT.parse().unwrap()], []);
    let mut stream = hub.subscribe(Subscription::new(filter, Framing::Envelope, start));
    let follow = async move {
        let mut decoder = Decoder::default();
        loop {
            let chunk = stream.next().await.expect("the stream continues");
            let mut seen = Vec::new();
            decoder.push(&chunk, |message| seen.push(message)).unwrap();
            let lines = seen
                .iter()
                .map(|message| match serde_json::from_str(&message.data) {
                    Ok(event) if message.event_type == "message" => line("saw", &event),
                    _ => format!("told {message:?}"),
                });
            report(&lines.collect::<Vec<_>>().join("\n"));
            if orders.only_reads
                && last_kept.is_none_or(|last| decoder.last_event_id() == last.to_string())
            {
                return;
            }
        }
    };
    if orders.only_reads {
        return follow.await;
    }
    tokio::spawn(follow);

    for number in orders.again {
        publish(&hub, "again", vec![Item::new(IDENTIFIED, number)]).await;
    }
    let from = numbers_from(orders.round);
    let tasks = [SINGLE, IDENTIFIED, STATE, CHURN, BRIEF].map(|topic| {
        let hub = hub.clone();
        tokio::spawn(async move {
            for number in from.. {
                publish(&hub, "stored", vec![Item::new(topic, number)]).await;
            }
        })
    });
    let mut first = from;
    while !tasks.iter().any(tokio::task::JoinHandle::is_finished) {
        let len = 2 + first % 5;
        publish(&hub, "stored", Item::batch(first, len)).await;
        first += len;
    }
}

/// Publishes a batch and reports its results at once.
async fn publish<L: Log>(hub: &Hub<L>, word: &str, items: Vec<Item>) {
    let events = items.iter().map(|item| item.event(now())).collect();
    let answers = hub.publish(events).await.expect("the publish is accepted");
    let line = |(item, answer): (&Item, &Published)| {
        let word = if answer.is_duplicate { "known" } else { word };
        format!(
            "{word} {} {}",
            answer.event_id.expect("it is stored"),
            item.words()
        )
    };
    report(
        &items
            .iter()
            .zip(&answers)
            .map(line)
            .collect::<Vec<_>>()
            .join("\n"),
    );
}

/// The line about an event. Its data is checked here and not sent: most of it is filling.
fn line(word: &str, event: &Event) -> String {
    match (Item::of(event), event.event_id) {
        (Ok(item), Some(id)) => format!("{word} {id} {}", item.words()),
        (Err(wrong), _) => format!("wrong {wrong}"),
        (Ok(item), None) => format!("wrong {item} has no id"),
    }
}

/// Every event of the log.
pub(crate) fn contents(log: &SqliteLog) -> Vec<Arc<Event>> {
    let mut all = Vec::new();
    let mut after = None;
    loop {
        let query = Query {
            filter: Filter::all(),
            after,
            before: None,
            order: Order::Ascending,
            limit: 1_000,
            max_bytes: usize::MAX,
            now: now(),
        };
        let page = log.read(&query).unwrap();
        all.extend(page.events);
        if !page.has_more {
            return all;
        }
        after = Some(page.through);
    }
}

fn report(lines: &str) {
    if !lines.is_empty() {
        std::io::stderr()
            .lock()
            .write_all(format!("{lines}\n").as_bytes())
            .unwrap();
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap()).unwrap()
}

/// A log that prunes between appends, far more often than the hub does: a round may be shorter than
/// the hub's pruning period.
struct PruningLog {
    log: Arc<SqliteLog>,
    appends: AtomicU64,
}

impl Log for PruningLog {
    fn epoch(&self) -> Epoch {
        self.log.epoch()
    }

    fn bounds(&self) -> Bounds {
        self.log.bounds()
    }

    fn append(&self, events: Vec<NewEvent>, now: Timestamp) -> Result<Vec<Appended>, LogError> {
        let appended = self.log.append(events, now)?;
        if self
            .appends
            .fetch_add(1, Ordering::Relaxed)
            .is_multiple_of(4)
        {
            self.log.maintain(now)?;
        }
        Ok(appended)
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

    fn maintain(&self, now: Timestamp) -> Result<bool, LogError> {
        self.log.maintain(now)
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
