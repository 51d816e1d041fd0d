//! Problem documents.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A problem document (RFC 9457): why the server refused a request.
///
/// Every member has a default, so a document of another server is read as far as it goes.
///
/// ```
/// use pulseboard_contract::api::ProblemDocument;
///
/// let problem: ProblemDocument = serde_json::from_str(
///     r#"{"status":400,"detail":"limit is out of range.","field":"limit","expected":"1 to 1000"}"#,
/// )?;
/// assert_eq!(problem.field.as_deref(), Some("limit"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = Problem))]
#[serde(default)]
pub struct ProblemDocument {
    /// `about:blank`: the status tells the kind of problem.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub r#type: Cow<'static, str>,
    /// The status in words.
    #[cfg_attr(feature = "openapi", schema(required = true, example = "Bad Request"))]
    pub title: Cow<'static, str>,
    /// The status code.
    #[cfg_attr(feature = "openapi", schema(required = true, example = 400))]
    pub status: u16,
    /// What is wrong, for a person.
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub detail: Cow<'static, str>,
    /// The input at fault, if there is one: a parameter, a header or a member of the body, like
    /// `limit`, `ce-type` or `events[3].type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(
        feature = "openapi",
        schema(nullable = false, example = "events[3].type")
    )]
    pub field: Option<Cow<'static, str>>,
    /// What the input should be.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub expected: Option<Cow<'static, str>>,
    /// Of a stream of lines: the first line that is not published, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub line: Option<u64>,
    /// Of a stream of lines: how many events before that line are new in the log. They stay there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub published: Option<u64>,
    /// Of a stream of lines: how many events before that line were stored before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub duplicates: Option<u64>,
    /// The id of the request, as in the header `X-Request-Id` and in the server's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub request_id: Option<String>,
}

impl ProblemDocument {
    /// Which event of a batch is at fault: 3 where the field is `events[3].type`.
    pub fn event_index(&self) -> Option<usize> {
        let (index, _) = self
            .field
            .as_ref()?
            .strip_prefix("events[")?
            .split_once(']')?;
        index.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::super::check_json;
    use super::*;

    #[test]
    fn a_problem_has_only_the_members_that_apply() {
        let problem = ProblemDocument {
            r#type: "about:blank".into(),
            title: "Bad Request".into(),
            status: 400,
            detail: "limit is out of range.".into(),
            ..ProblemDocument::default()
        };
        check_json(
            &problem,
            r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"limit is out of range."}"#,
        );
        let problem = ProblemDocument {
            field: Some("events[3].type".into()),
            expected: Some("a type".into()),
            line: Some(4),
            published: Some(2),
            duplicates: Some(1),
            request_id: Some("a-1".into()),
            ..problem
        };
        check_json(
            &problem,
            r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"limit is out of range.","field":"events[3].type","expected":"a type","line":4,"published":2,"duplicates":1,"request_id":"a-1"}"#,
        );
        assert_eq!(problem.event_index(), Some(3));
    }

    #[test]
    fn a_document_of_another_server_is_read_as_far_as_it_goes() {
        let problem: ProblemDocument =
            serde_json::from_str(r#"{"detail":"Too busy.","instance":"/x"}"#).unwrap();
        assert_eq!((problem.detail.as_ref(), problem.status), ("Too busy.", 0));
        assert_eq!(problem.event_index(), None);
    }
}
