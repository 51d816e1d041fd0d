//! The inspector's state in the address: `/inspector?q=topic:a&view=stored&time=1h`.

use std::time::Duration;

use leptos::prelude::*;
use pulseboard_contract::push_percent_encoded;

use super::{list::Source, time_range::TimeRange};
use crate::navigation::{NavigateOptions, use_navigation, use_query};

/// Filter, source and time range. They start with the values in the address, and the address follows
/// them without a new step in the browser's history.
#[derive(Clone, Copy)]
pub(super) struct Query {
    /// The text of the filter.
    pub text: RwSignal<String>,
    /// Live or stored events.
    pub source: RwSignal<Source>,
    /// The time range of stored events.
    pub range: RwSignal<TimeRange>,
    /// Updates the address after this time. A later call replaces an earlier one.
    pub update_address: Callback<Duration>,
}

impl Query {
    /// Reads the address and follows it.
    pub(super) fn from_address() -> Self {
        let query = use_query();
        let read = move || {
            query.with(|query| Values {
                text: query.get("q").unwrap_or_default(),
                source: if query.get("view").as_deref() == Some("stored") {
                    Source::Stored
                } else {
                    Source::Live
                },
                range: TimeRange::from_query(|name| query.get(name)),
            })
        };
        let initial = untrack(read);
        let (text, source, range) = (
            RwSignal::new(initial.text.clone()),
            RwSignal::new(initial.source),
            RwSignal::new(initial.range),
        );
        let in_address = StoredValue::new(initial);
        Effect::new(move |_| {
            let values = read();
            // Only a link or Back changes the address to other values than this page wrote. The
            // reader may have typed more since then.
            if values != in_address.get_value() {
                in_address.set_value(values.clone());
                text.set(values.text);
                source.set(values.source);
                range.set(values.range);
            }
        });
        let current = move || {
            let source = source.get_untracked();
            Values {
                text: text.get_untracked(),
                source,
                // Live events have no time range.
                range: match source {
                    Source::Live => TimeRange::All,
                    Source::Stored => range.get_untracked().normalized(),
                },
            }
        };
        Self {
            text,
            source,
            range,
            update_address: address_updater(in_address, current),
        }
    }
}

/// What the address holds.
#[derive(Clone, Debug, PartialEq)]
struct Values {
    text: String,
    source: Source,
    range: TimeRange,
}

impl Values {
    fn url(&self) -> String {
        let view = match self.source {
            Source::Live => "",
            Source::Stored => "stored",
        };
        let mut params = vec![("q", self.text.clone()), ("view", view.to_owned())];
        params.extend(self.range.query_params());
        url(&params)
    }
}

/// Replaces the address by the current values, after a delay.
fn address_updater(
    in_address: StoredValue<Values>,
    current: impl Fn() -> Values + Clone + Send + Sync + 'static,
) -> Callback<Duration> {
    let navigation = use_navigation();
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let stop = move || {
        if let Some(timer) = timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    on_cleanup(stop);
    Callback::new(move |delay: Duration| {
        stop();
        let current = current.clone();
        let update = move || {
            let values = current();
            if values == in_address.get_value() {
                return;
            }
            let url = values.url();
            in_address.set_value(values);
            let options = NavigateOptions {
                replace: true,
                scroll: false,
            };
            navigation.navigate(&url, options);
        };
        if let Ok(handle) = set_timeout_with_handle(update, delay) {
            timer.set_value(Some(handle));
        }
    })
}

/// The address of the page with these query parameters. Empty ones are left out.
fn url(params: &[(&'static str, String)]) -> String {
    let mut url = "/inspector".to_owned();
    let mut separator = '?';
    for (name, value) in params.iter().filter(|(_, value)| !value.is_empty()) {
        url.push(separator);
        url.push_str(name);
        url.push('=');
        push_percent_encoded(&mut url, value);
        separator = '&';
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_has_the_values_and_no_empty_parameter() {
        let values = |source, range| Values {
            text: "a b".to_owned(),
            source,
            range,
        };
        assert_eq!(
            values(Source::Stored, TimeRange::Last(60)).url(),
            "/inspector?q=a%20b&view=stored&time=1h"
        );
        assert_eq!(
            values(Source::Live, TimeRange::All).url(),
            "/inspector?q=a%20b"
        );
    }
}
