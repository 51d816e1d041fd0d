//! Random ids in the browser.

use leptos::prelude::*;

/// An id of 128 random bits, in hexadecimal.
pub fn unique_id() -> String {
    let mut bytes = [0u8; 16];
    let filled = window()
        .crypto()
        .and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes));
    if filled.is_err() {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Below 256.
        for byte in &mut bytes {
            *byte = (js_sys::Math::random() * 256.0) as u8;
        }
    }
    format!("{:032x}", u128::from_be_bytes(bytes))
}
