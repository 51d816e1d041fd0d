//! Runs [`pulseboard_fuzz::topics`] on the inputs libFuzzer makes.
#![no_main]
#![allow(missing_docs)]

libfuzzer_sys::fuzz_target!(|input: &[u8]| pulseboard_fuzz::topics(input));
