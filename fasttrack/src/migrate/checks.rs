//! What changes between the conditions of one table and those of the next.

use super::{
    change::{Block, Change, Weight},
    column::ColumnChange,
};
use crate::sql::{self, CheckDefinition, SchemaSyntax, TableDefinition};

/// What changes; the old table has the new names already.
pub(super) struct CheckChanges<'a> {
    /// What is not asked any more, or is asked anew since columns hold something else.
    dropped: Vec<&'a CheckDefinition>,
    /// What was not asked before, or is asked anew.
    made: Vec<&'a CheckDefinition>,
    /// What asks the same under another name.
    renamed: Vec<(&'a CheckDefinition, &'a CheckDefinition)>,
}

/// What is done where a table changes in place: before its columns do, and after them.
#[derive(Default)]
pub(super) struct CheckStatements {
    pub(super) before: Vec<Block>,
    pub(super) after: Vec<Block>,
}

impl<'a> CheckChanges<'a> {
    pub(super) fn between(old: &'a TableDefinition, new: &'a TableDefinition, changes: &[ColumnChange]) -> Self {
        let is_rewritten =
            |check: &CheckDefinition| changes.iter().any(|change| change.rewrites && check.covers(&change.column));
        let is_kept = |check: &CheckDefinition, others: &[CheckDefinition]| {
            !is_rewritten(check) && others.iter().any(|other| other.condition == check.condition)
        };
        let renamed = new.checks.iter().filter(|check| is_kept(check, &old.checks)).filter_map(|check| {
            let before = old.checks.iter().find(|other| other.condition == check.condition)?;
            (before.name != check.name).then_some((before, check))
        });
        Self {
            dropped: old.checks.iter().filter(|check| !is_kept(check, &new.checks)).collect(),
            made: new.checks.iter().filter(|check| !is_kept(check, &old.checks)).collect(),
            renamed: renamed.collect(),
        }
    }

    /// What is done in place; `None` where the table has to be made anew for it.
    pub(super) fn in_place(&self, syntax: &dyn SchemaSyntax, table: &str) -> Option<CheckStatements> {
        let mut statements = CheckStatements::default();
        for check in &self.dropped {
            let why = format!("{table}: `{}` is not asked any more, or is again below", check.words());
            statements.before.push(Block { why, sql: syntax.drop_check(table, &check.name)? });
        }
        for (before, check) in &self.renamed {
            let sql = syntax.rename_check(table, &before.name, &check.name)?;
            statements.before.push(Block { why: String::new(), sql });
        }
        for check in &self.made {
            let look = sql::offenders(table, &breaks(check));
            statements.after.push(Block { why: asked(table, check), sql: look });
            statements.after.push(Block { why: String::new(), sql: syntax.add_check(table, check)? });
        }
        Some(statements)
    }

    /// What is asked of the rows before a table is made anew; `values` is what its columns will hold.
    pub(super) fn looks(&self, new: &TableDefinition, values: &[String]) -> Vec<Block> {
        let value = |name: &String| {
            let (column, value) = new.columns.iter().zip(values).find(|(column, _)| column.name == *name)?;
            Some((column.name.as_str(), value.clone()))
        };
        let look = |check: &&CheckDefinition| {
            let columns: Vec<_> = check.columns.iter().filter(|name| *name != "id").filter_map(value).collect();
            Block { why: asked(&new.name, check), sql: sql::offenders_among(&new.name, &columns, &breaks(check)) }
        };
        self.made.iter().map(look).collect()
    }

    /// The changes, in words and with their weight.
    pub(super) fn told(&self, old: &TableDefinition, new: &TableDefinition) -> Vec<Change> {
        let holds_nothing_yet = |name: &String| {
            let is_empty = new.column(name).is_some_and(|column| column.nullable && column.default.is_none());
            old.column(name).is_none() && is_empty
        };
        let is_new = |check: &&&CheckDefinition| old.checks.iter().all(|other| other.condition != check.condition);
        let made = self.made.iter().filter(is_new).map(|check| {
            let asks_nothing = check.columns.iter().all(holds_nothing_yet);
            Change {
                weight: if asks_nothing { Weight::Addition } else { Weight::Loss },
                words: asked(&new.name, check),
            }
        });
        let is_gone = |check: &&&CheckDefinition| new.checks.iter().all(|other| other.condition != check.condition);
        let dropped = self.dropped.iter().filter(is_gone).map(|check| Change {
            weight: Weight::Alteration,
            words: format!("{}: `{}` is not asked any more", new.name, check.words()),
        });
        let renamed = self.renamed.iter().map(|(before, check)| Change {
            weight: Weight::Alteration,
            words: format!("{}: the constraint `{}` is called `{}`", new.name, before.name, check.name),
        });
        made.chain(dropped).chain(renamed).collect()
    }

    /// The same without the table.
    pub(super) fn words(&self) -> Vec<String> {
        let made = self.made.iter().map(|check| format!("`{}` is asked of every row", check.words()));
        let dropped =
            self.dropped.iter().filter(|check| self.made.iter().all(|made| made.condition != check.condition));
        let dropped = dropped.map(|check| format!("`{}` is not asked any more", check.words()));
        let renamed = self.renamed.iter();
        let renamed =
            renamed.map(|(before, check)| format!("the constraint `{}` is called `{}`", before.name, check.name));
        made.chain(dropped).chain(renamed).collect()
    }
}

fn asked(table: &str, check: &CheckDefinition) -> String {
    format!("{table}: `{}` has to hold of every row", check.words())
}

fn breaks(check: &CheckDefinition) -> String {
    format!("NOT ({})", check.condition)
}
