//! What tables may be called, and which names of two declarations are one to a database.
//!
//! `SQLite` compares names without regard to the case of ASCII letters, and has tables and indexes under one roof, as
//! Postgres has. What one declaration can tell alone is checked by the macro, which also holds names to the 63 bytes
//! after which Postgres cuts them.
#![expect(
    clippy::indexing_slicing,
    reason = "runs at compile time only, where a panic is the error message; const code has neither iterators nor get"
)]

use super::{
    Column, Kind, Rule, Schema, Verb,
    laws::{contains, equal, fail},
};

/// What the framework itself has under this name: a path, a table, an index or a trigger; a row under way in its
/// statements, or a function that they call.
pub(crate) const RESERVED: &[&str] = &[
    "act",
    "admin",
    "auth",
    "batch",
    "hit",
    "json_each",
    "new",
    "notifications",
    "outbox",
    "outbox_by_age",
    "outbox_counters",
    "outbox_counts",
    "outbox_due",
    "outbox_due_by_due",
    "outbox_due_once",
    "outbox_jobs",
    "outbox_jobs_by_due",
    "outbox_timers",
    "outbox_timers_by_name",
    "sessions",
    "sessions_expires_at",
    "sessions_user_id",
    "ws",
];

/// Asserts that a resource may have a table of this name.
///
/// # Panics
/// At compile time, with a sentence that says what to do.
#[track_caller]
pub(super) const fn assert_table_is_free(name: &str, plural: &str) {
    if contains(RESERVED, plural) {
        fail(&[
            "`",
            name,
            "` would have the path and table `",
            plural,
            "`, a name of the framework's own; say `plural = \"…\"`",
        ]);
    }
}

/// Asserts that nothing which follows from `one` has the name of something that follows from `other`, whose table has a
/// longer name; it is for the caller to ask both ways.
#[track_caller]
pub(super) const fn assert_names_are_apart(one: &Schema, other: &Schema) {
    // The name of an index begins with that of its table: who has the longer one is asked the other way round.
    if !continues(one.plural, other.plural) {
        return;
    }
    let mut at = Place::FIRST;
    while let Some((place, name)) = next(one, at) {
        at = place;
        // All that follows from the other one begins so. A compiler gives up on what takes long, and most names end here.
        if !begins_with(&name, one.plural.len(), other.plural) {
            continue;
        }
        if is_same(&name, &[other.plural, "", "", "", ""]) {
            fail(&[
                "an index of `",
                one.name,
                "` is called as the table of `",
                other.name,
                "`: ",
                other.plural,
                ADVICE,
            ]);
        }
        let mut beside = Place::FIRST;
        while let Some((place, theirs)) = next(other, beside) {
            beside = place;
            if is_same(&name, &theirs) {
                let [table, first, second, third, end] = name;
                fail(&[
                    "`",
                    one.name,
                    "` and `",
                    other.name,
                    "` both have an index called ",
                    table,
                    first,
                    second,
                    third,
                    end,
                    ADVICE,
                ]);
            }
        }
    }
}

const ADVICE: &str = "; say another `plural = \"…\"`, or rename the field";

/// A name in pieces, since const code makes no text.
type Name<'a> = [&'a str; 5];

/// Where a walk over the names that follow from a declaration has come to. First those that follow from one column, and each
/// in every way; then those from a column that lists are confined by, or by which accounts are asked for, with each column;
/// behind them what is unique together, and what rows do not share.
#[derive(Clone, Copy)]
struct Place {
    column: usize,
    way: usize,
}

impl Place {
    const FIRST: Self = Self { column: 0, way: 0 };
}

/// The next name that follows from a declaration besides its table.
const fn next(schema: &Schema, mut at: Place) -> Option<(Place, Name<'_>)> {
    let columns = schema.columns.len();
    while at.column < columns {
        let name = derived(schema, at.column, at.way);
        at.way += 1;
        if at.way == WAYS {
            at = Place { column: at.column + 1, way: 0 };
        }
        if let Some(name) = name {
            return Some((at, name));
        }
    }
    while at.column < 2 * columns {
        let scope = &schema.columns[at.column - columns];
        let is_scope = scopes(schema, scope);
        // Where others ask for an account among the rows that refer to one.
        let may_be_asked = matches!(scope.kind, Kind::Relation(_));
        while (is_scope || may_be_asked) && at.way < columns {
            let Column { key, kind, filter, sort, .. } = schema.columns[at.way];
            at.way += 1;
            if is_scope && (filter || sort) || may_be_asked && matches!(kind, Kind::Relation(_)) {
                return Some((at, [schema.plural, "_", scope.key, "_", key]));
            }
        }
        at = Place { column: at.column + 1, way: 0 };
    }
    let constraint = at.column - 2 * columns;
    if constraint < schema.uniques.len() {
        let name = [schema.plural, "_", schema.uniques[constraint].name, "", ""];
        return Some((Place { column: at.column + 1, way: 0 }, name));
    }
    let exclusive = constraint - schema.uniques.len();
    if exclusive < schema.exclusives.len() {
        let name = [schema.plural, "_", schema.exclusives[exclusive].name, "", ""];
        return Some((Place { column: at.column + 1, way: 0 }, name));
    }
    None
}

