//! The command line of `pulseboard`: which command, with flags from the line, the environment and
//! the configuration file.
//!
//! A mistake is answered with one line on standard error and exit code 2, so that it reads well in
//! a service's log.

use std::{
    ffi::{OsStr, OsString},
    io::{self, Write},
    process::ExitCode,
};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, error::ErrorKind};
use clap_complete::Shell;
use pulseboard_client::{config_file, export, import, publish, tail};

use crate::config::{Config, fail};

const MORE: &str = "\
Without a command it serves: `pulseboard --listen ADDRESS` is `pulseboard serve --listen ADDRESS`.

Examples:
  pulseboard                                       the board at http://127.0.0.1:3000
  pulseboard publish deploys api v2 is live        one event
  tail -F app.log | pulseboard publish app/log     an event a line
  pulseboard tail 'app/**' --from start            what there was and what comes
  pulseboard export -o events.ndjson               everything, to a file

Configuration: every flag has an environment variable, named in the command's help. A TOML file sets defaults: --config FILE, else \
pulseboard/config.toml in the user's configuration directory. A key is a flag's name and a table a command's: \
listen = \"0.0.0.0:3000\" under [serve]; flags that commands share, such as url, stand at the top. A flag beats the environment, \
and that the file.

Exit codes: 0 done; 1 the network, the server or the input failed; 2 wrong use or configuration.";

/// A live event board: publish with one POST, see it in every open browser.
#[derive(Debug, Parser)]
#[command(name = "pulseboard", version, after_help = MORE, max_term_width = 130, subcommand_required = true)]
struct CommandLine {
    #[command(subcommand)]
    task: Task,

    /// The configuration file; an empty name means none.
    // Read before clap reads anything, because its values are clap's defaults; here for the help
    // and for what is refused.
    #[arg(long, global = true, env = config_file::VARIABLE, value_name = "FILE", value_parser = clap::value_parser!(OsString))]
    #[allow(dead_code)]
    config: Option<OsString>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Serve the board. This is what happens without a command, too.
    Serve(Config),
    /// Publish events: from the command line, or each line of standard input.
    Publish(publish::Args),
    /// Follow topics as events come.
    Tail(tail::Args),
    /// Write stored events to a file, one JSON a line.
    Export(export::Args),
    /// Publish events that export wrote.
    Import(import::Args),
    /// Print the completions for a shell.
    #[command(
        after_help = "Example:\n  pulseboard completions bash > ~/.local/share/bash-completion/completions/pulseboard"
    )]
    Completions {
        /// The shell.
        shell: Shell,
    },
}

impl Task {
    /// Reads the command line, the environment and the file. Otherwise everything has been said,
    /// and the process ends with the code.
    pub fn from_command_line() -> Result<Self, ExitCode> {
        read(std::env::args_os()).map_err(|stop| match stop {
            Stop::Said(text) => {
                // Nobody listens any more where this fails.
                let _ = write!(io::stdout(), "{text}");
                ExitCode::SUCCESS
            }
            Stop::Mistake(reason) => fail(&reason),
        })
    }
}

/// Prints the completions for a shell.
pub fn print_completions(shell: Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(
        shell,
        &mut CommandLine::command(),
        "pulseboard",
        &mut script,
    );
    let mut stdout = io::stdout();
    match stdout.write_all(&script).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = writeln!(
                io::stderr(),
                "pulseboard: cannot write to standard output: {error}"
            );
            ExitCode::FAILURE
        }
        Ok(()) | Err(_) => ExitCode::SUCCESS,
    }
}

/// Why there is nothing to do.
#[derive(Debug)]
enum Stop {
    /// Help or the version, which is what was asked for.
    Said(String),
    /// In one line.
    Mistake(String),
}

fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Task, Stop> {
    let command = CommandLine::command();
    let arguments = Arguments::of(arguments, |word| command.find_subcommand(word).is_some());
    let mistake = |error: clap::Error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Stop::Said(error.to_string()),
        _ => Stop::Mistake(one_line(&error.to_string(), &arguments.help)),
    };
    // Help must be had with any file, and completions are the same with any.
    match command.clone().try_get_matches_from(&arguments.words) {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            ) =>
        {
            return Err(mistake(error));
        }
        Ok(matches) if matches.subcommand_name() == Some("completions") => {
            return task(&matches).map_err(mistake);
        }
        Ok(_) | Err(_) => {}
    }
    let command = match config_file::find(arguments.config.clone()).map_err(Stop::Mistake)? {
        Some((path, text)) => config_file::lay_over(command, &path, &text)
            .map_err(|error| Stop::Mistake(error.to_string()))?,
        None => command,
    };
    let matches = command
        .try_get_matches_from(&arguments.words)
        .map_err(mistake)?;
    task(&matches).map_err(mistake)
}

fn task(matches: &clap::ArgMatches) -> Result<Task, clap::Error> {
    CommandLine::from_arg_matches(matches).map(|line| line.task)
}

/// The words of the command line, the command always among them.
struct Arguments {
    words: Vec<OsString>,
    /// The configuration file, if one is named.
    config: Option<OsString>,
    /// Where more is said about the command.
    help: String,
}

impl Arguments {
    fn of(words: impl IntoIterator<Item = OsString>, is_command: impl Fn(&OsStr) -> bool) -> Self {
        let mut words: Vec<_> = words.into_iter().collect();
        // Past the name of the program and the one option that may stand before the command.
        let mut first = 1;
        while let Some(word) = words.get(first).and_then(|word| word.to_str()) {
            match word {
                "--config" => first += 2,
                word if word.starts_with("--config=") => first += 1,
                _ => break,
            }
        }
        first = first.min(words.len());
        let is_serving = match words.get(first) {
            None => true,
            Some(word)
                if ["-h", "--help", "-V", "--version"]
                    .iter()
                    .any(|flag| word == flag) =>
            {
                false
            }
            Some(word) => word.as_encoded_bytes().starts_with(b"-"),
        };
        if is_serving {
            words.insert(first, "serve".into());
        }
        let named = words
            .get(first)
            .filter(|word| is_command(word))
            .and_then(|word| word.to_str());
        let help = named.map_or_else(
            || "pulseboard --help".to_owned(),
            |name| format!("pulseboard {name} --help"),
        );
        Self {
            config: config(&words),
            words,
            help,
        }
    }
}

/// The value of `--config`, wherever it stands.
fn config(words: &[OsString]) -> Option<OsString> {
    let mut words = words.iter().take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        if word == "--config" {
            return words.next().cloned();
        }
        if let Some(value) = word
            .to_str()
            .and_then(|word| word.strip_prefix("--config="))
        {
            return Some(value.into());
        }
    }
    None
}

