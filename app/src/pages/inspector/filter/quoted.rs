//! Quoted text in a filter: `"disk is full"`.

use std::borrow::Cow;

/// The text inside the quotes, without escapes. Text that is not quoted stays as it is.
pub(super) fn unquoted(text: &str) -> Cow<'_, str> {
    match text
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
    {
        Some(inside) => serde_json::from_str(text).map_or(Cow::Borrowed(inside), Cow::Owned),
        None => Cow::Borrowed(text),
    }
}
