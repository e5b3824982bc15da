//! An application with rows of all its resources, which belong to all kinds of people.

use std::collections::BTreeMap;

use fasttrack::{
    Application,
    db::{Arg, Row, Statement},
    schema::{Catalog, Column, Kind, Model},
    sql::quote,
    testing::{Login, TestApp},
};
use serde_json::{Value, json};

use super::values;
use crate::driver::{Random, dialect};

/// Rows of each resource that both worlds have.
pub(super) const ROWS: i64 = 24;

/// How often a row is made anew that the database refuses, as where two are not to be alike.
const TRIES: usize = 20;

/// Accounts beside those that call.
const OTHERS: usize = 4;

/// A row: what it holds by key.
pub(super) type Fields = BTreeMap<&'static str, Value>;

/// An application that runs, with people and rows.
pub(super) struct World {
    pub(super) app: TestApp,
    pub(super) people: Vec<Somebody>,
    /// By resource and id.
    pub(super) rows: BTreeMap<(usize, i64), Fields>,
}

/// Somebody who can call.
pub(super) struct Somebody {
    pub(super) login: Login,
    pub(super) role: &'static str,
    /// Whether rows are made that lead to this account.
    pub(super) has_rows: bool,
}

/// The words of the account's role; one word where it has none.
pub(super) fn roles(catalog: &Catalog) -> &'static [&'static str] {
    let role = catalog.account().and_then(|model| model.schema.column("role"));
    role.map_or(&[""], |column| column.kind.words())
}

impl World {
    /// A world with people and no rows: for each role somebody who owns rows and somebody who owns none, and others.
    pub(super) fn begin(application: Application) -> Self {
        // The migrations beside these tests are those of one application.
        let app = TestApp::setup(application).set("MIGRATIONS_DIR", "none").start();
        let mut people = Vec::new();
        for &role in roles(&app.layers().catalog) {
            for has_rows in [true, false] {
                let name = format!("{role}{has_rows}");
                let fields = if role.is_empty() { json!({}) } else { json!({ "role": role }) };
                people.push(Somebody { login: app.account_with(&name, &fields), role, has_rows });
            }
        }
        let role = people[0].role;
        let other = |number| Somebody { login: app.account(&format!("other{number}")), role, has_rows: true };
        people.extend((0..OTHERS).map(other));
        Self { app, people, rows: BTreeMap::new() }
    }

    pub(super) fn catalog(&self) -> &Catalog {
        &self.app.layers().catalog
    }

    pub(super) fn account(&self) -> &Model {
        self.catalog().account().unwrap()
    }

    /// The ids of the rows that a relation may lead to.
    pub(super) fn ids(&self, target: &str) -> Vec<i64> {
        let index = self.catalog().find(target).unwrap().index;
        if index == self.account().index {
            let with_rows = self.people.iter().filter(|somebody| somebody.has_rows);
            return with_rows.map(|somebody| somebody.login.id).collect();
        }
        self.rows.keys().filter(|(model, _)| *model == index).map(|(_, id)| *id).collect()
    }

    /// Makes rows of every resource.
    pub(super) fn fill(&mut self, seed: u64) {
        let mut random = Random(seed);
        let mut left: Vec<usize> = (0..self.catalog().models().len()).collect();
        left.retain(|index| *index != self.account().index);
        while !left.is_empty() {
            let ready = left.iter().position(|index| {
                let model = self.catalog().get(*index).unwrap();
                let waits = |column: &Column| match column.kind {
                    Kind::Relation(target) => {
                        !column.nullable && left.contains(&self.catalog().find(target).unwrap().index)
                    }
                    _ => false,
                };
                !model.schema.columns.iter().any(waits)
            });
            let index = left.remove(ready.expect("required relations lead in no circle"));
            for id in 1..=ROWS {
                self.insert_any(&mut random, index, id);
            }
            let last = self.rows.keys().filter(|(model, _)| *model == index).count();
            assert!(last > 2, "there are {last} rows of {}", self.catalog().get(index).unwrap().schema.plural);
        }
    }

