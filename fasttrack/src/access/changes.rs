//! What has become of who may do what, since `access.lock` was written: what is wider or narrower, and for whom, in words.
//!
//! A line that another one contains, such as that of every row those of a relation, is no change where that one was there as
//! well, or is there now. Fields and resources that are no more are not told of: nobody lost a right to them alone.

use std::collections::{BTreeMap, BTreeSet};

use super::{ANONYMOUS, BETWEEN, lines};
use crate::{
    schema::{Catalog, LinkError},
    words,
};

/// A right without its fields.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Right<'a> {
    role: &'a str,
    relation: &'a str,
    resource: &'a str,
    act: &'a str,
    /// The step of a flow, where it is one.
    step: &'a str,
}

/// Rights, with the fields of each.
type Rights<'a> = BTreeMap<Right<'a>, BTreeSet<&'a str>>;

/// What has changed since the file said `known`, a line each: `Wider: user · as owner · tasks · update · + title. A user …`
///
/// # Errors
/// [`LinkError`] when the declarations do not fit together.
pub fn changes(catalog: &Catalog, known: &str) -> Result<Vec<String>, LinkError> {
    let now = lines(catalog)?;
    let exists = |right: &Right<'_>, field: &str| {
        let mut models = catalog.models().iter().filter(|model| model.schema.plural == right.resource);
        models.any(|model| model.schema.column_of_key(field).is_some() || model.schema.many(field).is_some())
    };
    let is_there = |right: &Right<'_>| catalog.models().iter().any(|model| model.schema.plural == right.resource);
    let (before, after) = (rights(known.lines()), rights(now.iter().map(String::as_str)));
    let mut told = Vec::new();
    for (right, fields) in &after {
        let more: Vec<_> = fields.iter().copied().filter(|field| !lets(&before, right, field)).collect();
        if !more.is_empty() || fields.is_empty() && !lets(&before, right, "") {
            told.push(right.told("Wider", '+', &more));
        }
    }
    for (right, fields) in before.iter().filter(|(right, _)| is_there(right)) {
        let less = fields.iter().copied().filter(|field| exists(right, field) && !lets(&after, right, field));
        let less: Vec<_> = less.collect();
        if !less.is_empty() || fields.is_empty() && !lets(&after, right, "") {
            told.push(right.told("Narrower", '-', &less));
        }
    }
    Ok(told)
}

/// Reads lines; comments, and what is no such line, are left out.
fn rights<'a>(lines: impl Iterator<Item = &'a str>) -> Rights<'a> {
    let mut found = Rights::new();
    for line in lines.filter(|line| !line.starts_with('#')) {
        let mut parts = line.trim_end().split(BETWEEN);
        let (Some(role), Some(relation), Some(resource), Some(act)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let rest = parts.next().unwrap_or_default();
        let (step, fields) = if act == "step" { (rest, "") } else { ("", rest) };
        let fields = fields.split_whitespace();
        found.entry(Right { role, relation, resource, act, step }).or_default().extend(fields);
    }
    found
}

/// Whether somebody of the role may do that in this relation, or in any.
fn lets(rights: &Rights<'_>, right: &Right<'_>, field: &str) -> bool {
    let everywhere = ["every row", "a new row"].map(|relation| Right { relation, ..right.clone() });
    let found = std::iter::once(right).chain(&everywhere).filter_map(|right| rights.get(right));
    found.into_iter().any(|fields| field.is_empty() || fields.contains(field))
}

