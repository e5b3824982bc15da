//! Which value of a choice may follow which.

use crate::{
    db::Arg,
    error::{Error, Fault},
    schema::{Column, Transition},
    sql::stored_default,
};

use super::value;

/// Refuses a new row that does not begin where its flow does.
///
/// # Errors
/// The fault of the field.
pub(super) fn check_beginning(column: &Column, arg: &Arg) -> Result<(), Fault> {
    let beginning = stored_default(column).map(value::literal);
    match (column.flow, beginning) {
        (Some(_), Some(Arg::Text(beginning))) if *arg != Arg::Text(beginning.clone()) => {
            Err(Fault::new(column.key, "not_a_beginning", format!("begins as {beginning}")))
        }
        _ => Ok(()),
    }
}

/// Refuses a change that the flow does not name.
///
/// # Errors
/// [`Error::Conflict`] that says what may follow.
pub(super) fn check_transition(column: &Column, from: &Arg, to: &Arg) -> Result<(), Error> {
    let (Some(flow), Arg::Text(from), Arg::Text(to)) = (column.flow, from, to) else { return Ok(()) };
    let next = next(flow, from);
    if from == to || next.contains(&to.as_str()) {
        return Ok(());
    }
    let may = if next.is_empty() { "stays".to_owned() } else { format!("may become {}", next.join(" or ")) };
    let key = column.key;
    Err(Error::Conflict(format!("{key} cannot go from {from} to {to}; what is {from} {may}").into()))
}

/// What may follow a word.
fn next(flow: &[Transition], from: &str) -> &'static [&'static str] {
    flow.iter().find(|transition| transition.from == from).map_or(&[], |transition| transition.to)
}
