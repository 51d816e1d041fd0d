//! The values of the configuration file: as arguments of the command line, and whether a flag
//! accepts them.

use clap::{
    Arg, ArgAction, Command,
    error::{ContextKind, ContextValue, ErrorKind},
};
use toml::de::DeValue;

/// Converts a value to what would be typed on the command line.
///
/// # Errors
/// If the value has the wrong type; the text names the expected type.
pub(super) fn to_arguments(arg: &Arg, value: &DeValue<'_>) -> Result<Vec<String>, &'static str> {
    let is_repeatable = matches!(arg.get_action(), ArgAction::Append);
    match value {
        DeValue::Boolean(value) if is_switch(arg) => Ok(vec![value.to_string()]),
        _ if is_switch(arg) => Err("true or false"),
        DeValue::Array(values) if is_repeatable => {
            let texts: Option<Vec<_>> = values
                .iter()
                .map(|value| to_argument(value.get_ref()))
                .collect();
            texts.ok_or("an array of strings")
        }
        value => to_argument(value)
            .map(|text| vec![text])
            .ok_or(if is_repeatable {
                "a string or an array of strings"
            } else {
                "a string or a number"
            }),
    }
}

/// Checks that the flag accepts a value. The check asks the command itself, so that it is the same
/// as on the command line.
///
/// # Errors
/// If the flag rejects the value; the text says why.
pub(super) fn check(command: &Command, arg: &Arg, value: &str) -> Result<(), String> {
    if is_switch(arg) {
        return Ok(());
    }
    let mut command = command.clone();
    // The name that an error uses for the argument exists only after the command is built.
    command.build();
    let displayed = command
        .get_arguments()
        .find(|other| other.get_id() == arg.get_id())
        .map(ToString::to_string);
    let long = arg.get_long().unwrap_or_default();
    let words = [command.get_name().to_owned(), format!("--{long}={value}")];
    let Err(error) = command.try_get_matches_from(words) else {
        return Ok(());
    };
    // Required arguments are missing here, and the environment may be invalid. Only errors about
    // the value of this flag count.
    let is_about_flag = matches!(error.get(ContextKind::InvalidArg), Some(ContextValue::String(name)) if Some(name) == displayed.as_ref());
    let is_about_value = matches!(
        error.kind(),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation
    );
    if !is_about_flag || !is_about_value {
        return Ok(());
    }
    let source = std::error::Error::source(&error).map(ToString::to_string);
    let reason = source.unwrap_or_else(|| match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) => format!("expected one of {}", values.join(", ")),
        _ => "not accepted".to_owned(),
    });
    Err(format!("invalid value {value:?}: {reason}"))
}

/// The type of a value, for an error.
pub(super) fn type_name(value: &DeValue<'_>) -> String {
    let article = if value.is_integer() || value.is_array() {
        "an"
    } else {
        "a"
    };
    format!("{article} {}", value.type_str())
}

fn is_switch(arg: &Arg) -> bool {
    matches!(arg.get_action(), ArgAction::SetTrue)
}

/// Converts a single value. Numbers and times have the same syntax on the command line.
fn to_argument(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Datetime(time) => Some(time.to_string()),
        DeValue::Integer(_) | DeValue::Boolean(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}