/// How many names may follow from a column without another one.
const WAYS: usize = 4;

/// The name that follows from a column in this way, as `sql::ddl` has it; some of them it finds to be needless.
const fn derived(schema: &Schema, column: usize, way: usize) -> Option<Name<'_>> {
    let Column { key, kind, unique, index, filter, sort, .. } = schema.columns[column];
    let table = schema.plural;
    match way {
        0 if unique => Some([table, "_", key, "_unique", ""]),
        0 if index || matches!(kind, Kind::Relation(_)) => Some([table, "_", key, "", ""]),
        // What Postgres makes for the id.
        1 if matches!(kind, Kind::Id) => Some([table, "_pkey", "", "", ""]),
        2 if matches!(kind, Kind::Id) => Some([table, "_", key, "_seq", ""]),
        3 if (filter || sort) && schema.under.is_none() => Some([table, "_by_", key, "", ""]),
        _ => None,
    }
}

/// Whether lists are confined by this column: to a parent, or to what is an account's own.
const fn scopes(schema: &Schema, scope: &Column) -> bool {
    if let Some(under) = schema.under {
        return equal(under, scope.name);
    }
    let mut i = 0;
    while i < schema.grants.len() {
        if matches!(schema.grants[i].verb, Verb::List) && names(&schema.grants[i].rule, scope.name) {
            return true;
        }
        i += 1;
    }
    false
}

/// Whether a rule lets the account at the end of this relation.
const fn names(rule: &Rule, relation: &str) -> bool {
    match rule {
        Rule::Any(parts) | Rule::All(parts) => {
            let mut i = 0;
            while i < parts.len() {
                if names(&parts[i], relation) {
                    return true;
                }
                i += 1;
            }
            false
        }
        Rule::Related(path) => path.steps().len() == 1 && equal(path.steps()[0], relation),
        _ => false,
    }
}

/// Whether `name` is `begin` and more.
const fn continues(begin: &str, name: &str) -> bool {
    name.len() > begin.len() && begins_with(&[name, "", "", "", ""], 0, begin)
}

/// Whether a name begins so, of which that much is known to be the same.
const fn begins_with(name: &Name<'_>, mut place: usize, begin: &str) -> bool {
    while place < begin.len() {
        match byte(name, place) {
            Some(byte) if byte == begin.as_bytes()[place].to_ascii_lowercase() => place += 1,
            _ => return false,
        }
    }
    true
}

/// Whether a database takes two names for the same.
const fn is_same(one: &Name<'_>, other: &Name<'_>) -> bool {
    let mut place = 0;
    loop {
        match (byte(one, place), byte(other, place)) {
            (None, None) => return true,
            (Some(one), Some(other)) if one == other => place += 1,
            _ => return false,
        }
    }
}

/// A byte of a name, in lower case.
const fn byte(name: &Name<'_>, mut place: usize) -> Option<u8> {
    let mut i = 0;
    while i < name.len() {
        let piece = name[i].as_bytes();
        if place < piece.len() {
            return Some(piece[place].to_ascii_lowercase());
        }
        place -= piece.len();
        i += 1;
    }
    None
}

