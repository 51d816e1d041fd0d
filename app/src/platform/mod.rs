//! The platform layer: everything that differs between the browser and the server, one module a
//! concern.
//!
//! Each module has one surface (`mod.rs`) and two implementations, `browser.rs` and `server.rs`. The
//! server only renders, so its side does nothing: what would call it hangs on events and effects,
//! which never run there.

pub mod clipboard;
pub mod clock;
pub mod cookies;
pub mod desktop;
pub mod downloads;
pub mod focus;
pub mod http;
pub mod keyboard;
pub mod links;
pub mod locale;
pub mod location;
pub mod navigation;
pub mod overlays;
pub mod pointer;
pub mod random;
pub mod scroll_area;
pub mod scrolling;
pub mod service_worker;
pub mod storage;
pub mod text_field;
pub mod theme;
pub mod visibility;
