//! What an account may do, as data and as a table: the rights of its role, and what of them holds for a row.

use std::fmt::Write as _;

use serde::Serialize;

use super::{
    meaning::RuleMeaning,
    table::{formatted, section, statements},
};
use crate::{
    access::{Act, Granted, Withheld},
    schema::{Asked, Comparison, Literal, Path, Rule, Schema, Term, Verb, Way},
    words,
};

/// What an account may do with the rows of a resource, or with one of them.
#[derive(Debug, Serialize)]
pub(super) struct Rights {
    account: Account,
    resource: &'static str,
    #[serde(skip)]
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<RowFound>,
    #[serde(rename = "rights")]
    found: Vec<Right>,
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rules: Vec<RuleMeaning>,
}

/// Who it is.
#[derive(Debug, Serialize)]
pub(super) struct Account {
    pub(super) id: i64,
    pub(super) email: String,
    pub(super) role: &'static str,
    pub(super) is_active: bool,
}

/// The row that is asked about.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct RowFound {
    pub(super) id: i64,
    pub(super) is_deleted: bool,
}

/// What a condition says of the row.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) term: Term,
    pub(super) holds: bool,
    /// What there is where it looks, in words.
    pub(super) facts: Option<String>,
}

/// One thing that the account may do, in one way, or may not.
#[derive(Debug, Serialize)]
struct Right {
    verb: String,
    /// The one route at which it is done, where it is not the row's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    may: May,
    relation: String,
    with: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    why_not: Vec<String>,
}

/// Whether it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum May {
    Yes,
    No,
    /// Of rows with which it has this relation.
    Where,
}

impl May {
    const fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Where => "where",
        }
    }
}

impl Rights {
    pub(super) fn new(account: Account, schema: &Schema, row: Option<RowFound>) -> Self {
        let (resource, name) = (schema.plural, schema.name);
        Self { account, resource, name, row, found: Vec::new(), asked: None, rules: Vec::new() }
    }

    /// Adds what the role may do; of the row, as far as its conditions hold.
    pub(super) fn judge(&mut self, granted: &[Granted], told: Option<&[Told]>) {
        for one in granted {
            let why_not = self.why_not(one, told.unwrap_or_default());
            // What another way lets do anyway is not refused.
            let is_granted = |other: &Granted| {
                same(one.act, other.act)
                    && one.fields.iter().all(|field| other.fields.contains(field))
                    && self.why_not(other, told.unwrap_or_default()).is_empty()
            };
            if told.is_some() && !why_not.is_empty() && granted.iter().any(is_granted) {
                continue;
            }
            let may = match told {
                _ if !why_not.is_empty() => May::No,
                Some(_) => May::Yes,
                None if one.way.is_empty() => May::Yes,
                None => May::Where,
            };
            let verb = self.verb(one.act);
            let at = one.is_own_account.then(|| format!("/{}/me", self.resource));
            self.found.push(Right { verb, at, may, relation: one.relation(), with: one.with(), why_not });
        }
    }

    /// Adds what the role may do with no row at all.
    pub(super) fn withhold(&mut self, withheld: &[Withheld]) {
        for Withheld { act, fields, whose } in withheld {
            let why_not = vec![format!("it is for {whose}, and the role is {}", self.account.role)];
            let (verb, with) = (self.verb(*act), act.with(fields));
            self.found.push(Right { verb, at: None, may: May::No, relation: "never".to_owned(), with, why_not });
        }
    }

    /// Adds the statements that the verbs run for this role, and the one that asked about the row.
    pub(super) fn add_statements(&mut self, rules: Vec<RuleMeaning>, asked: Option<String>) {
        self.rules = rules;
        self.asked = asked;
    }

    /// What is in the way of something that the role may do, for this row.
    fn why_not(&self, one: &Granted, told: &[Told]) -> Vec<String> {
        let disabled = (!self.account.is_active).then(|| "the account is disabled".to_owned());
        let Some(row) = self.row else { return disabled.into_iter().collect() };
        let state = match (row.is_deleted, one.act) {
            // Of another one, it does not matter what became of this.
            (_, Act::Verb(Verb::Create)) => None,
            (false, Act::Verb(Verb::Restore)) => Some("the row was not deleted"),
            (true, act) if !matches!(act, Act::Verb(Verb::Restore)) => Some("the row was deleted"),
            _ => None,
        };
        let asked = conditions(one);
        let fails = told.iter().filter(|told| !told.holds && asked.contains(&told.term));
        let fails = fails.map(|told| told.facts.clone().unwrap_or_else(|| format!("not so: {}", told.term.words)));
        disabled.into_iter().chain(state.map(str::to_owned)).chain(fails).collect()
    }