/// Every name that is taken to follow from a declaration besides its table.
#[cfg(test)]
pub(crate) fn names_besides_the_table(schema: &Schema) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = Place::FIRST;
    while let Some((place, name)) = next(schema, at) {
        at = place;
        found.push(name.concat());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Grant, Id, Path, Unique};

    const ID: Column = Column::new::<Id<()>>("id", "id");
    const TITLE: Column = Column::new::<i64>("title", "title");
    const OWNER: Column = Column { kind: Kind::Relation("user"), ..Column::new::<i64>("owner", "owner_id") };
    const fn resource(plural: &'static str, columns: &'static [Column]) -> Schema {
        Schema::new("one", plural).columns(columns)
    }

    #[track_caller]
    fn check(one: &Schema, plural: &'static str, expected: Option<&str>) {
        let other = Schema { name: "other", ..resource(plural, &[ID]) };
        let told = |one: &Schema, other: &Schema| {
            let caught = std::panic::catch_unwind(|| {
                assert_names_are_apart(one, other);
                assert_names_are_apart(other, one);
            });
            caught.err().and_then(|cause| cause.downcast::<String>().ok()).map(|text| *text)
        };
        for message in [told(one, &other), told(&other, one)] {
            match (&message, expected) {
                (Some(message), Some(words)) => assert!(message.contains(words), "{message} does not say {words}"),
                _ => assert_eq!(message.as_deref(), expected, "{plural}"),
            }
        }
    }

    #[test]
    fn no_index_is_called_as_another_table() {
        const LISTED: &[Grant] = &[Grant::new(Verb::List, Rule::Related(Path::HERE.then("owner")))];
        const UNIQUE: &[Unique] = &[Unique::new("title_owner_id_unique", &["title", "owner_id"])];
        const TABLE: Option<&str> = Some("an index of `one` is called as the table of `other`");
        let listed = || resource("tasks", const { &[ID, TITLE.sort(), OWNER] }).grants(LISTED);
        check(&resource("tasks", const { &[ID, TITLE.unique()] }), "tasks_title_unique", TABLE);
        check(&resource("tasks", const { &[ID, TITLE.unique()] }), "tasks_TITLE_unique", TABLE);
        check(&resource("tasks", const { &[ID, TITLE.index()] }), "tasks_title", TABLE);
        check(&listed(), "tasks_owner_id", TABLE);
        check(&listed(), "tasks_by_title", TABLE);
        check(&listed(), "tasks_owner_id_title", TABLE);
        check(&listed().under("owner"), "tasks_owner_id_title", TABLE);
        check(&listed().under("owner"), "tasks_by_title", None);
        check(&resource("tasks", const { &[ID, TITLE, OWNER] }), "tasks_owner_id_title", None);
        check(&resource("tasks", const { &[ID] }), "tasks_pkey", TABLE);
        check(&resource("tasks", const { &[ID] }), "tasks_id_seq", TABLE);
        check(&resource("tasks", const { &[ID, TITLE] }), "tasks_title", None);
        let together = || resource("tasks", const { &[ID, TITLE, OWNER] }).uniques(UNIQUE);
        check(&together(), "tasks_title_owner_id_unique", TABLE);
        check(&together(), "tasks_title_unique", None);
        check(&resource("tasks", const { &[ID, TITLE.index()] }), "titles", None);
    }

    /// A compiler refuses what it takes long to evaluate.
    #[test]
    fn a_large_declaration_is_looked_through_while_it_compiles() {
        const LISTED: &[Grant] = &[Grant::new(Verb::List, Rule::Related(Path::HERE.then("owner")))];
        #[expect(
            clippy::large_const_arrays,
            reason = "it is what a declaration becomes, and is read while this compiles"
        )]
        const COLUMNS: [Column; 300] = {
            let mut columns = [Column::new::<i64>("points", "points").filter(&[]).sort(); 300];
            (columns[0], columns[299]) = (ID, OWNER);
            columns
        };
        const LARGE: Schema = resource("tasks", &COLUMNS).grants(LISTED);
        const PAIRS: Schema = resource("tasks_label_ids", &[ID, TITLE, OWNER]);
        const {
            assert_names_are_apart(&LARGE, &PAIRS);
            assert_names_are_apart(&PAIRS, &LARGE);
        }
    }

    #[test]
    fn no_two_tables_have_an_index_of_one_name() {
        const OF_ONE: &[Column] = &[ID, Column::new::<i64>("done_at", "done_at").index()];
        const OF_OTHER: &[Column] = &[ID, Column::new::<i64>("at", "at").index()];
        let told = std::panic::catch_unwind(|| {
            let other = Schema { name: "other", ..resource("tasks_done", OF_OTHER) };
            assert_names_are_apart(&resource("tasks", OF_ONE), &other);
        });
        let message = told.err().and_then(|cause| cause.downcast::<String>().ok());
        assert!(message.is_some_and(|text| text.contains("both have an index called tasks_done_at; say another")));
    }
}
