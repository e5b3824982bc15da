//! Rows that are shown inside those which refer to them: there are such.

#![expect(clippy::indexing_slicing, reason = "runs at compile time only; const code has neither iterators nor get")]

use super::{
    Kind, Schema, Verb,
    laws::{equal, fail},
};

/// Asserts that something refers to rows of which it is said who is shown them there.
#[track_caller]
pub(super) const fn assert_is_shown_somewhere(schemas: &[&Schema], schema: &Schema) {
    let mut i = 0;
    while i < schema.grants.len() {
        if matches!(schema.grants[i].verb, Verb::Show) && !is_referred_to(schemas, schema) {
            let why = "`, so that it is shown inside no other row; take `show` away";
            fail(&["nothing that is shown refers to `", schema.name, why]);
        }
        i += 1;
    }
}

const fn is_referred_to(schemas: &[&Schema], schema: &Schema) -> bool {
    let mut i = 0;
    while i < schemas.len() {
        let columns = schemas[i].columns;
        let mut j = 0;
        while j < columns.len() {
            if let Kind::Relation(target) | Kind::Many(target) = columns[j].kind
                && !columns[j].hidden
                && equal(target, schema.name)
            {
                return true;
            }
            j += 1;
        }
        i += 1;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Grant, Rule};

    const SHOWN: Schema = Schema::new("user", "users").grants(const { &[Grant::new(Verb::Show, Rule::Authenticated)] });

    const fn relation(hidden: bool) -> Column {
        let mut column = Column::new::<i64>("owner", "owner_id");
        column.kind = Kind::Relation("user");
        column.hidden = hidden;
        column
    }

    #[test]
    fn something_refers_to_what_is_shown() {
        const TASK: Schema = Schema::new("task", "tasks").columns(const { &[relation(false)] });
        assert_is_shown_somewhere(&[&SHOWN, &TASK], &SHOWN);
    }

    #[test]
    #[should_panic(expected = "nothing that is shown refers to `user`")]
    fn nothing_refers_to_it() {
        assert_is_shown_somewhere(&[&SHOWN], &SHOWN);
    }

    #[test]
    #[should_panic(expected = "take `show` away")]
    fn what_refers_to_it_is_hidden() {
        const TASK: Schema = Schema::new("task", "tasks").columns(const { &[relation(true)] });
        assert_is_shown_somewhere(&[&SHOWN, &TASK], &SHOWN);
    }
}
