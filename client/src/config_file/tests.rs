#![allow(clippy::unwrap_used)]

use std::time::Duration;

use clap::{ArgMatches, builder::FalseyValueParser};

use super::*;
use crate::duration::parse_duration;

fn command() -> Command {
    let url = || {
        Arg::new("url")
            .long("url")
            .env("PB_TEST_URL")
            .default_value("http://default")
    };
    Command::new("pb")
        .subcommand(
            Command::new("serve")
                .arg(
                    Arg::new("listen")
                        .long("listen")
                        .env("PB_TEST_LISTEN")
                        .default_value("here"),
                )
                .arg(
                    Arg::new("keep")
                        .long("keep")
                        .env("PB_TEST_KEEP")
                        .value_parser(clap::value_parser!(u64)),
                )
                .arg(
                    Arg::new("rules")
                        .long("retain")
                        .env("PB_TEST_RULES")
                        .action(ArgAction::Append),
                )
                .arg(
                    Arg::new("quiet")
                        .long("quiet")
                        .env("PB_TEST_QUIET")
                        .action(ArgAction::SetTrue)
                        .value_parser(FalseyValueParser::new()),
                ),
        )
        .subcommand(
            Command::new("publish")
                .arg(Arg::new("topic").required(true))
                .arg(url())
                .arg(
                    Arg::new("wait")
                        .long("wait")
                        .env("PB_TEST_WAIT")
                        .value_parser(parse_duration),
                ),
        )
        .subcommand(
            Command::new("tail").arg(url()).arg(
                Arg::new("when")
                    .long("when")
                    .value_parser(["auto", "never"]),
            ),
        )
}

fn read(text: &str, words: &[&str]) -> ArgMatches {
    let command = apply_defaults(command(), Path::new("config.toml"), text).unwrap();
    let matches = command
        .try_get_matches_from(["pb"].iter().chain(words))
        .unwrap();
    matches.subcommand().unwrap().1.clone()
}

#[track_caller]
fn check_rejected(text: &str, line: usize, words: &[&str]) {
    let error = apply_defaults(command(), Path::new("dir/config.toml"), text)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(&format!("dir/config.toml:{line}: ")),
        "{error}"
    );
    for word in words {
        assert!(error.contains(word), "{error} should say {word}");
    }
    assert!(!error.contains('\n'), "{error}");
}

#[test]
fn a_flag_overrides_the_file_which_overrides_the_default() {
    let file = "[serve]\nlisten = \"file\"\nkeep = 1_000\nquiet = true\nretain = [\"a\", \"b\"]\n";
    let serve = read(file, &["serve"]);
    assert_eq!(serve.get_one::<String>("listen").unwrap(), "file");
    assert_eq!(serve.get_one::<u64>("keep"), Some(&1000));
    assert!(serve.get_flag("quiet"));
    assert_eq!(
        serve
            .get_many::<String>("rules")
            .unwrap()
            .collect::<Vec<_>>(),
        ["a", "b"]
    );
    let serve = read(
        file,
        &["serve", "--listen", "flag", "--keep", "2", "--retain", "c"],
    );
    assert_eq!(serve.get_one::<String>("listen").unwrap(), "flag");
    assert_eq!(serve.get_one::<u64>("keep"), Some(&2));
    assert_eq!(
        serve
            .get_many::<String>("rules")
            .unwrap()
            .collect::<Vec<_>>(),
        ["c"]
    );
    assert_eq!(
        read("", &["serve"]).get_one::<String>("listen").unwrap(),
        "here"
    );
}

#[test]
fn a_key_at_the_top_applies_to_every_command_that_shares_it_and_a_table_overrides_it() {
    let file = "url = \"top\"\n[tail]\nurl = \"table\"\n";
    assert_eq!(
        read(file, &["publish", "t"])
            .get_one::<String>("url")
            .unwrap(),
        "top"
    );
    assert_eq!(
        read(file, &["tail"]).get_one::<String>("url").unwrap(),
        "table"
    );
    assert_eq!(
        read("[publish]\nwait = \"2m\"", &["publish", "t"]).get_one("wait"),
        Some(&Duration::from_mins(2))
    );
    assert_eq!(
        read("[publish]\nwait = 1.5", &["publish", "t"]).get_one("wait"),
        Some(&Duration::from_millis(1500))
    );
}

#[test]
fn a_mistake_is_reported_with_its_key_line_and_file() {
    check_rejected(
        "\n[serve]\nlisen = \"x\"\n",
        3,
        &["\"lisen\"", "[serve]", "--help"],
    );
    check_rejected(
        "listen = \"x\"\n",
        1,
        &["\"listen\"", "must be inside a table", "[serve]"],
    );
    check_rejected("nothing = 1", 1, &["unknown key \"nothing\""]);
    check_rejected("\n\n[sing]\na = 1", 3, &["[sing]", "serve, publish, tail"]);
    check_rejected(
        "[serve]\nquiet = \"yes\"",
        2,
        &["\"quiet\"", "a string", "true or false"],
    );
    check_rejected(
        "[serve]\nlisten = true",
        2,
        &["\"listen\"", "a boolean", "a string or a number"],
    );
    check_rejected("[serve]\nlisten = [\"a\"]", 2, &["\"listen\"", "an array"]);
    check_rejected(
        "[serve]\nretain = [[1]]",
        2,
        &["\"retain\"", "an array of strings"],
    );
    check_rejected(
        "[serve]\nkeep = \"many\"",
        2,
        &["\"keep\"", "\"many\"", "invalid digit"],
    );
    check_rejected(
        "[publish]\nwait = \"long\"",
        2,
        &["\"wait\"", "expected a duration"],
    );
    check_rejected("[tail]\nwhen = \"often\"", 2, &["\"when\"", "auto, never"]);
    check_rejected("url = 1\n[serve\n", 2, &["not valid TOML"]);
    check_rejected(
        "[serve]\nlisten = \"a\"\nlisten = \"b\"",
        3,
        &["not valid TOML"],
    );
    check_rejected("[serve]\nhelp = true", 2, &["unknown key \"help\""]);
}
