//! `fasttrack explain RESOURCE`: what a declaration means, for whoever reviews it.

mod account;
mod constraints;
mod meaning;
mod rights;
mod search;
mod table;
mod words;

use clap::{Args, builder::NonEmptyStringValueParser};

use self::meaning::Meaning;
use super::absent::Absent;
use crate::{
    app::StartError,
    config::{Config, ConfigError},
    db::Dialect,
    error::Error,
    schema::{Catalog, LinkError, Model, Resources},
};

/// `fasttrack explain`
#[derive(Debug, Args)]
pub(super) struct ExplainCommand {
    /// The resource: its path (`tasks`) or its entity (`task`)
    resource: String,
    /// Print the statements too that the rules and triggers become on the database of these settings
    #[arg(long)]
    sql: bool,
    /// Print JSON, for programs
    #[arg(long)]
    json: bool,
    /// Say what the account with this e-mail address may do, and why not
    #[arg(long = "as", value_name = "EMAIL", value_parser = NonEmptyStringValueParser::new())]
    account: Option<String>,
    /// Say so of one row
    #[arg(long, value_name = "ID", requires = "account", allow_negative_numbers = true)]
    row: Option<i64>,
}

impl ExplainCommand {
    /// Whether it is about somebody who is in the database.
    pub(super) const fn asks_the_database(&self) -> bool {
        self.account.is_some()
    }
}

