//! The form that publishes: any topic, any type, any JSON.

use leptos::{html, prelude::*, task::spawn_local};
use pulseboard::{Json, Payload, Topic, TypeName};

use crate::environment;

/// The form.
#[component]
pub(super) fn PublishForm() -> impl IntoView {
    let topic = NodeRef::<html::Input>::new();
    let event_type = NodeRef::<html::Input>::new();
    let data = NodeRef::<html::Textarea>::new();
    let outcome = RwSignal::new(None::<Result<String, String>>);
    let publish = move |submit: leptos::ev::SubmitEvent| {
        submit.prevent_default();
        let (Some(topic), Some(event_type), Some(data)) =
            (topic.get_untracked(), event_type.get_untracked(), data.get_untracked())
        else {
            return;
        };
        match check(&topic.value(), &event_type.value(), &data.value()) {
            Err(problem) => outcome.set(Some(Err(problem))),
            Ok((topic, event_type, json)) => spawn_local(async move {
                let headers = [("content-type", "application/json"), ("ce-type", event_type.as_str())];
                let answer = environment::post(&format!("/topics/{topic}"), &headers, json.to_string()).await;
                outcome.set(Some(match answer {
                    Ok(()) => Ok(format!("Published to {topic}.")),
                    Err(error) => Err(error.to_string()),
                }));
            }),
        }
    };
    view! {
        <section class="tile needs-script" aria-label="Publish">
            <header><h2>"Publish"</h2></header>
            <form class="stack" on:submit=publish>
                <label>"Topic" <input node_ref=topic class="mono" required value="deploys" spellcheck="false"/></label>
                <label>"Type" <input node_ref=event_type class="mono" required value="notification" spellcheck="false"/></label>
                <label>
                    "Payload"
                    <textarea node_ref=data class="mono" rows="3" required spellcheck="false">
                        "{\"type\": \"success\", \"message\": \"api v2.31.0 is live\"}"
                    </textarea>
                </label>
                <p class="actions"><button class="button go" type="submit">"Publish"</button></p>
            </form>
            <p class="problem" role="alert">{move || outcome.get().and_then(Result::err)}</p>
            <p class="quiet" role="status">{move || outcome.get().and_then(Result::ok)}</p>
        </section>
    }
}

/// The same checks as the server's, so that a slip is told at once and next to what was written.
fn check(topic: &str, event_type: &str, data: &str) -> Result<(Topic, TypeName, Json), String> {
    let topic = Topic::new(topic.trim()).map_err(|error| format!("Topic: {error}."))?;
    let event_type = TypeName::new(event_type.trim()).map_err(|error| format!("Type: {error}."))?;
    let json = Json::parse(data).map_err(|error| format!("Payload: {error}."))?;
    // The server fills in a missing time, so only it can judge types that have one.
    if event_type.known().is_none_or(|known| known.time_field().is_none()) {
        Payload::check(&event_type, &json).map_err(|error| format!("Payload: {error}."))?;
    }
    Ok((topic, event_type, json))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_slip_is_told_with_its_field() {
        assert!(check("deploys", "notification", r#"{"type":"info","message":"x"}"#).is_ok());
        assert!(check("a//b", "x", "1").unwrap_err().starts_with("Topic: "));
        assert!(check("a", "error", "1").unwrap_err().starts_with("Type: "));
        assert!(check("a", "x", "{").unwrap_err().starts_with("Payload: not valid JSON"));
        assert!(check("a", "update", "{}").unwrap_err().contains("missing field `content`"));
        assert!(check("a", "chat", r#"{"user":"Ada","text":"the server adds the time"}"#).is_ok());
    }
}
