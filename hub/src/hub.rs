//! The hub: the handle that programs publish and subscribe through.

use std::{io, sync::Arc, task::Waker, thread};

use prometheus_client::registry::Registry;
use pulseboard_contract::{EventId, Timestamp};
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::{
    delivery::{Delivery, Wrapping},
    log::{Log, LogError, NewEvent, Page, Query, TopicPage, TopicQuery, TopicSummary},
    options::Options,
    publish::{Publish, PublishError, Published, Request},
    ring::Ring,
    state::{HubState, Phase},
    subscriber::{Subscriber, Subscription},
    ticker, writer,
};

/// How many publishes may wait for the writer. The queue must not become the log.
const QUEUED_PUBLISHES: usize = 1024;
/// How much data these publishes may have, in KiB: 64 MiB.
const QUEUED_KIB: u32 = 64 * 1024;
/// How many threads read history at the same time.
const HISTORY_READERS: usize = 4;

/// The hub: accepts publishes, appends them to the log, and fans them out. Clones are cheap and
/// share one hub. Its writer ends with the last clone.
///
/// ```
/// use pulseboard_contract::{Epoch, Framing, Json, Timestamp, Topic, TypeName};
/// use pulseboard_hub::{Filter, Hub, NewEvent, Options, Retention, SqliteLog, Start, Subscription};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let now = Timestamp::from_millis(1_700_000_000_000)?;
/// let log = SqliteLog::in_memory(Epoch::new(7), Retention::default())?;
/// let hub = Hub::start(log, Options::new(move || now))?;
///
/// let published = hub
///     .publish(vec![NewEvent {
///         id: None,
///         source: "/docs".into(),
///         event_type: TypeName::new("update")?,
///         topic: Topic::new("docs")?,
///         time: now,
///         expires: None,
///         attributes: Default::default(),
///         data: Json::parse(r#"{"content": "hello"}"#)?,
///     }])
///     .await?;
/// assert_eq!(published[0].event_id.map(|id| id.to_string()).as_deref(), Some("00000007-1"));
///
/// hub.close();
/// hub.closed().await;
/// # Ok(()) }
/// ```
pub struct Hub<L> {
    state: Arc<HubState<L>>,
    requests: mpsc::Sender<Request>,
    queue: Arc<Semaphore>,
    history: Arc<Semaphore>,
}

impl<L> Clone for Hub<L> {
    fn clone(&self) -> Self {
        Self {
            state: self.state.clone(),
            requests: self.requests.clone(),
            queue: self.queue.clone(),
            history: self.history.clone(),
        }
    }
}

impl<L: Log> Hub<L> {
    /// Starts a hub over a log, with a thread of its own that writes. Call it within a tokio
    /// runtime.
    ///
    /// # Errors
    /// The system cannot start the thread.
    pub fn start(log: L, options: Options) -> io::Result<Self> {
        let state = Arc::new(HubState::new(log, options));
        let (requests, receiver) = mpsc::channel(QUEUED_PUBLISHES);
        let writing = state.clone();
        thread::Builder::new()
            .name("pulseboard-log".into())
            .spawn(move || writer::run(&writing, receiver))?;
        tokio::spawn(ticker::run(state.clone(), requests.downgrade()));
        Ok(Self {
            state,
            requests,
            queue: Arc::new(Semaphore::new(QUEUED_KIB as usize)),
            history: Arc::new(Semaphore::new(HISTORY_READERS)),
        })
    }