    fn verb(&self, act: Act) -> String {
        let is_of_another = self.row.is_some() && matches!(act, Act::Verb(Verb::Create));
        if is_of_another { "create one like it".to_owned() } else { act.name().to_owned() }
    }

    /// As tables.
    pub(super) fn render(&self) -> String {
        let Account { id, email, role, is_active } = &self.account;
        let out = if *is_active { "" } else { "; it is disabled, cannot log in, and may do nothing until it is not" };
        let mut text = format!("{email} is account {id}, with role {role}{out}\n");
        let rows = match self.row {
            Some(row) => format!("{} {}", words::words(self.name), row.id),
            None => self.resource.to_owned(),
        };
        if self.row.is_some_and(|row| row.is_deleted) {
            let _ = writeln!(text, "{rows} was deleted");
        }
        let lines = self.found.iter().map(|right| {
            let Right { verb, at, may, relation, with, why_not } = right;
            let verb = at.as_ref().map_or_else(|| verb.clone(), |at| format!("{verb} at {at}"));
            [verb, may.word().to_owned(), relation.clone(), with.clone(), why_not.join(" and ")]
        });
        section(&mut text, &format!("Rights to {rows}"), &["verb", "may", "relation", "with", "why not"], lines);
        if let Some(asked) = &self.asked {
            let _ = write!(text, "\n-- what the conditions say of {rows}\n{}\n", formatted(asked));
        }
        for rule in &self.rules {
            statements(&mut text, rule);
        }
        text
    }
}

/// What has to hold of a row for that: of a step also that it begins there.
pub(super) fn conditions(one: &Granted) -> Way {
    let Act::Step(column, step) = one.act else { return one.way.clone() };
    let (field, value) = (column.name, Literal::Text(step.from));
    let rule = Rule::Compare { path: Path::HERE, field, op: Comparison::Eq, value };
    let asked = Some(Asked { at: Vec::new(), rule, negated: false });
    let begins = Term { is_of_row: true, words: format!("{field} is {value}"), asked };
    one.way.iter().cloned().chain([begins]).collect()
}

