//! Statistics of a stream: how often it was open, and why it failed.

/// Failures that are kept.
#[cfg(any(
    test,
    all(target_arch = "wasm32", any(feature = "csr", feature = "hydrate"))
))]
const MOST_FAILURES: usize = 30;

/// Why a connection failed, as far as the browser tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureCause {
    /// The connection broke or the server ended it. The browser reconnects.
    Lost,
    /// The server could not be reached or did not answer with a stream, and the browser gave up.
    Refused,
    /// The connection was open, and neither messages nor heartbeats arrived.
    Silent,
}

/// One failure of a connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConnectionFailure {
    /// When it failed, in milliseconds since 1970 by the clock of this device.
    pub at: f64,
    /// Why.
    pub cause: FailureCause,
}

/// What happened to the connection of a stream since the stream was created.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_event_source::UseEventSource;
///
/// #[component]
/// fn Failures(stream: UseEventSource) -> impl IntoView {
///     view! { <p>{move || format!("{} failures", stream.stats.read().failed)}</p> }
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ConnectionStats {
    /// How often the stream was open.
    pub opened: u64,
    /// How often it failed.
    pub failed: u64,
    /// The last 30 failures, newest last.
    pub failures: Vec<ConnectionFailure>,
}

impl ConnectionStats {
    /// Counts a failure.
    #[cfg(any(
        test,
        all(target_arch = "wasm32", any(feature = "csr", feature = "hydrate"))
    ))]
    pub(crate) fn add_failure(&mut self, at: f64, cause: FailureCause) {
        self.failed += 1;
        if self.failures.len() == MOST_FAILURES {
            self.failures.remove(0);
        }
        self.failures.push(ConnectionFailure { at, cause });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_is_counted_and_the_last_ones_are_kept() {
        let mut stats = ConnectionStats::default();
        for at in 0..100u32 {
            stats.add_failure(f64::from(at), FailureCause::Lost);
        }
        assert_eq!((stats.failed, stats.failures.len()), (100, MOST_FAILURES));
        assert_eq!(
            stats.failures.last(),
            Some(&ConnectionFailure {
                at: 99.0,
                cause: FailureCause::Lost
            })
        );
    }
}
