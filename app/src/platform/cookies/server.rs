//! The server reads cookies from the request (`PageContext`) and sets none here.

/// Keeps a value for a year.
pub fn set_cookie(_name: &str, _value: &str) {}
