//! From where a list takes its rows that are a caller's by what refers to them.
//!
//! A list shows the rows for which its rule holds. Where the rule says that something which refers to the row holds the
//! caller's id (`any(members: user)`), the rows are found by way of that: an account that belongs to three of a million
//! organisations reads three. The other way round, row by row, is as fast where most rows are the caller's, and that is what
//! is done for an order which would have to be made of very many.

use super::{
    Leaf, Predicate, Scope, Slot, Sql,
    dialect::{Along, AlongSql},
    row::Table,
    text::quote,
    there::and_there,
};
use crate::schema::Step;

/// How many rows may lead to a list before it is gone through in its order instead.
const FEW: usize = 1_000;

/// Alias of what leads to a row of a list.
const BY: &str = "m";

/// One of several ways to the rows that a rule shows; what is found by one may be found by another, too.
#[derive(Debug)]
pub(super) struct Source<'a> {
    way: Way<'a>,
    /// What else has to hold of the row.
    also: Vec<&'a Predicate>,
}

#[derive(Debug)]
enum Way<'a> {
    /// This holds of the row itself, by a column that holds the caller's id.
    Own(&'a Predicate),
    /// Something refers to the row, or to what the row refers to as well.
    By(By<'a>),
}

/// Rows that have the caller's id in the column `account`.
#[derive(Debug)]
struct By<'a> {
    step: &'a Step,
    account: &'a str,
    /// What else has to hold of them.
    also: Vec<&'a Predicate>,
}

impl<'a> Source<'a> {
    /// The ways to all rows for which `policy` holds; `None` where there is a better one than by what refers to them, or no
    /// way but through all rows.
    pub(super) fn of(policy: &'a Predicate) -> Option<Vec<Self>> {
        let found = ways(policy)?;
        found.iter().any(|source| matches!(source.way, Way::By(_))).then_some(found)
    }

    /// Whether its rows come in the order of their ids.
    pub(super) fn is_by_id(&self) -> bool {
        match &self.way {
            Way::Own(_) => true,
            Way::By(by) => by.step.key == "id",
        }
    }

    /// Whether a row may be found more than once.
    pub(super) const fn repeats(&self) -> bool {
        matches!(self.way, Way::By(_))
    }

    /// How its rows are gone along in the order of their ids, from what is `beyond` an id on; `None` where its table has an
    /// index by itself.
    pub(super) fn along(&self, beyond: Option<(&str, &str)>, descending: bool, sql: &mut Sql) -> Option<AlongSql> {
        let Way::By(by) = &self.way else { return None };
        let [account, key] = [by.account, by.step.target].map(|column| format!("{BY}.{}", quote(column)));
        let caller = sql.hold(Slot::Caller);
        Some(sql.dialect().sql().along(&Along { account, key, caller: &caller, beyond, descending }))
    }

    /// Writes ` FROM <table, called t> WHERE <what the rule says>`; of what leads to the rows `found` is said, or else that
    /// it holds the caller's id.
    pub(super) fn write(&self, table: &Table, found: Option<&str>, sql: &mut Sql) {
        match &self.way {
            Way::Own(leaf) => {
                sql.push(&format!(" FROM {} t WHERE ", table.name));
                leaf.write(sql, Scope::of("t"));
            }
            Way::By(by) => {
                let tie = format!("t.{} = {BY}.{}", quote(by.step.key), quote(by.step.target));
                let looked_up = sql.dialect().sql().looked_up(&table.name, &tie);
                sql.push(" FROM ").name(by.step.table).push(&format!(" {BY}{looked_up}"));
                match found {
                    Some(found) => sql.push(found),
                    None => sql.push(&format!("{BY}.{} = ", quote(by.account))).bind(Slot::Caller),
                };
                sql.push(&and_there(BY, by.step.deleted));
                write_each(&by.also, Scope::of(BY), sql);
            }
        }
        sql.push(&and_there("t", table.deleted));
        write_each(&self.also, Scope::of("t"), sql);
    }

    /// The row's id, as the index has it along which [`along`](Self::along) goes.
    pub(super) fn id(&self) -> Option<String> {
        match &self.way {
            Way::By(by) => Some(format!("{BY}.{}", quote(by.step.target))),
            Way::Own(_) => None,
        }
    }

    /// Writes whether there are more than a few that lead to a row.
    pub(super) fn write_many(sources: &[Self], sql: &mut Sql) {
        let by = sources.iter().filter_map(|source| match &source.way {
            Way::By(by) => Some(by),
            Way::Own(_) => None,
        });
        sql.push("(").join(" OR ", by, |sql, by| {
            sql.push("EXISTS (SELECT 1 FROM ").name(by.step.table).push(" c WHERE c.").name(by.account);
            sql.push(" = ").bind(Slot::Caller).push(&and_there("c", by.step.deleted));
            sql.push(&format!(" LIMIT 1 OFFSET {FEW})"));
        });
        sql.push(")");
    }
}

fn write_each(parts: &[&Predicate], scope: Scope<'_>, sql: &mut Sql) {
    for part in parts {
        sql.push(" AND ");
        part.write(sql, scope);
    }
}

fn ways(policy: &Predicate) -> Option<Vec<Source<'_>>> {
    let one = |way| Some(vec![Source { way, also: Vec::new() }]);
    match policy {
        Predicate::Leaf(Leaf::Account(steps)) if steps.len() == 1 => one(Way::Own(policy)),
        Predicate::Leaf(Leaf::Exists { steps, inner }) => {
            let [step] = steps.as_slice() else { return None };
            let (account, also) = account(inner)?;
            one(Way::By(By { step, account, also }))
        }
        Predicate::All(parts) => {
            let (place, mut found) = parts.iter().enumerate().find_map(|(place, part)| Some((place, ways(part)?)))?;
            for source in &mut found {
                source.also.extend(parts.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, part)| part));
            }
            Some(found)
        }
        Predicate::Any(parts) => {
            Some(parts.iter().map(ways).collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
        }
        _ => None,
    }
}

/// The column that has to hold the caller's id, and what else has to hold.
fn account(inner: &Predicate) -> Option<(&str, Vec<&Predicate>)> {
    match inner {
        Predicate::Leaf(Leaf::Oneself) => Some(("id", Vec::new())),
        Predicate::Leaf(Leaf::Account(steps)) if steps.len() == 1 => Some((steps.first()?.key, Vec::new())),
        Predicate::All(parts) => {
            let (place, (key, mut also)) =
                parts.iter().enumerate().find_map(|(place, part)| Some((place, account(part)?)))?;
            also.extend(parts.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, part)| part));
            Some((key, also))
        }
        _ => None,
    }
}
