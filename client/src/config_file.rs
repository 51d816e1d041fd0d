//! The configuration file: defaults for the command line's flags, in TOML.
//!
//! ```toml
//! url = "https://board.example.com"   # a flag several commands share
//!
//! [serve]
//! listen = "0.0.0.0:3000"
//!
//! [publish]
//! keep-going = true
//! ```
//!
//! A key is the long name of a flag, a table the name of a command. Nothing is listed here: the
//! file is laid over the [`clap::Command`] itself, as default values, so every flag is a key, with
//! the same check as on the command line, and a flag or an environment variable beats it.

use std::{
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use clap::{
    Arg, ArgAction, Command,
    error::{ContextKind, ContextValue},
};
use etcetera::{BaseStrategy, choose_base_strategy};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// The variable that names the file; empty, it says that there is none.
pub const VARIABLE: &str = "PULSEBOARD_CONFIG";

/// What is wrong, with the file and the line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {reason}")]
pub struct InvalidConfig {
    file: String,
    line: usize,
    reason: String,
}

/// The file to read: the one named on the command line, else in the environment, else the user's
/// own if it is there.
///
/// A file that is named must be there; `Err` says why it cannot be read.
pub fn find(named: Option<OsString>) -> Result<Option<(PathBuf, String)>, String> {
    let named = named.or_else(|| env::var_os(VARIABLE));
    let is_named = named.is_some();
    let path = match named {
        Some(path) if path.is_empty() => return Ok(None),
        Some(path) => PathBuf::from(path),
        // Without a home there is no file of the user's own.
        None => match choose_base_strategy().map(|strategy| strategy.config_dir()) {
            Ok(folder) if folder.is_absolute() => folder.join("pulseboard").join("config.toml"),
            Ok(_) | Err(_) => return Ok(None),
        },
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(error)
            if !is_named
                && matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
        {
            Ok(None)
        }
        Err(error) => Err(format!("cannot read {}: {error}", path.display())),
    }
}

/// Lays the file's values over the flags of the command and its subcommands, as their defaults.
pub fn lay_over(mut command: Command, path: &Path, text: &str) -> Result<Command, InvalidConfig> {
    let at = |offset: usize, reason: String| InvalidConfig {
        file: path.display().to_string(),
        line: 1 + text.get(..offset).unwrap_or(text).matches('\n').count(),
        reason,
    };
    let document = DeTable::parse(text).map_err(|error| {
        at(
            error.span().map_or(0, |span| span.start),
            format!("this is not TOML: {}", error.message()),
        )
    })?;
    // Tables beat the keys they share with the top, so those come first.
    let (tables, keys): (Vec<_>, Vec<_>) = document
        .get_ref()
        .iter()
        .partition(|(_, value)| value.get_ref().is_table());
    for (key, value) in keys {
        let owners: Vec<_> = sharing(&command, key.get_ref());
        if owners.is_empty() {
            return Err(at(key.span().start, unknown_key(&command, key.get_ref())));
        }
        for owner in owners {
            command = set(command, &owner, key.get_ref(), value)
                .map_err(|reason| at(key.span().start, reason))?;
        }
    }
    for (name, table) in tables {
        let Some(table_entries) = table.get_ref().as_table() else {
            continue;
        };
        let name_text = name.get_ref();
        if command.find_subcommand(name_text.as_ref()).is_none() {
            let known: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
            let reason = format!(
                "unknown table [{name_text}]; there are {}",
                known.join(", ")
            );
            return Err(at(name.span().start, reason));
        }
        for (key, value) in table_entries {
            command = set(command, name_text, key.get_ref(), value)
                .map_err(|reason| at(key.span().start, reason))?;
        }
    }
    Ok(command)
}

/// The long flags of a command that a file may set: those with a value or a switch, not `--help`
/// and its like.
pub fn flags(command: &Command) -> impl Iterator<Item = &Arg> {
    command
        .get_arguments()
        .filter(|arg| arg.get_long().is_some() && is_settable(arg.get_action()))
}

fn is_settable(action: &ArgAction) -> bool {
    matches!(
        action,
        ArgAction::Set | ArgAction::Append | ArgAction::SetTrue
    )
}

/// The commands that have a flag of this name which is one and the same: it is read from one
/// environment variable.
fn sharing(command: &Command, key: &str) -> Vec<String> {
    let with_flag = command
        .get_subcommands()
        .filter_map(|sub| Some((sub.get_name(), flag(sub, key)?.get_env()?)));
    let owners: Vec<_> = with_flag.collect();
    let is_shared = |variable| {
        owners
            .iter()
            .filter(|(_, other)| *other == variable)
            .count()
            > 1
    };
    owners
        .iter()
        .filter(|(_, variable)| is_shared(*variable))
        .map(|(name, _)| (*name).to_owned())
        .collect()
}

fn flag<'a>(command: &'a Command, long: &str) -> Option<&'a Arg> {
    flags(command).find(|arg| arg.get_long() == Some(long))
}

fn unknown_key(command: &Command, key: &str) -> String {
    let owners: Vec<_> = command
        .get_subcommands()
        .filter(|sub| flag(sub, key).is_some())
        .map(Command::get_name)
        .collect();
    if owners.is_empty() {
        format!("unknown key {key:?}")
    } else {
        format!("{key:?} belongs into a table: [{}]", owners.join("] or ["))
    }
}

