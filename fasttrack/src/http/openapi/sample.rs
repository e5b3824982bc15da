//! Applications for tests: the reference application as its contract has it, and one that has whatever that one lacks.

use crate::schema::{
    Catalog, Change, Column, Comparison, Effect, File, FileField, Grant, Has, Kind, Literal, OnDelete, Path, Payload,
    RowVersion, Rule, Schema, Trigger, Verb,
};

const HERE: Path = Path::HERE;
const OWNER: Rule = Rule::Related(HERE.then("owner"));
const PROJECT_OWNER: Rule = Rule::Related(HERE.then("project").then("owner"));
const ASSIGNEE: Rule = Rule::Related(HERE.then("assignee"));
const AUTHOR: Rule = Rule::Related(HERE.then("author"));
const ADMIN: Rule = Rule::Role("admin");

const fn of_kind(name: &'static str, kind: Kind) -> Column {
    Column { kind, ..Column::new::<String>(name, name) }
}

const fn relation(name: &'static str, key: &'static str, target: &'static str) -> Column {
    Column { kind: Kind::Relation(target), ..Column::new::<i64>(name, key) }
}

const fn nullable(mut column: Column) -> Column {
    column.nullable = true;
    column
}

#[expect(clippy::large_types_passed_by_value, reason = "runs at compile time only")]
const fn grant(verb: Verb, rule: Rule) -> Grant {
    Grant { verb, rule }
}

const fn event(name: &'static str, change: Change, payload: &'static [Payload], to: &'static [Path]) -> Trigger {
    Trigger { change, effect: Effect::Event { name, payload, to, except_actor: false } }
}

const fn value(key: &'static str, row: RowVersion, path: Path, field: &'static str) -> Payload {
    Payload { key, row, path, field }
}

const ID: Column = of_kind("id", Kind::Id);
const CREATED_AT: Column = of_kind("created_at", Kind::CreatedAt).sort();
const UPDATED_AT: Column = of_kind("updated_at", Kind::UpdatedAt);

const USER: Schema = Schema::new("user", "users")
    .doc(" Somebody who can log in.")
    .account()
    .columns(&[
        ID,
        of_kind("email", Kind::Email).len(0, 255).unique().filter(&[]).sort().search().read(SELF_OR_ADMIN),
        of_kind("email_verified", Kind::Bool).default_value(Literal::Bool(false)).read_only().read(SELF_OR_ADMIN),
        of_kind("password", Kind::PasswordHash).hidden(),
        of_kind("display_name", Kind::Text).len(0, 100).default_empty().search(),
        of_kind("role", Kind::Choice(&["user", "admin"]))
            .default_value(Literal::Text("user"))
            .filter(&[])
            .write(ADMIN)
            .read(SELF_OR_ADMIN),
        of_kind("is_active", Kind::Bool)
            .default_value(Literal::Bool(true))
            .filter(&[])
            .write(ADMIN)
            .read(SELF_OR_ADMIN),
        CREATED_AT.read(SELF_OR_ADMIN),
        UPDATED_AT.read(SELF_OR_ADMIN),
    ])
    .grants(&[
        grant(Verb::List, ADMIN),
        grant(Verb::Read, ADMIN),
        grant(Verb::Update, ADMIN),
        grant(Verb::Show, Rule::Authenticated),
    ]);

const SELF_OR_ADMIN: Rule = Rule::Any(&[Rule::Oneself, ADMIN]);
const OWNER_OR_ADMIN: Rule = Rule::Any(&[OWNER, ADMIN]);

const PROJECT: Schema = Schema::new("project", "projects")
    .doc(" What tasks belong to.")
    .columns(&[
        ID,
        of_kind("name", Kind::Text).len(1, 200).sort().search(),
        of_kind("description", Kind::Text).len(0, 10_000).default_empty().search(),
        of_kind("status", Kind::Choice(&["active", "archived"])).default_value(Literal::Text("active")).filter(&[]),
        relation("owner", "owner_id", "user").actor().on_delete(OnDelete::Restrict),
        CREATED_AT.filter(&[]),
        UPDATED_AT.sort(),
    ])
    .grants(&[
        grant(Verb::Create, Rule::Authenticated),
        grant(Verb::List, OWNER_OR_ADMIN),
        grant(Verb::Read, OWNER_OR_ADMIN),
        grant(Verb::Update, OWNER_OR_ADMIN),
        grant(Verb::Delete, OWNER_OR_ADMIN),
    ]);

const MANAGER: Rule = Rule::Any(&[PROJECT_OWNER, ADMIN]);
const MEMBER: Rule = Rule::Any(&[PROJECT_OWNER, ASSIGNEE, ADMIN]);

const TASK: Schema = Schema::new("task", "tasks")
    .doc(" A unit of work inside a project.")
    .under("project")
    .columns(&[
        ID,
        of_kind("title", Kind::Text).doc(" Short summary, shown in lists.").len(1, 300).filter(&[]).sort().search(),
        of_kind("description", Kind::Text).len(0, 10_000).default_empty().search(),
        of_kind("status", Kind::Choice(&["todo", "in_progress", "done"]))
            .default_value(Literal::Text("todo"))
            .filter(&["task_status"])
            .sort(),
        of_kind("priority", Kind::Choice(&["low", "medium", "high"]))
            .default_value(Literal::Text("medium"))
            .filter(&[])
            .sort(),
        relation("project", "project_id", "project").write_once().on_delete(OnDelete::Cascade),
        nullable(relation("assignee", "assignee_id", "user").filter(&[]).on_delete(OnDelete::SetNull)),
        CREATED_AT.filter(&[]),
        UPDATED_AT.sort(),
    ])
    .named_rules(&[("member", MEMBER)])
    .grants(&[
        grant(Verb::Create, MANAGER),
        grant(Verb::List, MANAGER),
        grant(Verb::Read, MEMBER),
        grant(Verb::Update, MEMBER),
        grant(Verb::Delete, MANAGER),
    ])
    .triggers(&[
        event(
            "task_assigned",
            Change::Changed { field: "assignee" },
            &[value("project", RowVersion::New, HERE.then("project"), "name")],
            &[HERE.then("assignee")],
        ),
        event(
            "status_changed",
            Change::Changed { field: "status" },
            &[value("old", RowVersion::Old, HERE, "status"), value("new", RowVersion::New, HERE, "status")],
            &[HERE.then("project").then("owner")],
        ),
    ]);