/// Why nothing was explained.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExplainError {
    /// There is no such resource.
    #[error("there is no resource `{name}`; there are {known}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The declarations do not fit together.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The settings are wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database is not there.
    #[error(transparent)]
    Start(#[from] StartError),
    /// What it is about is not there.
    #[error(transparent)]
    Absent(#[from] Absent),
    /// No row has this number.
    #[error("there is no {0} {1}")]
    NoSuchRow(&'static str, i64),
    /// The database cannot say.
    #[error("the database cannot be read: {0}")]
    Database(#[from] Error),
    /// What was found cannot be printed as JSON.
    #[error("the explanation cannot be printed: {0}")]
    Json(#[from] serde_json::Error),
}

/// What is asked for, as text.
pub(super) fn run(
    command: &ExplainCommand,
    resources: Resources,
    config: Result<Config, ConfigError>,
) -> Result<String, ExplainError> {
    let Some(email) = &command.account else {
        let dialect = config.map_or(Dialect::Sqlite, |config| config.database.dialect());
        return render(command, &Catalog::link(&resources)?, dialect);
    };
    let rights = super::runtime()?.block_on(account::find(command, email, resources, &config?))?;
    Ok(if command.json { format!("{}\n", serde_json::to_string_pretty(&rights)?) } else { rights.render() })
}

/// The explanation as text; statements are those for this database.
fn render(command: &ExplainCommand, catalog: &Catalog, dialect: Dialect) -> Result<String, ExplainError> {
    let model = find(catalog, &command.resource)?;
    let meaning = Meaning::of(catalog, model, command.sql.then_some(dialect))?;
    Ok(if command.json { format!("{}\n", serde_json::to_string_pretty(&meaning)?) } else { table::render(&meaning) })
}

fn find<'a>(catalog: &'a Catalog, name: &str) -> Result<&'a Model, ExplainError> {
    let found = catalog.models().iter().find(|model| [model.schema.name, model.schema.plural].contains(&name));
    found.ok_or_else(|| ExplainError::Unknown {
        name: name.to_owned(),
        known: catalog.models().iter().map(|model| model.schema.plural).collect::<Vec<_>>().join(", "),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{
        Check, Column, Comparison, Condition, Exclusive, Forbidden, Grant, Has, Id, Kind, Literal, Never, Operand,
        Path, Rule, Schema, Transition, Unique, Verb,
    };

    const fn relation(name: &'static str, key: &'static str, target: &'static str) -> Column {
        Column { kind: Kind::Relation(target), ..Column::new::<Option<i64>>(name, key) }
    }

    const ID: Column = Column::new::<Id<()>>("id", "id");
    const KEEPER: Rule = Rule::Related(Path::HERE.then("shelf").then("keeper"));
    const CHEAP: Rule = Rule::Compare { path: Path::HERE, field: "price", op: Comparison::Lt, value: Literal::Int(5) };
    const USER: Schema = Schema::new("user", "users")
        .account()
        .columns(&[ID, Column { kind: Kind::Choice(&["user"]), ..Column::new::<i64>("role", "role") }]);
    const SHELF: Schema = Schema::new("shelf", "shelves").columns(&[ID, relation("keeper", "keeper_id", "user")]);
    const SHELVED: Column = relation("shelf", "shelf_id", "shelf");
    const BOOK: Schema = Schema::new("book", "books")
        .columns(&[ID, Column::new::<Option<i64>>("price", "price"), SHELVED])
        .grants(&[Grant::new(Verb::Update, Rule::All(&[KEEPER, CHEAP]))]);
    const SOLD: Schema = BOOK.afterwards(CHEAP);

    #[track_caller]
    fn check(book: &'static Schema, json: bool, expected: &[&str], missing: &[&str]) {
        let catalog = Catalog::link(&[&USER, &SHELF, book]).unwrap();
        let command = ExplainCommand { resource: "books".to_owned(), sql: true, json, account: None, row: None };
        let text = render(&command, &catalog, Dialect::Sqlite).unwrap();
        let dense = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in expected {
            assert!(dense.contains(part), "{part:?} is not in {text}");
        }
        for part in missing {
            assert!(!dense.contains(part), "{part:?} is in {text}");
        }
    }

    #[test]
    fn both_questions_of_an_update_are_told() {
        let where_it_would_hang = "r2.\"id\" = $2";
        check(
            &BOOK,
            false,
            &[
                "shelf.keeper and price is below 5; also where a new shelf_id leads",
                where_it_would_hang,
                "-- update, role user",
            ],
            &["then, of the row"],
        );
        check(
            &SOLD,
            false,
            &[
                "shelf.keeper and price is below 5; of the row as it would be: price is below 5",
                "-- then, of the row as it has become SELECT",
            ],
            &["also where", where_it_would_hang],
        );
        check(&SOLD, true, &["\"afterwards\": \"SELECT"], &[]);
        check(&BOOK, true, &["\"statement\": \"UPDATE"], &["afterwards"]);
    }

    #[test]
    fn what_holds_of_several_fields_is_told_with_what_sees_to_it() {
        const KEPT: Schema = BOOK
            .columns(&[ID, Column::new::<i64>("low", "low"), Column::new::<i64>("high", "high"), SHELVED])
            .uniques(&[Unique::new("low_shelf_id_unique", &["low", "shelf_id"])])
            .checks(&[Check::new("low_lt_high_ck", Condition::compare("low", Comparison::Lt, Operand::Key("high")))])
            .exclusives(&[Exclusive::new("shelf_id_low_high_excl", "low", "high", &["shelf_id"])])
            .grants(&[Grant::new(Verb::Update, KEEPER)]);
        let expected = [
            "Constraints",
            "no two rows have the same low and shelf_id",
            "low is less than high",
            "no two rows with the same shelf_id overlap from low to high, the end not included",
            "UNIQUE INDEX \"books_low_shelf_id_unique\"",
            "CHECK (\"low\" < \"high\")",
            "TRIGGER \"books_shelf_id_low_high_excl_update\"",
        ];
        check(&KEPT, false, &expected, &[]);
        check(&KEPT, true, &["\"constraints\": [", "\"otherwise\": \"422\""], &[]);
        check(&BOOK, true, &[], &["constraints"]);
    }

    #[test]
    fn what_refers_to_a_row_is_told_by_its_name() {
        const SEQUEL: Rule = Rule::AnyOf { path: Path::HERE.then("sequels"), rule: &KEEPER };
        const SERIAL: Schema = BOOK
            .columns(&[ID, SHELVED, relation("before", "before_id", "book")])
            .has(&[Has::new("sequels", "book", "before")])
            .grants(&[Grant::new(Verb::Read, SEQUEL), Grant::new(Verb::Update, Rule::Not(&SEQUEL))]);
        const WHOLE: Schema = SERIAL
            .has(&[Has::new("sequels", "book", "before").inline(1, 9)])
            .grants(&[Grant::new(Verb::Create, Rule::Authenticated), Grant::new(Verb::Read, SEQUEL)]);
        let expected = [
            "Rows that refer here called which sequels books by their before_id",
            "any of sequels (shelf.keeper)",
            "not any of sequels (shelf.keeper)",
            "EXISTS ( SELECT 1 FROM \"books\"",
        ];
        check(&SERIAL, false, &expected, &["come along"]);
        check(&SERIAL, true, &["\"many\": ["], &[]);
        let along =
            "books by their before_id; 1 to 9 come along on creation, and rows show the first 100 that one may read";
        check(
            &WHOLE,
            false,
            &[along, "'sequels', json( ( SELECT", "WHERE r1.\"before_id\" = t.\"id\"", "for each of sequels"],
            &[],
        );
        check(&BOOK, true, &[], &["\"many\""]);
    }

    #[test]
    fn the_steps_of_a_flow_are_told_with_who_may_take_them() {
        const STEPS: &[Transition] =
            &[Transition::new("new", &["worn", "gone"]), Transition::new("worn", &["gone"]).by(KEEPER)];
        const STATE: Column = Column {
            kind: Kind::Choice(&["new", "worn", "gone"]),
            flow: Some(STEPS),
            read: Some(KEEPER),
            ..Column::new::<i64>("state", "state")
        };
        const WORN: Schema =
            BOOK.columns(&[ID, STATE, SHELVED]).grants(&[Grant::new(Verb::Update, Rule::Authenticated)]);
        let expected = [
            "of those who may read the row: shelf.keeper",
            "Steps field from to who may",
            "new worn or gone whoever may update the row",
            "worn gone shelf.keeper",
        ];
        check(&WORN, false, &expected, &[]);
        check(&WORN, true, &["\"steps\": ["], &[]);
        check(&BOOK, true, &[], &["\"steps\""]);
    }

    #[test]
    fn what_nobody_may_do_is_told() {
        const NEVER: &[Never] = &[Never::new(
            Rule::Not(&KEEPER),
            &[Forbidden::new(Verb::Update).field("price"), Forbidden::new(Verb::Delete)],
        )];
        const SAID: Schema = BOOK.nevers(NEVER);
        check(&SAID, false, &["Never who does what not shelf.keeper update price, delete"], &[]);
        check(&SAID, true, &["\"who\": \"not shelf.keeper\", \"what\": \"update price, delete\""], &[]);
        check(&BOOK, true, &[], &["nevers"]);
    }

    #[test]
    fn a_list_is_told_with_the_bounds_of_its_values() {
        const TAGS: Column =
            Column::new::<Vec<String>>("tags", "tags").max(5).len(1, 9).default_value(Literal::Texts(&["a", "b"]));
        const SIZES: Column = Column::new::<Option<Vec<i64>>>("sizes", "sizes").max(3).int_range(0, i64::MAX);
        const LISTED: Schema =
            BOOK.columns(&[ID, TAGS.filter(&[]), SIZES, SHELVED]).grants(&[Grant::new(Verb::Update, KEEPER)]);
        let expected = [
            "list of texts, 1 to 9 characters each, 5 of them at most",
            "[\"a\",\"b\"] unless said",
            "list of integers, at least 0 each, 3 of them at most, or null",
        ];
        check(&LISTED, false, &expected, &[]);
    }

    #[test]
    fn statements_are_those_of_the_database_in_use() {
        let catalog = Catalog::link(&[&USER, &SHELF, &BOOK]).unwrap();
        let command = ExplainCommand { resource: "books".to_owned(), sql: true, json: false, account: None, row: None };
        let render = |dialect| render(&command, &catalog, dialect).unwrap();
        for (dialect, own) in [(Dialect::Sqlite, "AS BLOB)"), (Dialect::Postgres, ")::text")] {
            let text = render(dialect);
            assert!(text.contains(own), "{own:?} is not in {text}");
        }
    }
}
