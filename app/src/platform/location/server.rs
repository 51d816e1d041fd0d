//! On the server the request says which page it is for.

/// Scheme, host and port of the server. A server can have several names, so the browser decides.
pub fn origin() -> Option<String> {
    None
}

/// The full address of the open page; not known here.
pub fn address() -> String {
    String::new()
}

/// Goes to the element of this id.
pub fn go_to(_id: &str) {}
