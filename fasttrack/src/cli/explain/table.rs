//! The explanation as tables.

use std::fmt::Write as _;

use sqlformat::{FormatOptions, QueryParams};

use super::meaning::{CallerSql, Meaning, RuleMeaning};
use crate::cli::table::table;

/// Everything that is known of a resource.
pub(super) fn render(meaning: &Meaning) -> String {
    let mut text = head(meaning);
    let fields = meaning.fields.iter().map(|field| {
        let read_by = field.read_by.clone();
        [field.key.to_owned(), field.holds.clone(), read_by, field.written.clone(), field.lists.join(", ")]
    });
    section(&mut text, "Fields", &["field", "holds", "read by", "written", "lists and keys"], fields);
    let many = meaning.many.iter().map(|many| [many.name.to_owned(), many.rows.clone()]);
    section(&mut text, "Rows that refer here", &["called", "which"], many);
    let constraints = meaning.constraints.iter().map(|one| [one.holds.clone(), one.otherwise.to_owned()]);
    section(&mut text, "Constraints", &["what holds", "otherwise"], constraints);
    let search = meaning.search.iter().map(|search| [search.finds.clone(), search.order.clone()]);
    section(&mut text, "Search", &["finds", "order"], search);
    let steps = meaning
        .steps
        .iter()
        .map(|step| [step.field.to_owned(), step.from.to_owned(), step.to.join(" or "), step.who.clone()]);
    section(&mut text, "Steps", &["field", "from", "to", "who may"], steps);
    let rules = meaning.rules.iter().map(|rule| [rule.verb.to_owned(), rule.route.clone(), rule.who.clone()]);
    section(&mut text, "Rules", &["verb", "route", "who may"], rules);
    let nevers = meaning.nevers.iter().map(|never| [never.who.clone(), never.what.clone()]);
    section(&mut text, "Never", &["who", "does what"], nevers);
    let triggers = meaning.triggers.iter().map(|trigger| [trigger.when.clone(), trigger.then.clone()]);
    section(&mut text, "Triggers", &["when", "then"], triggers);
    for constraint in &meaning.constraints {
        for sql in &constraint.sql {
            // Writing to a `String` cannot fail, here and below.
            let _ = write!(text, "\n-- {}\n{}\n", constraint.holds, formatted(sql));
        }
    }
    if let Some(search) = &meaning.search {
        for sql in &search.sql {
            let _ = write!(text, "\n-- {}\n{sql}\n", search.finds);
        }
    }
    for rule in &meaning.rules {
        statements(&mut text, rule);
    }
    for trigger in &meaning.triggers {
        if let Some(sql) = &trigger.sql {
            let _ = write!(text, "\n-- when {}: {}\n{}\n", trigger.when, trigger.then, formatted(sql));
        }
    }
    text
}

pub(super) fn section<const N: usize>(
    text: &mut String,
    title: &str,
    header: &[&str; N],
    rows: impl Iterator<Item = [String; N]>,
) {
    let mut rows = rows.peekable();
    if rows.peek().is_some() {
        let _ = write!(text, "\n{title}\n{}", table(header, rows));
    }
}

fn head(meaning: &Meaning) -> String {
    let mut text = format!("{}: {}\n", meaning.name, meaning.description);
    let mut facts = vec![format!("table {}", meaning.table)];
    facts.extend(meaning.under.map(|under| format!("created and listed under its {under}")));
    facts.extend(meaning.is_account.then(|| "the account that logs in".to_owned()));
    facts.extend(meaning.is_concealed.then(|| "answers 404 where it may not be read".to_owned()));
    facts.extend(meaning.deleted.clone());
    text += &facts.join("; ");
    text + "\n"
}

/// Callers for whom a verb runs the same share one entry.
pub(super) fn statements(text: &mut String, rule: &RuleMeaning) {
    let mut rest: Vec<_> = rule.sql.iter().collect();
    while let Some(first) = rest.first().copied() {
        let is_same = |sql: &&CallerSql| {
            (&sql.statement, &sql.afterwards, &sql.along) == (&first.statement, &first.afterwards, &first.along)
        };
        let (same, other): (Vec<_>, Vec<_>) = rest.into_iter().partition(is_same);
        rest = other;
        let callers: Vec<_> = same.iter().map(|sql| sql.caller.as_str()).collect();
        let statement = first.statement.as_deref().map_or_else(|| "-- refused".to_owned(), formatted);
        let _ = write!(text, "\n-- {}, {}\n{statement}\n", rule.verb, callers.join(" and "));
        if let Some(afterwards) = &first.afterwards {
            let _ = write!(text, "-- then, of the row as it has become\n{}\n", formatted(afterwards));
        }
        for along in &first.along {
            let _ = write!(text, "-- then, for each of {}\n{}\n", along.name, formatted(&along.statement));
        }
    }
}

pub(super) fn formatted(sql: &str) -> String {
    let options = FormatOptions { max_inline_block: 100, max_inline_arguments: Some(100), ..FormatOptions::default() };
    sqlformat::format(sql, &QueryParams::None, &options)
}
