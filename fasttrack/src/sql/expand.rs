//! What of rows is shown where a client asks for something else than all their fields: some of these alone, rows that they
//! refer to inside them, each as its own `GET` would show it to the caller, or not at all, and what he may do with them.
//! Whatever is shown inside what, one statement finds it.

use super::{
    Predicate, Scope, Sql, Table,
    first::First,
    text::{quote, text_literal},
    there::and_there,
};
use crate::schema::{
    Column,
    pairs::{FROM, TO},
};

/// How rows are shown.
#[derive(Debug, Default)]
pub struct Shape<'a> {
    /// The fields that are shown, by their keys; `None` for all that the caller may see.
    pub fields: Option<Vec<&'static str>>,
    /// The relations that are followed.
    pub expand: Vec<Expansion<'a>>,
    /// How rows are shown that came along with each, by their name.
    pub along: Vec<(&'static str, Self)>,
    /// What could be done with a row, each with whom of the callers its rule lets; `None` where nothing is said of that.
    pub can: Option<Vec<(&'a str, &'a Predicate)>>,
}

/// A relation to follow.
#[derive(Debug)]
pub struct Expansion<'a> {
    /// The relation.
    pub column: &'static Column,
    /// Where it leads, of whose rows is shown what a caller is shown.
    pub table: &'a Table,
    /// Who is shown which rows there.
    pub policy: &'a Predicate,
    /// How they are shown.
    pub shape: Shape<'a>,
}

impl Shape<'_> {
    /// Whether rows are shown as they are without it.
    pub(crate) const fn is_plain(&self) -> bool {
        self.fields.is_none() && self.expand.is_empty() && self.along.is_empty() && self.can.is_none()
    }

    /// Whether this field is shown, if the caller may see it.
    pub(super) fn shows(&self, key: &str) -> bool {
        self.fields.as_ref().is_none_or(|fields| fields.contains(&key))
    }

    /// What the caller may do with the row `row`, as a list of JSON.
    pub(super) fn can(&self, row: &str, sql: &mut Sql) -> Option<String> {
        let name = |(name, policy): &(&str, &Predicate)| {
            let name = text_literal(&format!(",{}", serde_json::Value::from(*name)));
            match policy {
                Predicate::Never => None,
                Predicate::Always => Some(name),
                policy => {
                    let holds = sql.fragment(|sql| policy.write(sql, Scope::of(row)));
                    Some(format!("CASE WHEN {holds} THEN {name} ELSE '' END"))
                }
            }
        };
        let names: Vec<_> = self.can.as_ref()?.iter().filter_map(name).collect();
        let list = match names.as_slice() {
            [] => "'[]'".to_owned(),
            names => format!("'[' || substr({}, 2) || ']'", names.join(" || ")),
        };
        let syntax = sql.dialect().sql();
        Some(syntax.json(&syntax.json_stored(&list)))
    }
}

impl Expansion<'_> {
    /// What stands in the row `row` for it: keys, and values of JSON.
    pub(super) fn members(&self, row: &str, sql: &mut Sql) -> Vec<(String, String)> {
        let name = self.column.name.to_owned();
        let syntax = sql.dialect().sql();
        let Some(pairs) = self.column.pairs else {
            let (shown, tie) = (sql.fresh_alias(), format!("{row}.{}", quote(self.column.key)));
            let json = self.table.view.json_of(&shown, &self.shape, sql);
            let from = format!("FROM {} {shown} WHERE {shown}.\"id\" = {tie}", self.table.name);
            let found = format!("(SELECT {json} {from}{})", self.conditions(&shown, sql));
            return vec![(name, syntax.json(&syntax.json_stored(&found)))];
        };
        let [shown, pair] = [sql.fresh_alias(), sql.fresh_alias()];
        let json = self.table.view.json_of(&shown, &self.shape, sql);
        let (from, to) = (quote(FROM), quote(TO));
        let joined =
            format!("{} {pair} JOIN {} {shown} ON {shown}.\"id\" = {pair}.{to}", quote(pairs.plural), self.table.name);
        let conditions = self.conditions(&shown, sql);
        let found = format!("FROM {joined} WHERE {pair}.{from} = {row}.\"id\"{conditions}");
        First { found, id: format!("{pair}.{to}"), json }.members(&name, sql).into()
    }

    /// Which of the rows there are shown, as conditions that go on with AND.
    fn conditions(&self, shown: &str, sql: &mut Sql) -> String {
        let mut conditions = and_there(shown, self.table.deleted);
        if !self.policy.is_always() {
            conditions.push_str(" AND ");
            conditions.push_str(&sql.fragment(|sql| self.policy.write(sql, Scope::of(shown))));
        }
        conditions
    }
}
