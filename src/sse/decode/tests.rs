//! Each test is named after the file in `eventsource/` of web-platform-tests that checks the same
//! rule.

use proptest::prelude::*;

use super::*;

/// What a stream dispatches: the same for the whole stream and for chunks of one or two bytes.
#[track_caller]
fn decode(stream: &[u8]) -> (Vec<(String, String, String)>, Decoder) {
    let run = |size: usize| {
        let (mut decoder, mut received) = (Decoder::default(), Vec::new());
        for chunk in stream.chunks(size) {
            decoder
                .push(chunk, |m| {
                    received.push((m.event_type, m.data, m.last_event_id));
                })
                .unwrap();
        }
        (received, decoder)
    };
    let (whole, decoder) = run(stream.len().max(1));
    assert_eq!(whole, run(1).0, "cut at every byte");
    assert_eq!(whole, run(2).0, "cut at every second byte");
    (whole, decoder)
}

#[track_caller]
fn check(stream: impl AsRef<[u8]>, expected: &[(&str, &str)]) {
    let (received, _) = decode(stream.as_ref());
    let received: Vec<_> = received
        .iter()
        .map(|(t, d, _)| (t.as_str(), d.as_str()))
        .collect();
    assert_eq!(received, expected);
}

#[test]
fn format_utf_8() {
    check("data: ok…\n\n", &[("message", "ok…")]);
    check(b"data: a\xffb\n\n", &[("message", "a\u{fffd}b")]);
}

#[test]
fn format_bom_one_leading_bom_is_dropped() {
    check("\u{feff}data: 1\n\n", &[("message", "1")]);
}

#[test]
fn format_bom_2_a_second_bom_makes_the_field_unknown() {
    check(
        "\u{feff}\u{feff}data: 1\n\ndata: 2\n\n",
        &[("message", "2")],
    );
    check("data: 1\n\n\u{feff}data: 2\n\n", &[("message", "1")]);
}

#[test]
fn format_newlines_cr_lf_and_crlf_end_a_line() {
    check(
        "data: 1\r\n\r\ndata: 2\r\rdata: 3\n\ndata: 4\r\n\ndata: 5\n\r\n",
        &[
            ("message", "1"),
            ("message", "2"),
            ("message", "3"),
            ("message", "4"),
            ("message", "5"),
        ],
    );
    check("data: a\r\ndata: b\rdata: c\n\n", &[("message", "a\nb\nc")]);
}

#[test]
fn format_newlines_other_separators_do_not() {
    check(
        "data: a\u{85}b\u{2028}c\u{2029}d\u{b}e\n\n",
        &[("message", "a\u{85}b\u{2028}c\u{2029}d\u{b}e")],
    );
}

#[test]
fn format_field_parsing() {
    check(
        "data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n",
        &[("message", "\0\n 2\n1\n3\n\n4")],
    );
}

#[test]
fn format_leading_space_one_is_dropped() {
    check(
        "data:\ttest\rdata: \ndata:test\n\n",
        &[("message", "\ttest\n\ntest")],
    );
    check("data:  two\n\n", &[("message", " two")]);
}

#[test]
fn format_field_unknown_is_ignored() {
    check(
        "data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacomment\nDATA: no\n\n",
        &[("message", "test\n")],
    );
}

#[test]
fn format_comments_are_ignored_however_long() {
    let long = "x".repeat(2 * 1024);
    check(
        format!("data:1\r:\0\n:\r\ndata:2\n:{long}\rdata:3\n:data:fail\r:{long}\ndata:4\n\n"),
        &[("message", "1\n2\n3\n4")],
    );
}

#[test]
fn format_field_data_bare_dispatches_the_empty_string_and_none_dispatches_nothing() {
    check(
        "data:\n\ndata\ndata\n\ndata:test\n\n",
        &[("message", ""), ("message", "\n"), ("message", "test")],
    );
    check("event: x\n\n\n\n", &[]);
}

#[test]
fn format_field_event_is_cleared_by_a_block_without_data() {
    check(
        "event:test\ndata:x\n\ndata:x\n\n",
        &[("test", "x"), ("message", "x")],
    );
    check("event:test\n\ndata:x\n\n", &[("message", "x")]);
}