/// Sets one flag of one subcommand.
fn set(
    command: Command,
    name: &str,
    key: &str,
    value: &Spanned<DeValue<'_>>,
) -> Result<Command, String> {
    let subcommand = command
        .find_subcommand(name)
        .ok_or_else(|| format!("unknown table [{name}]"))?;
    let arg = flag(subcommand, key).ok_or_else(|| {
        format!("unknown key {key:?} in [{name}]; pulseboard {name} --help lists the flags")
    })?;
    let texts = texts(arg, value.get_ref()).map_err(|expected| {
        format!(
            "{key:?} in [{name}] is {} {}; expected {expected}",
            article(value.get_ref()),
            value.get_ref().type_str()
        )
    })?;
    for text in &texts {
        check(subcommand, arg, text).map_err(|reason| format!("{key:?} in [{name}]: {reason}"))?;
    }
    let id = arg.get_id().clone();
    Ok(command.mut_subcommand(name, |subcommand| {
        subcommand.mut_arg(id, |arg| arg.default_values(texts))
    }))
}

fn article(value: &DeValue<'_>) -> &'static str {
    if value.is_integer() || value.is_array() {
        "an"
    } else {
        "a"
    }
}

/// The value as the words that would stand on the command line, or what was expected.
fn texts(arg: &Arg, value: &DeValue<'_>) -> Result<Vec<String>, &'static str> {
    let is_many = matches!(arg.get_action(), ArgAction::Append);
    match value {
        DeValue::Boolean(value) if matches!(arg.get_action(), ArgAction::SetTrue) => {
            Ok(vec![value.to_string()])
        }
        _ if matches!(arg.get_action(), ArgAction::SetTrue) => Err("true or false"),
        DeValue::Array(values) if is_many => {
            let texts: Option<Vec<_>> = values.iter().map(|value| text(value.get_ref())).collect();
            texts.ok_or("a list of texts")
        }
        value => text(value).map(|text| vec![text]).ok_or(if is_many {
            "a text or a list of texts"
        } else {
            "a text or a number"
        }),
    }
}

/// A single value as text: numbers and times are written on the command line as they are here.
fn text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::Integer(_) | DeValue::Boolean(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

/// Whether the flag takes this value. The command itself is asked, so that it is the same check as
/// on the command line.
fn check(command: &Command, arg: &Arg, text: &str) -> Result<(), String> {
    if matches!(arg.get_action(), ArgAction::SetTrue) {
        return Ok(());
    }
    let long = arg.get_long().unwrap_or_default();
    let mut command = command.clone();
    // How an argument is written in an error is known only once its command is built.
    command.build();
    let shown = flag(&command, long).map(ToString::to_string);
    let words = [command.get_name().to_owned(), format!("--{long}={text}")];
    let Err(error) = command.try_get_matches_from(words) else {
        return Ok(());
    };
    // The line is incomplete, and the environment may be wrong; only what is said of this flag
    // counts.
    let is_about_it = matches!(error.get(ContextKind::InvalidArg), Some(ContextValue::String(name)) if Some(name) == shown.as_ref());
    let is_value = matches!(
        error.kind(),
        clap::error::ErrorKind::InvalidValue | clap::error::ErrorKind::ValueValidation
    );
    if !is_about_it || !is_value {
        return Ok(());
    }
    let source = std::error::Error::source(&error).map(ToString::to_string);
    let reason = source.unwrap_or_else(|| match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) => format!("expected one of {}", values.join(", ")),
        _ => "this value does not fit".to_owned(),
    });
    Err(format!("invalid value {text:?}: {reason}"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::time::Duration;

    use clap::{ArgMatches, builder::FalseyValueParser};

    use super::*;
    use crate::parse_duration;

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
        let command = lay_over(command(), Path::new("config.toml"), text).unwrap();
        let matches = command
            .try_get_matches_from(["pb"].iter().chain(words))
            .unwrap();
        matches.subcommand().unwrap().1.clone()
    }

    #[track_caller]
    fn check_refused(text: &str, line: usize, words: &[&str]) {
        let error = lay_over(command(), Path::new("dir/config.toml"), text)
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
    fn the_file_is_beaten_by_a_flag_and_beats_the_default() {
        let file =
            "[serve]\nlisten = \"file\"\nkeep = 1_000\nquiet = true\nretain = [\"a\", \"b\"]\n";
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
    fn a_key_at_the_top_is_for_every_command_that_shares_it_and_a_table_beats_it() {
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
    fn a_mistake_is_named_with_its_key_line_and_file() {
        check_refused(
            "\n[serve]\nlisen = \"x\"\n",
            3,
            &["\"lisen\"", "[serve]", "--help"],
        );
        check_refused("listen = \"x\"\n", 1, &["\"listen\"", "[serve]"]);
        check_refused("nothing = 1", 1, &["unknown key \"nothing\""]);
        check_refused("\n\n[sing]\na = 1", 3, &["[sing]", "serve, publish, tail"]);
        check_refused(
            "[serve]\nquiet = \"yes\"",
            2,
            &["\"quiet\"", "a string", "true or false"],
        );
        check_refused(
            "[serve]\nlisten = true",
            2,
            &["\"listen\"", "a boolean", "a text or a number"],
        );
        check_refused("[serve]\nlisten = [\"a\"]", 2, &["\"listen\"", "an array"]);
        check_refused(
            "[serve]\nretain = [[1]]",
            2,
            &["\"retain\"", "a list of texts"],
        );
        check_refused(
            "[serve]\nkeep = \"many\"",
            2,
            &["\"keep\"", "\"many\"", "invalid digit"],
        );
        check_refused(
            "[publish]\nwait = \"long\"",
            2,
            &["\"wait\"", "expected a duration"],
        );
        check_refused("[tail]\nwhen = \"often\"", 2, &["\"when\"", "auto, never"]);
        check_refused("url = 1\n[serve\n", 2, &["not TOML"]);
        check_refused("[serve]\nlisten = \"a\"\nlisten = \"b\"", 3, &["not TOML"]);
        check_refused("[serve]\nhelp = true", 2, &["unknown key \"help\""]);
    }
}