impl Right<'_> {
    fn told(&self, what: &str, sign: char, fields: &[&str]) -> String {
        let Self { role, relation, resource, act, step } = self;
        let fields_told = fields.iter().map(|field| format!("{sign} {field}")).collect::<Vec<_>>().join(" ");
        let parts = [role, relation, resource, act, step, fields_told.as_str()];
        let line = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(BETWEEN);
        format!("{what}: {line}. {}", self.in_words(if sign == '+' { "may now" } else { "may no longer" }, fields))
    }

    /// `A user who is project.owner may now change priority of tasks.`
    fn in_words(&self, may: &str, fields: &[&str]) -> String {
        let Self { role, relation, resource, act, step } = self;
        let who = if *role == ANONYMOUS {
            "Somebody who is not logged in".to_owned()
        } else {
            format!("A{}", words::with_article(&words::words(role)).trim_start_matches('a'))
        };
        let (relation, row) = match relation.strip_prefix("as ") {
            Some(relation) => match relation.split_once(" where ") {
                Some((relation, row)) => (format!(" who is {relation}"), format!(" where {row}")),
                None => (format!(" who is {relation}"), String::new()),
            },
            None if relation.starts_with("where ") => (String::new(), format!(" {relation}")),
            None => (String::new(), String::new()),
        };
        let (fields, of) = (words::listed(fields), if fields.is_empty() { "" } else { " of " });
        let with = if of.is_empty() { String::new() } else { format!(" with {fields}") };
        let what = match *act {
            "read" => format!("read {fields}{of}{resource}"),
            "list" => format!("list {resource}{with}"),
            "show" => format!("be shown {fields}{of}{resource} inside other rows"),
            "history" => format!("read the history of {resource}{with}"),
            "update" => format!("change {fields}{of}{resource}"),
            "create" => format!("create {resource}{with}"),
            "register" => format!("register{with}"),
            "step" => format!("take {resource} from {}", step.replace(": ", " ").replace(" -> ", " to ")),
            other => format!("{other} {resource}"),
        };
        format!("{who}{relation} {may} {what}{row}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Comparison, Grant, Id, Kind, Literal, Path, Rule, Schema, Verb};

    const ADMIN: Rule = Rule::Role("admin");
    const OWNER: Rule = Rule::Related(Path::HERE.then("owner"));
    const OPEN: Rule =
        Rule::Compare { path: Path::HERE, field: "is_open", op: Comparison::Eq, value: Literal::Bool(true) };
    const ROLE: Column = Column {
        kind: Kind::Choice(&["user", "admin"]),
        write: Some(ADMIN),
        ..Column::new::<i64>("role", "role").hidden()
    };
    const USER: Schema =
        Schema::new("user", "users").account().registration(crate::schema::Registration::Closed).columns(&[ID, ROLE]);
    const ID: Column = Column::new::<Id<()>>("id", "id");
    const NOTE: Schema = Schema::new("note", "notes").columns(&[
        ID,
        Column { kind: Kind::Relation("user"), ..Column::new::<i64>("owner", "owner_id") }.hidden().read_only(),
        Column::new::<String>("text", "text"),
        Column::new::<bool>("is_open", "is_open"),
    ]);

    const fn notes(grants: &'static [Grant]) -> Schema {
        NOTE.grants(grants)
    }

    /// What is told when the declarations become these, of a file that says these lines.
    #[track_caller]
    fn check(note: &'static Schema, known: &str, expected: &[&str]) {
        let catalog = Catalog::link(vec![&USER, note].leak()).unwrap();
        let told = changes(&catalog, known).unwrap();
        let told: Vec<_> = told.iter().filter(|line| line.contains("notes")).map(String::as_str).collect();
        assert_eq!(told, expected);
    }

    #[test]
    fn what_widens_is_told_with_an_example() {
        const OWN: Schema =
            notes(&[Grant::new(Verb::Update, Rule::All(&[OWNER, OPEN])), Grant::new(Verb::Delete, OPEN)]);
        check(
            &OWN,
            "# a head\nuser · as owner where is_open is true · notes · update · text\n\
             user · where is_open is true · notes · delete\n\
             admin · as owner where is_open is true · notes · update · text is_open\nadmin · every row · notes · delete",
            &[
                "Wider: user · as owner where is_open is true · notes · update · + is_open. A user who is owner may now \
                 change is_open of notes where is_open is true.",
                "Narrower: admin · every row · notes · delete. An admin may no longer delete notes.",
            ],
        );
        check(
            &OWN,
            "user · as owner where is_open is true · notes · update · text is_open\n\
             admin · as owner where is_open is true · notes · update · text is_open gone",
            &[
                "Wider: admin · where is_open is true · notes · delete. An admin may now delete notes where is_open is true.",
                "Wider: user · where is_open is true · notes · delete. A user may now delete notes where is_open is true.",
            ],
        );
    }

    #[test]
    fn what_every_row_contains_is_no_change() {
        const ALL: Schema = notes(&[Grant::new(Verb::Read, Rule::Authenticated)]);
        const OWN: Schema = notes(&[Grant::new(Verb::Read, OWNER)]);
        let every =
            "user · every row · notes · read · id text is_open\nadmin · every row · notes · read · id text is_open";
        check(&ALL, every, &[]);
        check(&ALL, &format!("user · as owner · notes · read · id text is_open\n{every}"), &[]);
        check(
            &OWN,
            every,
            &[
                "Narrower: admin · every row · notes · read · - id - is_open - text. An admin may no longer read id, is_open \
                 and text of notes.",
                "Narrower: user · every row · notes · read · - id - is_open - text. A user may no longer read id, is_open \
                 and text of notes.",
            ],
        );
        check(
            &OWN,
            "user · as owner · notes · read · id text is_open\nadmin · as owner · notes · read · text",
            &[
                "Wider: admin · as owner · notes · read · + id + is_open. An admin who is owner may now read id and is_open of \
             notes.",
            ],
        );
    }

    #[test]
    fn each_act_is_said_as_one_says_it() {
        let said = |line: &str| {
            let rights = rights(std::iter::once(line));
            let (right, fields) = rights.into_iter().next().unwrap();
            right.in_words("may now", &fields.into_iter().collect::<Vec<_>>())
        };
        for (line, expected) in [
            (
                "anonymous · a new row · users · register · email",
                "Somebody who is not logged in may now register with email.",
            ),
            ("user · as owner · notes · create · text", "A user who is owner may now create notes with text."),
            ("user · every row · notes · list · id text", "A user may now list notes with id and text."),
            ("user · every row · users · show · id", "A user may now be shown id of users inside other rows."),
            ("admin · every row · notes · history · id", "An admin may now read the history of notes with id."),
            ("user · as owner · notes · restore", "A user who is owner may now restore notes."),
            (
                "user · as owner · notes · step · state: a -> b | c",
                "A user who is owner may now take notes from state a to b | c.",
            ),
        ] {
            assert_eq!(said(line), expected);
        }
    }
}