#[test]
fn format_field_event_empty_means_message() {
    check("event: \ndata:data\n\n", &[("message", "data")]);
}

#[test]
fn format_data_before_final_empty_line_is_discarded() {
    check(
        "retry:1000\ndata:test1\n\nid:test\ndata:test2",
        &[("message", "test1")],
    );
    let (_, decoder) = decode(b"id: 1\ndata: a\n\nid: 2\ndata: b\n");
    assert_eq!(
        decoder.last_event_id(),
        "1",
        "an unfinished block moves no cursor"
    );
}

#[test]
fn format_field_id_persists() {
    let (received, decoder) = decode(b"id: 1\ndata: a\n\ndata: b\n\n");
    assert_eq!(received[1].2, "1");
    assert_eq!(decoder.last_event_id(), "1");
}

#[test]
fn format_field_id_2_an_empty_id_resets_it() {
    let (received, decoder) = decode(b"id: 1\ndata: a\n\nid\ndata: b\n\ndata: c\n\n");
    assert_eq!(
        received.iter().map(|m| m.2.as_str()).collect::<Vec<_>>(),
        ["1", "", ""]
    );
    assert_eq!(decoder.last_event_id(), "", "so no header is sent");
}

#[test]
fn format_field_id_3_an_id_alone_moves_the_cursor_without_an_event() {
    let (received, decoder) = decode(b"id: 7\n\n");
    assert!(received.is_empty());
    assert_eq!(decoder.last_event_id(), "7");
}

#[test]
fn format_field_id_null_is_ignored() {
    let (_, decoder) = decode(b"id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n");
    assert_eq!(decoder.last_event_id(), "1");
}

#[test]
fn format_null_character_in_data_is_kept() {
    check("data:\0\n\n\n\n", &[("message", "\0")]);
}

#[test]
fn format_field_retry_is_ascii_digits() {
    assert_eq!(decode(b"retry: 3000\n\n").1.retry_millis(), Some(3000));
    assert_eq!(decode(b"retry:03000\n\n").1.retry_millis(), Some(3000));
}

#[test]
fn format_field_retry_bogus_and_empty_are_ignored() {
    for text in [
        "retry:3000\nretry:1000x\n\n",
        "retry:3000\nretry\n\n",
        "retry:3000\nretry: -1\n\n",
        "retry:3000\nretry:\u{663}\n\n",
        "retry:3000\nretry:99999999999999999999999\n\n",
    ] {
        assert_eq!(
            decode(text.as_bytes()).1.retry_millis(),
            Some(3000),
            "{text:?}"
        );
    }
}

#[test]
fn a_resuming_decoder_keeps_its_cursor_until_the_stream_moves_it() {
    let mut decoder = Decoder::default().resuming_after("9f2c41d7-5");
    let mut ids = Vec::new();
    decoder
        .push(b"data: a\n\nid: 9f2c41d7-6\ndata: b\n\n", |m| {
            ids.push(m.last_event_id);
        })
        .unwrap();
    assert_eq!(ids, ["9f2c41d7-5", "9f2c41d7-6"]);
}

#[test]
fn a_block_without_end_is_refused() {
    let mut decoder = Decoder::with_limit(1_000);
    let outcome = (0..200).try_for_each(|_| decoder.push(b"data: 0123456789\n", |_| {}));
    assert_eq!(outcome, Err(BlockTooLong { limit: 1_000 }));
    let outcome = (0..200).try_for_each(|_| Decoder::with_limit(9).push(b"0123456789", |_| {}));
    assert_eq!(outcome, Err(BlockTooLong { limit: 9 }));
}

proptest! {
    #[test]
    fn any_bytes_decode_alike_however_they_are_cut(
        stream in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(b':'), Just(b'd'), any::<u8>()], 0..200),
        size in 1usize..40,
    ) {
        let run = |size: usize| {
            let (mut decoder, mut received) = (Decoder::default(), Vec::new());
            for chunk in stream.chunks(size) {
                decoder.push(chunk, |m| received.push(m)).unwrap();
            }
            (received, decoder.last_event_id().to_owned())
        };
        prop_assert_eq!(run(size), run(1_000));
    }
}
