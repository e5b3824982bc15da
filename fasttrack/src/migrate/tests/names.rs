//! The names that the compiler looks at are those that a database gets.

use super::DIALECT;
use crate::{
    auth,
    schema::{Catalog, Column, Grant, Id, Kind, Path, RESERVED, Rule, Schema, Unique, Verb, names_besides_the_table},
    sql,
};

const ID: Column = Column::new::<Id<()>>("id", "id");
const TITLE: Column = Column::new::<i64>("title", "title");
const OWNER: Column = Column { kind: Kind::Relation("user"), ..Column::new::<i64>("owner", "owner_id") };
const OWNED: Rule = Rule::Related(Path::HERE.then("owner"));

static USER: Schema = Schema::new("user", "users")
    .account()
    .columns(&[ID, Column { kind: Kind::Choice(&["user", "admin"]), ..Column::new::<i64>("role", "role") }]);

/// Everybody finds his own.
static TASK: Schema = Schema::new("task", "tasks")
    .columns(&[
        ID,
        TITLE.sort(),
        OWNER,
        Column::new::<i64>("rank", "rank").index().filter(&[]),
        Column::new::<i64>("code", "code").unique().sort(),
    ])
    .grants(&[Grant::new(Verb::List, OWNED)]);

/// Some find everything.
static NOTE: Schema = Schema::new("note", "notes")
    .columns(&[ID, TITLE.sort(), OWNER, Column::new::<i64>("rank", "rank").filter(&[])])
    .uniques(&[
        Unique::new("owner_id_title_unique", &["owner_id", "title"]),
        Unique::new("rank_title_unique", &["rank", "title"]),
    ])
    .grants(&[Grant::new(Verb::List, Rule::Any(&[Rule::Role("admin"), OWNED]))]);

/// What lies under something is found there.
static PAGE: Schema = Schema::new("page", "pages").under("note").columns(&[
    ID,
    TITLE.filter(&[]),
    OWNER,
    Column { kind: Kind::Relation("note"), ..Column::new::<i64>("note", "note_id") },
]);

#[test]
fn what_the_framework_makes_is_reserved() {
    let made = [auth::sessions::ddl(crate::db::Dialect::Sqlite, &USER), sql::outbox(crate::db::Dialect::Sqlite, &USER)]
        .concat();
    assert!(made.len() > 5);
    for statement in &made {
        let mut words = statement.split_whitespace().skip_while(|word| !["TABLE", "INDEX", "TRIGGER"].contains(word));
        let name = words.find(|word| word.chars().all(|c| c == '"' || c == '_' || c.is_ascii_lowercase())).unwrap();
        let name = name.trim_matches('"');
        // The macro refuses what begins so.
        let is_reserved = name.starts_with("fasttrack_") || RESERVED.contains(&name);
        assert!(is_reserved, "{name} is not reserved: {statement}");
    }
}

#[test]
fn what_follows_from_a_declaration_is_foreseen() {
    let catalog = Catalog::link(&[&USER, &TASK, &NOTE, &PAGE]).unwrap();
    let mut count = 0;
    for model in catalog.models() {
        let foreseen = names_besides_the_table(model.schema);
        for index in sql::define(DIALECT, &catalog, model).unwrap().indexes {
            assert!(foreseen.contains(&index.name), "{} is not among {foreseen:?}", index.name);
            count += 1;
        }
    }
    assert_eq!(count, 15, "indexes of every kind");
}
