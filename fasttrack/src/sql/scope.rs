//! How a predicate is written as a condition over a row: one in a table, one that is about to be, one that was.

use super::{
    Leaf, Moment, Predicate, Slot, Sql,
    comparison::{self, Comparing, Likeness},
    dialect::{held, match_key},
    text::quote,
    there::and_there,
};
use crate::schema::{Column, Step, pairs::TO};

/// Where a condition finds the row and the caller.
#[expect(clippy::struct_excessive_bools, reason = "each is asked in another place, and they are independent")]
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// Alias of the row.
    pub row: &'a str,
    /// Prefix of the row's column names.
    pub prefix: &'a str,
    /// A column whose value is [`Slot::Parent`], so that what hangs on it is computed once for all rows.
    pub parent_key: Option<&'a str>,
    /// An expression with the caller's id, where it is not [`Slot::Caller`].
    pub caller: Option<&'a str>,
    /// Alias of a row with a column for each moment ([`Moment::name`]), where it is not [`Slot::Moment`].
    pub moments: Option<&'a str>,
    /// Columns of the row that count as if they held something else, with the expression that they hold.
    pub replaced: &'a [(&'static str, String)],
    /// Whether the row holds what it will have in tables of pairs, which do not have it yet.
    pub holds_sets: bool,
    /// Whether what refers to a row is looked for row by row, whatever a database would rather do.
    pub each: bool,
    /// Whether a condition has to be true or false, never NULL: so under a negation.
    pub exact: bool,
    /// Whether rows that the row refers to count although they were deleted.
    pub as_if_there: bool,
}

impl Predicate {
    /// Writes it as a condition over the row of `scope`; NULL counts as false.
    pub fn write(&self, sql: &mut Sql, scope: Scope<'_>) {
        match self {
            Self::Always => _ = sql.push("TRUE"),
            Self::Never => _ = sql.push("FALSE"),
            Self::All(parts) => write_joined(parts, " AND ", sql, scope),
            Self::Any(parts) => write_joined(parts, " OR ", sql, scope),
            Self::Not(inner) => {
                sql.push("NOT (");
                inner.write(sql, Scope { exact: true, ..scope });
                sql.push(")");
            }
            Self::Leaf(leaf) => leaf.write(sql, scope),
        }
    }
}

fn write_joined(parts: &[Predicate], separator: &str, sql: &mut Sql, scope: Scope<'_>) {
    sql.push("(").combine(separator, parts, &mut |sql, part| part.write(sql, scope)).push(")");
}

impl Scope<'_> {
    /// The scope of rows called `row`.
    #[must_use]
    pub const fn of(row: &str) -> Scope<'_> {
        Scope {
            row,
            prefix: "",
            parent_key: None,
            caller: None,
            moments: None,
            replaced: &[],
            holds_sets: false,
            each: false,
            exact: false,
            as_if_there: false,
        }
    }

    pub(super) fn column(&self, key: &str) -> String {
        match self.replaced.iter().find(|(replaced, _)| *replaced == key) {
            Some((_, expr)) => expr.clone(),
            None => format!("{}.{}", self.row, quote(&format!("{}{key}", self.prefix))),
        }
    }

    fn write_column(&self, sql: &mut Sql, key: &str) {
        if self.parent_key == Some(key) {
            sql.bind(Slot::Parent);
        } else {
            sql.push(&self.column(key));
        }
    }

    fn write_caller(&self, sql: &mut Sql) {
        match self.caller {
            Some(expr) => sql.push(expr),
            None => sql.bind(Slot::Caller),
        };
    }

    /// Writes ` FROM <the table of accounts> WHERE <it is the one that is calling>`.
    fn write_account(&self, table: &str, alias: &str, sql: &mut Sql) {
        sql.push(" FROM ").name(table).push(&format!(" {alias} WHERE {alias}.\"id\" = "));
        self.write_caller(sql);
    }

    /// The present, moved by so much.
    fn moment(&self, sql: &mut Sql, moment: Moment) -> String {
        if let Some(row) = self.moments {
            return format!("{row}.{}", quote(&moment.name()));
        }
        let placeholder = sql.hold(Slot::Moment(moment));
        sql.dialect().sql().typed(moment.storage(), &placeholder)
    }

    /// What the row has under this field, where it is kept in a table of pairs that has something else.
    fn set(&self, key: &str) -> Option<String> {
        let is_there = self.holds_sets || self.replaced.iter().any(|(replaced, _)| *replaced == key);
        is_there.then(|| self.column(key))
    }

    /// Writes the column `key` of the row at the end of `steps`, as `render` makes it from the column's expression.
    pub fn write_value(&self, sql: &mut Sql, steps: &[Step], key: &str, render: impl Fn(&str) -> String) {
        if steps.is_empty() && self.parent_key == Some(key) {
            sql.bind(Slot::Parent);
            return;
        }
        let own = if steps.is_empty() { self.column(key) } else { String::new() };
        self.write_end(sql, steps, |row| {
            render(&if steps.is_empty() { own.clone() } else { format!("{row}.{}", quote(key)) })
        });
    }

    /// Writes what `column` of the row at the end of `steps` holds, as `render` makes it from its expression; of a row that
    /// is in its table.
    pub fn write_field(&self, sql: &mut Sql, steps: &[Step], column: &Column, render: impl Fn(&str) -> String) {
        if column.is_stored() || steps.is_empty() && !self.prefix.is_empty() {
            return self.write_value(sql, steps, column.key, render);
        }
        let dialect = sql.dialect();
        self.write_end(sql, steps, |row| render(&held(dialect, column, row)));
    }

    /// Writes what `render` makes of the row at the end of `steps`.
    fn write_end(&self, sql: &mut Sql, steps: &[Step], render: impl Fn(&str) -> String) {
        if steps.is_empty() {
            sql.push(&render(self.row));
            return;
        }
        let aliases = fresh_aliases(sql, steps);
        sql.push("(SELECT ").push(&render(aliases.last().map_or("", String::as_str)));
        self.write_from(sql, steps, &aliases);
        sql.push(")");
    }

    /// Writes ` FROM <the tables of steps, joined> WHERE <the first is the one that the row refers to>`.
    ///
    /// Many rows are looked for where the row leads, and never the other way round, for which `SQLite` has `CROSS JOIN`.
    fn write_from(&self, sql: &mut Sql, steps: &[Step], aliases: &[String]) {
        let (join, on) = if steps.iter().any(Step::is_many) { (" CROSS JOIN ", " AND ") } else { (" JOIN ", " ON ") };
        let mut ties = Vec::new();
        let mut previous: Option<&String> = None;
        let set = steps.first().and_then(|step| self.set(step.set?));
        for (step, alias) in steps.iter().zip(aliases) {
            sql.push(if previous.is_none() { " FROM " } else { join });
            match set.as_ref().filter(|_| previous.is_none()) {
                Some(set) => {
                    let numbers = sql.dialect().sql().numbers(set);
                    sql.push(&format!("(SELECT n.\"value\" AS {} FROM ({numbers}) n) {alias}", quote(TO)));
                }
                None => _ = sql.name(step.table).push(" ").push(alias),
            }
            let tie = |before: &String| format!("{on}{alias}.{} = {before}.{}", quote(step.target), quote(step.key));
            match previous.map(tie) {
                Some(tie) if join == " JOIN " => _ = sql.push(&tie),
                tie => ties.extend(tie),
            }
            if step.is_many() || !self.as_if_there {
                ties.push(and_there(alias, step.deleted));
            }
            previous = Some(alias);
        }
        if set.is_some() {
            sql.push(" WHERE TRUE");
        } else if let (Some(step), Some(alias)) = (steps.first(), aliases.first()) {
            sql.push(&format!(" WHERE {alias}.{} = ", quote(step.target)));
            self.write_column(sql, step.key);
        }
        sql.push(&ties.concat());
    }
}

