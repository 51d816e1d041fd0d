//! The configuration file: TOML defaults for the flags of the command line.
//!
//! ```toml
//! url = "https://board.example.com"   # a flag that several commands share
//!
//! [serve]
//! listen = "0.0.0.0:3000"
//!
//! [publish]
//! keep-going = true
//! ```
//!
//! A key is the long name of a flag; a table is the name of a command. There is no list of keys:
//! [`apply_defaults`] sets the values of the file as default values of the [`clap::Command`]. So
//! every flag is a key, its value is parsed as on the command line, and a flag or an environment
//! variable overrides it.

mod flag_value;

use std::{
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use clap::{Arg, ArgAction, Command};
use etcetera::{BaseStrategy, choose_base_strategy};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use self::flag_value::{check, to_arguments, type_name};

/// The environment variable that names the file. An empty value means "no file".
pub const VARIABLE: &str = "PULSEBOARD_CONFIG";

/// A mistake in the configuration file, with the file and the line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {reason}")]
pub struct InvalidConfig {
    file: String,
    line: usize,
    reason: String,
}

/// Finds the configuration file and reads it. `named` is the value of `--config`; without it, the
/// environment variable names the file, and otherwise the file is `pulseboard/config.toml` in the
/// user's configuration directory, if it exists.
///
/// # Errors
/// If the file cannot be read. A file that the flag or the variable names must exist.
pub fn find(named: Option<OsString>) -> Result<Option<(PathBuf, String)>, String> {
    let named = named.or_else(|| env::var_os(VARIABLE));
    let is_named = named.is_some();
    let path = match named {
        Some(path) if path.is_empty() => return Ok(None),
        Some(path) => PathBuf::from(path),
        // Without a home directory there is no user configuration.
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

/// Sets the values of a configuration file as default values of the command's flags. `path` only
/// appears in errors.
///
/// ```
/// use std::path::Path;
/// use clap::{Arg, Command};
/// use pulseboard_client::config_file;
///
/// let serve = Command::new("serve").arg(Arg::new("listen").long("listen"));
/// let command = Command::new("pulseboard").subcommand(serve);
/// let file = "[serve]\nlisten = \"0.0.0.0:3000\"";
///
/// let command = config_file::apply_defaults(command, Path::new("config.toml"), file)?;
/// let matches = command.get_matches_from(["pulseboard", "serve"]);
/// let (_, serve) = matches.subcommand().unwrap();
/// assert_eq!(serve.get_one::<String>("listen").unwrap(), "0.0.0.0:3000");
/// # Ok::<(), config_file::InvalidConfig>(())
/// ```
///
/// # Errors
/// If the text is not TOML, a key is not a flag, a table is not a command, or a flag does not accept
/// its value.
pub fn apply_defaults(
    mut command: Command,
    path: &Path,
    text: &str,
) -> Result<Command, InvalidConfig> {
    let invalid = |offset: usize, reason: String| InvalidConfig {
        file: path.display().to_string(),
        line: 1 + text.get(..offset).unwrap_or(text).matches('\n').count(),
        reason,
    };
    let document = DeTable::parse(text).map_err(|error| {
        invalid(
            error.span().map_or(0, |span| span.start),
            format!("not valid TOML: {}", error.message()),
        )
    })?;
    // A key in a table overrides the same key at the top, so the keys at the top are applied first.
    let (tables, keys): (Vec<_>, Vec<_>) = document
        .get_ref()
        .iter()
        .partition(|(_, value)| value.get_ref().is_table());
    for (key, value) in keys {
        let commands = commands_sharing(&command, key.get_ref());
        if commands.is_empty() {
            return Err(invalid(
                key.span().start,
                unknown_key(&command, key.get_ref()),
            ));
        }
        for name in commands {
            command = set_default(command, &name, key.get_ref(), value)
                .map_err(|reason| invalid(key.span().start, reason))?;
        }
    }
    for (name, table) in tables {
        let Some(entries) = table.get_ref().as_table() else {
            continue;
        };
        let name_text = name.get_ref();
        if command.find_subcommand(name_text.as_ref()).is_none() {
            let known: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
            let reason = format!(
                "unknown table [{name_text}]; expected one of {}",
                known.join(", ")
            );
            return Err(invalid(name.span().start, reason));
        }
        for (key, value) in entries {
            command = set_default(command, name_text, key.get_ref(), value)
                .map_err(|reason| invalid(key.span().start, reason))?;
        }
    }
    Ok(command)
}

/// The long flags of a command that a file may set: flags with a value and switches, but not
/// `--help` or `--version`.
pub fn flags(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| {
        arg.get_long().is_some()
            && matches!(
                arg.get_action(),
                ArgAction::Set | ArgAction::Append | ArgAction::SetTrue
            )
    })
}

/// The commands that share this flag: more than one command reads it from the same environment
/// variable.
fn commands_sharing(command: &Command, key: &str) -> Vec<String> {
    let with_flag: Vec<_> = command
        .get_subcommands()
        .filter_map(|sub| Some((sub.get_name(), flag(sub, key)?.get_env()?)))
        .collect();
    let is_shared = |variable| {
        with_flag
            .iter()
            .filter(|(_, other)| *other == variable)
            .count()
            > 1
    };
    with_flag
        .iter()
        .filter(|(_, variable)| is_shared(*variable))
        .map(|(name, _)| (*name).to_owned())
        .collect()
}

fn flag<'a>(command: &'a Command, long: &str) -> Option<&'a Arg> {
    flags(command).find(|arg| arg.get_long() == Some(long))
}

fn unknown_key(command: &Command, key: &str) -> String {
    let tables: Vec<_> = command
        .get_subcommands()
        .filter(|sub| flag(sub, key).is_some())
        .map(Command::get_name)
        .collect();
    if tables.is_empty() {
        format!("unknown key {key:?}")
    } else {
        format!(
            "{key:?} must be inside a table: [{}]",
            tables.join("] or [")
        )
    }
}

/// Sets the default value of one flag of one subcommand.
fn set_default(
    command: Command,
    name: &str,
    key: &str,
    value: &Spanned<DeValue<'_>>,
) -> Result<Command, String> {
    let subcommand = command
        .find_subcommand(name)
        .ok_or_else(|| format!("unknown table [{name}]"))?;
    let arg = flag(subcommand, key).ok_or_else(|| {
        format!("unknown key {key:?} in [{name}]; `pulseboard {name} --help` lists the flags")
    })?;
    let arguments = to_arguments(arg, value.get_ref()).map_err(|expected| {
        format!(
            "{key:?} in [{name}] must be {expected}, but is {}",
            type_name(value.get_ref())
        )
    })?;
    for argument in &arguments {
        check(subcommand, arg, argument)
            .map_err(|reason| format!("{key:?} in [{name}]: {reason}"))?;
    }
    let id = arg.get_id().clone();
    Ok(command.mut_subcommand(name, |subcommand| {
        subcommand.mut_arg(id, |arg| arg.default_values(arguments))
    }))
}

#[cfg(test)]
mod tests;