const TASK_MEMBER: Rule = Rule::Named { path: HERE.then("task"), rule: "member" };

const COMMENT: Schema = Schema::new("comment", "comments")
    .doc(" What somebody says about a task.")
    .under("task")
    .columns(&[
        ID,
        of_kind("body", Kind::Text).len(1, 10_000).search(),
        relation("task", "task_id", "task").write_once().on_delete(OnDelete::Cascade),
        relation("author", "author_id", "user").actor().filter(&[]).on_delete(OnDelete::Restrict),
        CREATED_AT.filter(&[]),
    ])
    .grants(&[
        grant(Verb::Create, TASK_MEMBER),
        grant(Verb::List, TASK_MEMBER),
        grant(Verb::Delete, Rule::Any(&[AUTHOR, ADMIN])),
    ])
    .triggers(&[event(
        "comment_added",
        Change::Created,
        &[value("task_id", RowVersion::New, HERE, "task")],
        &[HERE.then("task").then("assignee")],
    )]);

/// A name that the document itself needs, every kind of column, and rules of every shape.
const PROBLEM: Schema = Schema::new("problem", "problems")
    .conceal()
    .columns(&[
        ID.filter(&[]),
        nullable(of_kind("note", Kind::Text).len(0, 20).filter(&["remark"]).sort()),
        of_kind("amount", Kind::Int).int_range(0, i64::MAX).default_empty().filter(&[]).sort(),
        nullable(of_kind("ratio", Kind::Float).float_range(0.0, 0.5).filter(&[]).sort()),
        of_kind("due", Kind::Date).filter(&[]).sort(),
        nullable(of_kind("done_at", Kind::Timestamp).filter(&[]).sort()),
        of_kind("extra", Kind::Json),
        nullable(of_kind("more", Kind::Json)),
        nullable(of_kind("level", Kind::Choice(&["low", "high"])).filter(&[]).sort()),
        of_kind("secret", Kind::Text).len(1, 10).hidden(),
        of_kind("serial", Kind::Int).default_value(Literal::Int(7)).read_only().unique(),
        of_kind("code", Kind::Text).len(3, 3).unique().write_once(),
        nullable(relation("task", "task_id", "task").filter(&[]).on_delete(OnDelete::Restrict)),
        Column::new::<Option<File>>("proof", "proof").file(&PROOF),
    ])
    .has(&[Has::new("notices", "notice", "problem").inline(1, 3), Has::new("hints", "hint", "about").inline(0, 9)])
    .named_rules(&[("counted", COUNTED)])
    .grants(&[
        grant(Verb::Create, Rule::Anyone),
        grant(Verb::List, Rule::Any(&[Rule::Authenticated, COUNTED])),
        grant(Verb::Read, Rule::All(&[Rule::Authenticated, COUNTED])),
        grant(Verb::Update, Rule::Named { path: HERE, rule: "counted" }),
        grant(Verb::Delete, Rule::Not(&Rule::Authenticated)),
    ]);

/// What it may have for a file.
const PROOF: FileField =
    FileField { plural: "problems", name: "proof", max_bytes: 1_000, types: &["image/png", "text/plain"] };

/// What comes along with a problem, and could come later.
const NOTICE: Schema = Schema::new("notice", "notices")
    .columns(&[
        ID,
        of_kind("text", Kind::Text).len(1, 20).unique(),
        relation("problem", "problem_id", "problem").on_delete(OnDelete::Cascade),
    ])
    .grants(&[
        grant(Verb::Create, Rule::Authenticated),
        grant(Verb::List, Rule::Authenticated),
        grant(Verb::Read, Rule::Authenticated),
    ]);

/// The same of what lies under it.
const HINT: Schema = Schema::new("hint", "hints")
    .under("about")
    .columns(&[
        ID,
        of_kind("text", Kind::Text).len(1, 20),
        relation("about", "about_id", "problem").write_once().on_delete(OnDelete::Cascade),
    ])
    .grants(&[
        grant(Verb::Create, ADMIN),
        grant(Verb::List, Rule::Authenticated),
        grant(Verb::Read, Rule::Authenticated),
    ]);

const COUNTED: Rule = Rule::Compare { path: HERE, field: "amount", op: Comparison::Gt, value: Literal::Int(0) };

/// The reference application, as its contract has it.
pub(super) fn tracker() -> Catalog {
    Catalog::link(&[&COMMENT, &PROJECT, &TASK, &USER]).unwrap()
}

/// The same, with a resource of every kind of column and rule.
pub(super) fn everything() -> Catalog {
    Catalog::link(&[&COMMENT, &HINT, &NOTICE, &PROBLEM, &PROJECT, &TASK, &USER]).unwrap()
}
