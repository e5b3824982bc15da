//! A rule for one kind of caller, and how it is written as a condition over a row.

use super::{
    Moment, Slot, Sql,
    comparison::{self, Comparing},
    text::quote,
};
use crate::schema::{Column, Comparison, Literal, Step};

/// What is left of a rule once the caller's role is known.
#[derive(Debug, Clone)]
pub enum Predicate {
    /// Every row.
    Always,
    /// No row.
    Never,
    /// All of these.
    All(Vec<Self>),
    /// Any of these.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// A condition over the row.
    Leaf(Leaf),
}

/// A condition over one row.
#[derive(Debug, Clone)]
pub enum Leaf {
    /// The row is the account that is calling.
    Oneself,
    /// The last of these relations holds the caller's id.
    Account(Vec<Step>),
    /// The row at the end of these relations exists.
    Present(Vec<Step>),
    /// A field of the row at the end of these relations compares so with a constant.
    Compare {
        /// Where the row is; empty: the row itself.
        steps: Vec<Step>,
        /// The field.
        column: &'static Column,
        /// How.
        op: Comparison,
        /// With what.
        value: Literal,
    },
    /// A field of the row at the end of these relations lies so to the present.
    Moment {
        /// Where the row is; empty: the row itself.
        steps: Vec<Step>,
        /// The field.
        column: &'static Column,
        /// How.
        op: Comparison,
        /// To the present, moved by so much.
        moment: Moment,
    },
}

/// What is decided about a leaf before the row is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Nothing: it stays.
    Open,
    /// Taken as true, whatever surrounds it would make of that.
    Granted,
    /// Taken as false.
    Refused,
}

/// Where a condition finds the row and the caller.
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
    /// Whether a condition has to be true or false, never NULL: so under a negation.
    pub exact: bool,
}

impl Leaf {
    /// The column of the row itself that the condition depends on.
    #[must_use]
    pub fn column(&self) -> &'static str {
        match self {
            Self::Oneself => "id",
            Self::Account(steps) | Self::Present(steps) => steps.first().map_or("id", |step| step.key),
            Self::Compare { steps, column, .. } | Self::Moment { steps, column, .. } => {
                steps.first().map_or(column.key, |step| step.key)
            }
        }
    }

    /// The relations whose rows it reads.
    fn rows(&self) -> &[Step] {
        match self {
            Self::Oneself => &[],
            Self::Account(steps) => steps.split_last().map_or(&[], |(_, before)| before),
            Self::Present(steps) | Self::Compare { steps, .. } | Self::Moment { steps, .. } => steps,
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Oneself, Self::Oneself) => true,
            (Self::Account(one), Self::Account(other)) | (Self::Present(one), Self::Present(other)) => one == other,
            (
                Self::Compare { steps, column, op, value },
                Self::Compare { steps: others, column: other, op: same, value: like },
            ) => steps == others && column.key == other.key && op == same && value == like,
            (
                Self::Moment { steps, column, op, moment },
                Self::Moment { steps: others, column: other, op: same, moment: like },
            ) => steps == others && column.key == other.key && op == same && moment == like,
            _ => false,
        }
    }
}

impl Predicate {
    /// Whether no row can satisfy it.
    #[must_use]
    pub const fn is_never(&self) -> bool {
        matches!(self, Self::Never)
    }

    /// Whether every row satisfies it.
    #[must_use]
    pub const fn is_always(&self) -> bool {
        matches!(self, Self::Always)
    }

