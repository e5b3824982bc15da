//! Rows that a row refers to, shown inside it: each as its own `GET` would show it to the caller, or not at all. Whatever is
//! shown inside what, one statement finds it.

use super::{Predicate, Scope, Sql, Table, first::First, text::quote, there::and_there};
use crate::schema::{
    Column,
    pairs::{FROM, TO},
};

/// A relation to follow.
#[derive(Debug)]
pub struct Expansion<'a> {
    /// The relation.
    pub column: &'static Column,
    /// Where it leads, of whose rows is shown what a caller is shown.
    pub table: &'a Table,
    /// Who is shown which rows there.
    pub policy: &'a Predicate,
    /// The relations to follow from there.
    pub beneath: Vec<Self>,
}

impl Expansion<'_> {
    /// What stands in the row `row` for it: keys, and values of JSON.
    pub(super) fn members(&self, row: &str, sql: &mut Sql) -> Vec<(String, String)> {
        let name = self.column.name.to_owned();
        let syntax = sql.dialect().sql();
        let Some(pairs) = self.column.pairs else {
            let (shown, tie) = (sql.fresh_alias(), format!("{row}.{}", quote(self.column.key)));
            let json = self.table.view.json_of(&shown, &self.beneath, sql);
            let from = format!("FROM {} {shown} WHERE {shown}.\"id\" = {tie}", self.table.name);
            let found = format!("(SELECT {json} {from}{})", self.conditions(&shown, sql));
            return vec![(name, syntax.json(&syntax.json_stored(&found)))];
        };
        let [shown, pair] = [sql.fresh_alias(), sql.fresh_alias()];
        let json = self.table.view.json_of(&shown, &self.beneath, sql);
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