    /// Puts a row there that looks random, unless the database refuses whatever it may be.
    pub(super) fn insert_any(&mut self, random: &mut Random, index: usize, id: i64) -> bool {
        (0..TRIES).any(|_| {
            let fields = self.any_row(random, index, id);
            self.insert(index, id, fields)
        })
    }

    fn any_row(&self, random: &mut Random, index: usize, id: i64) -> Fields {
        let schema = self.catalog().get(index).unwrap().schema;
        let number = index * 10_000 + usize::try_from(id).unwrap() * 20 + random.below(20);
        let value = |column: &Column| values::any(random, column, number, &|target| self.ids(target));
        // What the database keeps of other rows begins with none of them.
        let filled = || schema.columns.iter().filter(|column| column.figure.is_none());
        let mut fields: Fields = filled().map(|column| column.key).zip(filled().map(value)).collect();
        fields.insert("id", json!(id));
        fields
    }

    /// Puts a row there; whether the database took it.
    pub(super) fn insert(&mut self, index: usize, id: i64, fields: Fields) -> bool {
        let schema = self.catalog().get(index).unwrap().schema;
        let is_set = |key: &str| schema.column_of_key(key).is_some_and(|column| !column.is_stored());
        let (sets, own): (Vec<_>, Vec<_>) = fields.iter().partition(|(key, _)| is_set(key));
        let keys: Vec<_> = own.iter().map(|(key, _)| quote(key)).collect();
        let places: Vec<_> = (1..=keys.len()).map(|place| format!("${place}")).collect();
        let into = quote(schema.plural);
        let sql = format!("INSERT INTO {into} ({}) VALUES ({})", keys.join(", "), places.join(", "));
        let args = own.iter().map(|(key, value)| match **key {
            "id" => Some(Arg::Int(id)),
            key => values::stored(schema.column_of_key(key).unwrap(), value),
        });
        let Some(args) = args.collect::<Option<Vec<_>>>() else { return false };
        let is_there = self.try_write(&sql, args).is_some();
        if is_there {
            for (key, value) in sets {
                let column = schema.column_of_key(key).unwrap();
                assert!(self.set(column, id, &values::stored(column, value).unwrap()));
            }
            self.rows.insert((index, id), fields);
        }
        is_there
    }

    /// Has a field of many rows hold these; whether the database took them.
    pub(super) fn set(&self, column: &Column, id: i64, arg: &Arg) -> bool {
        let statements = fasttrack::sql::replace_pairs(dialect(), column.pairs.unwrap(), id, arg);
        statements.into_iter().all(|statement| self.try_write(&statement.sql, statement.args).is_some())
    }

    /// Has the ids of every resource go on after this one.
    pub(super) fn number_on_from(&self, id: i64) {
        for model in self.catalog().models().iter().filter(|model| !model.schema.account) {
            if let Some(Statement { sql, args }) = fasttrack::sql::set_last_id(dialect(), model.schema.plural, id) {
                self.write(&sql, args);
                continue;
            }
            let sql = "UPDATE \"sqlite_sequence\" SET \"seq\" = $1 WHERE \"name\" = $2";
            self.write(sql, vec![Arg::Int(id), Arg::Text(model.schema.plural.into())]);
        }
    }

    pub(super) fn read(&self, statement: Statement) -> Vec<Row> {
        let db = self.app.layers().db.clone();
        self.app.block_on(async move { db.read(statement).await }).unwrap()
    }

    pub(super) fn write(&self, sql: &str, args: Vec<Arg>) {
        assert!(self.try_write(sql, args).is_some(), "{sql}");
    }

    /// Runs a statement; `None` where the database refuses it.
    pub(super) fn try_write(&self, sql: &str, args: Vec<Arg>) -> Option<()> {
        let (context, statement) = (self.app.context().clone(), Statement::new(sql, args));
        self.app.block_on(async move { context.write(statement).await }).ok().map(drop)
    }
}