/// clap explains at length: the error, a tip, the usage. The error is its first paragraph.
fn one_line(message: &str, help: &str) -> String {
    let paragraph: Vec<_> = message
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let text = paragraph.join(" ");
    format!(
        "{} (see {help})",
        text.strip_prefix("error: ").unwrap_or(&text)
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::path::Path;

    use super::*;

    fn read_words(words: &[&str]) -> Result<Task, Stop> {
        // No file of whoever runs the tests.
        read(
            ["pulseboard", "--config="]
                .iter()
                .chain(words)
                .map(OsString::from),
        )
    }

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn it_serves_with_the_same_flags_with_and_without_the_command() {
        for words in [
            &["--listen", "127.0.0.1:0"][..],
            &["serve", "--listen", "127.0.0.1:0"],
            &["--listen=127.0.0.1:0"],
        ] {
            match read_words(words).unwrap() {
                Task::Serve(config) => assert_eq!(config.listen, "127.0.0.1:0", "{words:?}"),
                other => panic!("{words:?} is {other:?}"),
            }
        }
        assert!(matches!(read_words(&[]), Ok(Task::Serve(_))));
        assert!(matches!(read_words(&["tail", "a"]), Ok(Task::Tail(_))));
    }

    #[test]
    fn a_mistake_is_explained_on_one_line_that_leads_to_the_right_help() {
        for (words, help) in [
            (&["--heartbeat", "-1"][..], "serve --help"),
            (&["--listen", "nowhere"], "serve --help"),
            (&["--wat"], "serve --help"),
            (&["dance"], "pulseboard --help"),
            (&["--retain", "host/** age=7"], "serve --help"),
            (&["--latest-only", "a/**/b"], "serve --help"),
            (&["--listen"], "serve --help"),
            (&["tail"], "tail --help"),
            (&["tail", "a b"], "tail --help"),
            (&["publish", "a", "--url", "nowhere"], "publish --help"),
            (&["export", "--after", "x"], "export --help"),
            (&["completions", "basic"], "completions --help"),
            (&["import", "a", "b"], "import --help"),
        ] {
            match read_words(words).unwrap_err() {
                Stop::Mistake(line) => assert!(
                    !line.contains('\n') && line.len() > 30 && line.contains(help),
                    "{line}"
                ),
                Stop::Said(text) => panic!("{words:?} said {text}"),
            }
        }
    }

    #[test]
    fn the_configuration_file_is_named_anywhere_before_the_double_hyphen() {
        let config = |words: &[&str]| config(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(
            config(&["pulseboard", "--config", "a", "tail"]),
            Some("a".into())
        );
        assert_eq!(
            config(&["pulseboard", "tail", "--config=a"]),
            Some("a".into())
        );
        assert_eq!(
            config(&["pulseboard", "publish", "t", "--", "--config", "a"]),
            None
        );
        assert_eq!(config(&["pulseboard", "--config"]), None);
    }

    #[test]
    fn every_flag_has_a_variable_of_its_own_and_is_a_key_of_the_file() {
        // One of these, or of the words a flag lists, is a value of any flag there is.
        let values = [
            "true",
            "1",
            "\"1\"",
            "\"a\"",
            "\"http://a\"",
            "\"127.0.0.1:0\"",
            "\"9f2c41d7-1\"",
            "\"start\"",
            "\"1h\"",
            "\"a age=1d\"",
        ];
        let command = CommandLine::command();
        let mut variables = std::collections::BTreeMap::<String, String>::new();
        for subcommand in command.get_subcommands() {
            let name = subcommand.get_name();
            for arg in config_file::flags(subcommand) {
                let flag = arg.get_long().unwrap();
                let variable = arg
                    .get_env()
                    .unwrap_or_else(|| panic!("{name} --{flag} has no variable"))
                    .to_str()
                    .unwrap();
                let upper = flag.to_uppercase().replace('-', "_");
                let common = format!("PULSEBOARD_{upper}");
                let own = format!("PULSEBOARD_{}_{upper}", name.to_uppercase());
                // The unit was in the name before there were others.
                let is_named = variable == common
                    || variable == own
                    || variable == "PULSEBOARD_HEARTBEAT_SECONDS";
                assert!(is_named, "{name} --{flag} is read from {variable}");
                let owner = variables
                    .entry(variable.to_owned())
                    .or_insert_with(|| flag.to_owned());
                assert_eq!(owner, flag, "{variable} is read by two flags");
                let words = arg
                    .get_possible_values()
                    .into_iter()
                    .map(|word| format!("{:?}", word.get_name()));
                let is_key = values
                    .iter()
                    .map(ToString::to_string)
                    .chain(words)
                    .any(|value| {
                        let file = format!("[{name}]\n{flag} = {value}\n");
                        config_file::lay_over(command.clone(), Path::new("x"), &file).is_ok()
                    });
                assert!(is_key, "{flag} is no key of [{name}]");
            }
        }
        assert!(variables.len() > 20, "{variables:?}");
    }

    #[test]
    fn what_commands_share_stands_at_the_top_of_the_file() {
        for (file, is_right) in [
            ("url = \"http://a\"\nretry-for = \"1m\"", true),
            ("listen = \"a:1\"", false),
            ("type = \"a\"", false),
        ] {
            let outcome = config_file::lay_over(CommandLine::command(), Path::new("x"), file);
            assert_eq!(outcome.is_ok(), is_right, "{file}");
        }
    }
}