    /// Publishes the events in order, all or none. Returns once the log has them; the results have
    /// the order of the events.
    ///
    /// Dropping the future does not cancel the publish.
    ///
    /// # Errors
    /// The hub is closing, or the log rejects the events: its disk is full or fails.
    pub async fn publish(&self, events: Vec<NewEvent>) -> Result<Vec<Published>, PublishError> {
        if !self.state.is_open() {
            return Err(PublishError::Closed);
        }
        let bytes: usize = events.iter().map(NewEvent::bytes).sum();
        let kib = u32::try_from(bytes / 1024 + 1)
            .unwrap_or(QUEUED_KIB)
            .min(QUEUED_KIB);
        let queue_share = self
            .queue
            .clone()
            .acquire_many_owned(kib)
            .await
            .map_err(|_| PublishError::Closed)?;
        let (reply, replied) = oneshot::channel();
        let publish = Publish {
            events,
            bytes,
            reply,
            _queue_share: queue_share,
        };
        self.requests
            .send(Request::Publish(publish))
            .await
            .map_err(|_| PublishError::Closed)?;
        replied.await.map_err(|_| PublishError::Closed)?
    }

    /// Opens a stream. It misses no selected event from this moment on, even if it is first read
    /// later.
    pub fn subscribe(&self, subscription: Subscription) -> Subscriber<L> {
        Subscriber::new(self.state.clone(), subscription)
    }

    /// Serves streams from a thread of the caller. The waker wakes that thread when new events
    /// arrive while it [sleeps](Delivery::try_sleep).
    pub fn delivery<C: io::Write>(&self, wrapping: Wrapping, waker: Waker) -> Delivery<L, C> {
        Delivery::new(self.state.clone(), wrapping, waker)
    }

    /// The newest event id. A stream that starts after it gets everything published later.
    pub fn position(&self) -> EventId {
        self.state.read_ring(Ring::position)
    }

    /// Reads stored events.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn history(&self, query: Query) -> Result<Page, LogError> {
        self.read_log(move |log| log.read(&query)).await
    }

    /// Lists the topics that have events, by name, each with its newest event.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn topics(&self, query: TopicQuery) -> Result<TopicPage, LogError> {
        self.read_log(move |log| log.topics(&query)).await
    }

    /// The topics with the newest events, newest first.
    pub fn recent_topics(&self, limit: usize) -> Vec<TopicSummary> {
        self.state.log.recent_topics(limit)
    }

    /// Checks that the log accepts publishes, by a write that stores no event.
    ///
    /// # Errors
    /// The hub has closed, or the write failed.
    pub async fn check(&self) -> Result<(), PublishError> {
        let (reply, replied) = oneshot::channel();
        self.requests
            .send(Request::Check(reply))
            .await
            .map_err(|_| PublishError::Closed)?;
        Ok(replied.await.map_err(|_| PublishError::Closed)??)
    }

    /// The time of the hub's clock.
    pub fn now(&self) -> Timestamp {
        self.state.now()
    }

    /// How many streams are open.
    pub fn subscribers(&self) -> usize {
        self.state.subscribers()
    }

    /// Registers the metrics of the hub and its log.
    pub fn register(&self, registry: &mut Registry) {
        self.state.metrics.register(registry);
        self.state.log.register(registry);
    }

    /// Closes the hub: it stores and sends the accepted publishes, then ends every stream. Later
    /// publishes fail with [`PublishError::Closed`].
    pub fn close(&self) {
        self.state.start_closing();
    }

    /// Waits until the hub has closed and the last accepted publish is in the log.
    pub async fn closed(&self) {
        // It cannot fail: this handle holds the state, and the state holds the sender.
        let _ = self
            .state
            .subscribe_phase()
            .wait_for(|phase| *phase == Phase::Closed)
            .await;
    }

    /// Reads the log on a blocking thread.
    async fn read_log<T: Send + 'static>(
        &self,
        read: impl FnOnce(&L) -> Result<T, LogError> + Send + 'static,
    ) -> Result<T, LogError> {
        // The semaphore is never closed. The caller may stop waiting while the read goes on, so the
        // read owns the permit.
        let permit = self.history.clone().acquire_owned().await;
        let state = self.state.clone();
        let work = move || {
            let _permit = permit;
            read(&state.log)
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.unwrap_or_else(|error| Err(LogError::Failed(error.to_string().into())))
    }
}
