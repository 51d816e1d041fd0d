//! Replays the corpus of every fuzz target.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::Path};

fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    let mut inputs: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    inputs.sort();
    assert!(
        inputs.len() >= 8,
        "{} inputs in {}",
        inputs.len(),
        folder.display()
    );
    for input in inputs {
        eprintln!("{}", input.display());
        run(&fs::read(&input).unwrap());
    }
}

#[test]
fn the_sse_decoder_does_not_depend_on_where_the_stream_is_cut() {
    replay("sse", pulseboard_fuzz::sse);
}

#[test]
fn json_that_parses_is_kept_as_it_is() {
    replay("json", pulseboard_fuzz::json);
}

#[test]
fn topics_and_patterns_agree() {
    replay("topics", pulseboard_fuzz::topics);
}

#[test]
fn event_ids_are_read_as_they_are_written() {
    replay("cursors", pulseboard_fuzz::cursors);
}