    /// Whether every row that satisfies it is known to satisfy `other`, by the look of the two alone.
    #[must_use]
    pub fn implies(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Never, _) | (_, Self::Always) => true,
            (Self::Any(parts), _) => parts.iter().all(|part| part.implies(other)),
            (_, Self::All(parts)) => parts.iter().all(|part| self.implies(part)),
            (_, Self::Any(parts)) if parts.iter().any(|part| self.implies(part)) => true,
            (Self::All(parts), _) => parts.iter().any(|part| part.implies(other)),
            (Self::Not(one), Self::Not(other)) => other.implies(one),
            (Self::Leaf(one), Self::Leaf(other)) => one.is_same(other),
            _ => false,
        }
    }

    /// All of `parts`, with what is decided taken out.
    #[must_use]
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut open = Vec::new();
        for part in parts {
            match part {
                Self::Always => {}
                Self::Never => return Self::Never,
                other => open.push(other),
            }
        }
        match open.len() {
            0 => Self::Always,
            1 => open.remove(0),
            _ => Self::All(open),
        }
    }

    /// Any of `parts`, with what is decided taken out.
    #[must_use]
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut open = Vec::new();
        for part in parts {
            match part {
                Self::Never => {}
                Self::Always => return Self::Always,
                other => open.push(other),
            }
        }
        match open.len() {
            0 => Self::Never,
            1 => open.remove(0),
            _ => Self::Any(open),
        }
    }

    /// The opposite.
    #[must_use]
    pub fn negate(self) -> Self {
        match self {
            Self::Always => Self::Never,
            Self::Never => Self::Always,
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// Decides leaves. `polarity` is false under a negation, where what is granted has to be written as false.
    #[must_use]
    pub fn decide(&self, polarity: bool, known: &impl Fn(&Leaf) -> Known) -> Self {
        match self {
            Self::Always => Self::Always,
            Self::Never => Self::Never,
            Self::All(parts) => Self::all(parts.iter().map(|part| part.decide(polarity, known))),
            Self::Any(parts) => Self::any(parts.iter().map(|part| part.decide(polarity, known))),
            Self::Not(inner) => inner.decide(!polarity, known).negate(),
            Self::Leaf(leaf) => match known(leaf) {
                Known::Open => self.clone(),
                Known::Granted if polarity => Self::Always,
                Known::Refused if !polarity => Self::Always,
                Known::Granted | Known::Refused => Self::Never,
            },
        }
    }

    /// Whether it depends on a column of the row for which `test` holds.
    pub fn depends_on(&self, test: &impl Fn(&'static str) -> bool) -> bool {
        match self {
            Self::Always | Self::Never => false,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.depends_on(test)),
            Self::Not(inner) => inner.depends_on(test),
            Self::Leaf(leaf) => test(leaf.column()),
        }
    }

    /// Whether it looks into rows of `table` beyond the row itself, which may turn out to be the row itself.
    #[must_use]
    pub fn looks_into(&self, table: &str) -> bool {
        match self {
            Self::Always | Self::Never => false,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.looks_into(table)),
            Self::Not(inner) => inner.looks_into(table),
            Self::Leaf(leaf) => leaf.rows().iter().any(|step| step.table == table),
        }
    }

    /// What of the present it asks for, each once, added to `found`.
    pub fn moments(&self, found: &mut Vec<Moment>) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.moments(found)),
            Self::Not(inner) => inner.moments(found),
            Self::Leaf(Leaf::Moment { moment, .. }) if !found.contains(moment) => found.push(*moment),
            Self::Always | Self::Never | Self::Leaf(_) => {}
        }
    }

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
        Scope { row, prefix: "", parent_key: None, caller: None, moments: None, replaced: &[], exact: false }
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

    /// The present, moved by so much.
    fn moment(&self, sql: &mut Sql, moment: Moment) -> String {
        if let Some(row) = self.moments {
            return format!("{row}.{}", quote(&moment.name()));
        }
        let placeholder = sql.hold(Slot::Moment(moment));
        sql.dialect().sql().typed(moment.storage(), &placeholder)
    }

    /// Writes the column `key` of the row at the end of `steps`, as `render` makes it from the column's expression.
    pub fn write_value(&self, sql: &mut Sql, steps: &[Step], key: &str, render: impl Fn(&str) -> String) {
        if steps.is_empty() {
            if self.parent_key == Some(key) {
                sql.bind(Slot::Parent);
            } else {
                sql.push(&render(&self.column(key)));
            }
            return;
        }
        let aliases = fresh_aliases(sql, steps);
        let last = aliases.last().map_or("", String::as_str);
        sql.push("(SELECT ").push(&render(&format!("{last}.{}", quote(key))));
        self.write_from(sql, steps, &aliases);
        sql.push(")");
    }

    /// Writes ` FROM <the tables of steps, joined> WHERE <the first is the one that the row refers to>`.
    fn write_from(&self, sql: &mut Sql, steps: &[Step], aliases: &[String]) {
        let mut previous: Option<&String> = None;
        for (step, alias) in steps.iter().zip(aliases) {
            match previous {
                None => sql.push(" FROM ").name(step.table).push(" ").push(alias),
                Some(before) => sql
                    .push(" JOIN ")
                    .name(step.table)
                    .push(&format!(" {alias} ON {alias}.\"id\" = {before}.{}", quote(step.key))),
            };
            previous = Some(alias);
        }
        if let (Some(step), Some(alias)) = (steps.first(), aliases.first()) {
            sql.push(&format!(" WHERE {alias}.\"id\" = "));
            self.write_column(sql, step.key);
        }
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
            Self::Present(steps) => write_exists(steps, sql, scope, |_| None),
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

pub(super) fn write_exists(
    steps: &[Step],
    sql: &mut Sql,
    scope: Scope<'_>,
    condition: impl Fn(&str) -> Option<String>,
) {
    let aliases = fresh_aliases(sql, steps);
    sql.push("EXISTS (SELECT 1");
    scope.write_from(sql, steps, &aliases);
    if let Some(condition) = condition(aliases.last().map_or("", String::as_str)) {
        sql.push(" AND ").push(&condition);
    }
    sql.push(")");
}