fn fresh_aliases(sql: &mut Sql, steps: &[Step]) -> Vec<String> {
    steps.iter().map(|_| sql.fresh_alias()).collect()
}

impl Leaf {
    fn write(&self, sql: &mut Sql, scope: Scope<'_>) {
        match self {
            Self::Oneself => {
                scope.write_column(sql, "id");
                sql.push(" = ");
                scope.write_caller(sql);
            }
            Self::Account(steps) => write_account(steps, sql, scope),
            Self::Present(steps) => write_exists(steps, sql, scope, |_, _| {}),
            Self::Exists { steps, inner } => {
                let condition = |sql: &mut Sql, alias: &str| {
                    if !inner.is_always() {
                        sql.push(" AND ");
                        inner.write(sql, Scope { caller: scope.caller, moments: scope.moments, ..Scope::of(alias) });
                    }
                };
                if scope.each {
                    write_found(("(SELECT TRUE", " LIMIT 1) IS TRUE"), steps, sql, scope, condition);
                } else {
                    write_exists(steps, sql, scope, condition);
                }
            }
            Self::OfCaller { table, inner } => {
                let alias = sql.fresh_alias();
                sql.push("EXISTS (SELECT 1");
                scope.write_account(table, &alias, sql);
                sql.push(" AND ");
                inner.write(sql, Scope { caller: scope.caller, moments: scope.moments, ..Scope::of(&alias) });
                sql.push(")");
            }
            Self::LikeCaller { steps, column, differs, table, of, with } => {
                let alias = sql.fresh_alias();
                let right = sql.fragment(|sql| {
                    sql.push("(SELECT ");
                    Scope::of(&alias).write_value(sql, of, with.key, |expr| match_key(with, expr));
                    scope.write_account(table, &alias, sql);
                    sql.push(")");
                });
                Likeness { column, differs: *differs, right: &right }.write(steps, sql, scope);
            }
            Self::Compare { steps, column, op, value } => {
                let right = comparison::constant(sql, column, *value);
                Comparing { column, op: *op, right }.write(steps, sql, scope);
            }
            Self::Moment { steps, column, op, moment } => {
                let right = Some(scope.moment(sql, *moment));
                Comparing { column, op: *op, right }.write(steps, sql, scope);
            }
        }
    }
}

fn write_account(steps: &[Step], sql: &mut Sql, scope: Scope<'_>) {
    let Some((account, before)) = steps.split_last() else { return };
    let maybe_null = scope.exact && (account.nullable || !before.is_empty());
    sql.push(if maybe_null { "COALESCE(" } else { "" });
    scope.write_value(sql, before, account.key, str::to_owned);
    sql.push(" = ");
    scope.write_caller(sql);
    sql.push(if maybe_null { ", FALSE)" } else { "" });
}

/// `condition` is written behind what leads to the row, of which it gets the alias.
pub(super) fn write_exists(steps: &[Step], sql: &mut Sql, scope: Scope<'_>, condition: impl FnOnce(&mut Sql, &str)) {
    write_found(("EXISTS (SELECT 1", ")"), steps, sql, scope, condition);
}

fn write_found(
    (begin, end): (&str, &str),
    steps: &[Step],
    sql: &mut Sql,
    scope: Scope<'_>,
    condition: impl FnOnce(&mut Sql, &str),
) {
    let aliases = fresh_aliases(sql, steps);
    sql.push(begin);
    scope.write_from(sql, steps, &aliases);
    condition(sql, aliases.last().map_or("", String::as_str));
    sql.push(end);
}