/// Whether it is the same that somebody does.
fn same(one: Act, other: Act) -> bool {
    match (one, other) {
        (Act::Verb(one), Act::Verb(other)) => one == other,
        (Act::Step(one, step), Act::Step(other, taken)) => one.key == other.key && step.from == taken.from,
        (Act::Register, Act::Register) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        access,
        db::Dialect,
        schema::{Catalog, Column, Grant, Id, Kind, Model, Transition},
        sql::{self, CallerRole, Seen, Table},
    };

    const OPEN: Rule = compare("state", "open");
    const SHUT: Rule = compare("state", "shut");
    const KEEPER: Rule = Rule::Related(Path::HERE.then("keeper"));
    const STEPS: &[Transition] = &[Transition::new("open", &["shut"]).by(KEEPER)];
    const STATE: Column =
        Column { kind: Kind::Choice(&["open", "shut"]), flow: Some(STEPS), ..Column::new::<i64>("state", "state") };
    const USER: Schema = Schema::new("user", "users").account().columns(&[
        Column::new::<Id<()>>("id", "id"),
        Column { kind: Kind::Choice(&["user"]), ..Column::new::<i64>("role", "role") },
    ]);
    const SHOP: Schema = Schema::new("shop", "shops")
        .columns(&[
            Column::new::<Id<()>>("id", "id"),
            STATE,
            Column { kind: Kind::Relation("user"), ..Column::new::<i64>("keeper", "keeper_id") },
            Column { write: Some(Rule::Role("admin")), ..Column::new::<i64>("rank", "rank") },
        ])
        .grants(&[
            Grant::new(Verb::Update, Rule::Any(&[KEEPER, OPEN])),
            Grant::new(Verb::Create, KEEPER),
            Grant::new(Verb::Delete, Rule::Role("admin")),
            Grant::new(Verb::Restore, Rule::All(&[KEEPER, SHUT])),
        ]);

    const fn compare(field: &'static str, word: &'static str) -> Rule {
        Rule::Compare { path: Path::HERE, field, op: Comparison::Eq, value: Literal::Text(word) }
    }

    /// Held in a test by who is disabled.
    const DISABLED: &str = "disabled";

    /// The lines of the table, of a row of which the conditions hold that have these words.
    fn lines(row: Option<RowFound>, held: &[&str]) -> Vec<String> {
        let catalog = Catalog::link(&[&USER, &SHOP]).unwrap();
        let model: &Model = catalog.find("shop").unwrap();
        let granted = access::granted(&catalog, model, CallerRole::Role("user")).unwrap();
        let withheld = access::withheld(&catalog, model, CallerRole::Role("user"), &granted);
        let account = Account { id: 3, email: "a@b.c".to_owned(), role: "user", is_active: !held.contains(&DISABLED) };
        let mut rights = Rights::new(account, &SHOP, row);
        let told = |term: Term| {
            let holds = held.contains(&term.words.as_str());
            Told { holds, facts: Some(format!("{} is 4", term.words)).filter(|_| term.words == "keeper"), term }
        };
        let terms: Way = granted.iter().flat_map(conditions).collect();
        let told: Vec<_> = terms.into_iter().map(told).collect();
        rights.judge(&granted, row.map(|_| told.as_slice()));
        rights.withhold(&withheld);
        let text = rights.render();
        let standing = if held.contains(&DISABLED) { "user; it is disabled" } else { "user\n" };
        assert!(text.starts_with(&format!("a@b.c is account 3, with role {standing}")), "{text}");
        let table = text.lines().skip_while(|line| !line.trim_start().starts_with("verb")).skip(1);
        table.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn each_right_is_told_with_what_it_takes() {
        let never = [
            "create no never rank it is for role admin, and the role is user",
            "update no never rank it is for role admin, and the role is user",
            "delete no never it is for role admin, and the role is user",
        ];
        let without = [
            "create where as keeper state keeper_id",
            "update where as keeper state keeper_id",
            "update where where state is open state keeper_id",
            "step where as keeper state: open -> shut",
            "step where as keeper where state is open state: open -> shut",
            "restore where as keeper where state is shut",
        ];
        let found = lines(None, &[]);
        assert!(found.iter().all(|line| never.iter().chain(&without).any(|known| known == line)), "{found:#?}");
        assert!(never.iter().all(|line| found.contains(&(*line).to_owned())), "{found:#?}");
    }

    #[test]
    fn of_a_row_it_is_told_what_is_in_the_way() {
        let row = |is_deleted| Some(RowFound { id: 7, is_deleted });
        let has = |found: &[String], line: &str| assert!(found.iter().any(|known| known == line), "{line}: {found:#?}");
        let found = lines(row(false), &["state is open"]);
        has(&found, "update yes where state is open state keeper_id");
        assert!(!found.iter().any(|line| line.starts_with("update no as keeper")), "{found:#?}");
        has(
            &found,
            "restore no as keeper where state is shut the row was not deleted and keeper is 4 and not so: state is shut",
        );
        has(&found, "step no as keeper state: open -> shut keeper is 4");
        let found = lines(row(false), &["keeper"]);
        has(&found, "step no as keeper state: open -> shut not so: state is open");
        let found = lines(row(true), &["keeper", "state is shut"]);
        has(&found, "restore yes as keeper where state is shut");
        has(&found, "create one like it yes as keeper state keeper_id");
        has(&found, "update no as keeper state keeper_id the row was deleted");
        let found = lines(row(false), &["keeper", "state is open", DISABLED]);
        has(&found, "update no as keeper state keeper_id the account is disabled");
        assert!(!found.iter().any(|line| line.contains(" yes ")), "{found:#?}");
        let found = lines(None, &[DISABLED]);
        has(&found, "restore no as keeper where state is shut the account is disabled");
        assert!(!found.iter().any(|line| line.contains(" where where ")), "{found:#?}");
    }

    #[test]
    fn a_row_is_asked_in_one_statement() {
        let catalog = Catalog::link(&[&USER, &SHOP]).unwrap();
        let model = catalog.find("shop").unwrap();
        let asked = Asked { at: Vec::new(), rule: OPEN, negated: true };
        let predicate = sql::fold_asked(&catalog, model, &asked, CallerRole::Role("user")).unwrap();
        let seen = Seen { steps: Vec::new(), column: SHOP.column("state").unwrap() };
        let table = Table::new(Dialect::Sqlite, &SHOP);
        let text = sql::look(&table, &[predicate], &[seen]).text().to_owned();
        assert!(text.starts_with("SELECT FALSE, NOT ("), "{text}");
        assert!(text.ends_with("FROM \"shops\" t WHERE t.\"id\" = $1"), "{text}");
    }
}
