//! `DeletedAt`, and what is said of rows that are deleted and kept.

use super::{accept, check, expand, task};

const DELETED: &str = "pub deleted_at: DeletedAt,";

/// A task that is kept when it is deleted, with these attributes and fields besides.
fn kept(attributes: &str, fields: &str) -> String {
    task("", attributes, &format!("{DELETED} {fields}"))
}

#[test]
fn deleted_rows_can_be_kept() {
    accept(&kept("#[can(restore: project.owner)]", ""));
    accept(&kept("#[on(restored, deleted => moved { title: title } to assignee)]", ""));
    accept(&task("keep_deleted = 30d", "", DELETED));
    accept(&task("keep_deleted = 90s, conceal", "", "pub gone: DeletedAt,"));
    let (tokens, _) = expand(&task("keep_deleted = 2h", "", DELETED));
    assert!(tokens.to_string().contains("keep_deleted (7200000000i64)"), "{tokens}");
}

#[test]
fn what_is_said_of_deleted_rows_needs_some() {
    let add = "deleted rows are not kept; add `pub deleted_at: DeletedAt`";
    check(&task("keep_deleted = 30d", "", ""), "keep_deleted", add);
    check(&task("", "#[can(restore: assignee)]", ""), "restore", add);
    check(&task("", "#[on(restored => back to assignee)]", ""), "restored", add);
}

#[test]
fn the_instant_is_the_servers_alone() {
    for (field, token, words) in [
        ("#[field(default)] pub x: DeletedAt,", "default", "is without meaning on `DeletedAt`"),
        ("#[field(filter)] pub x: DeletedAt,", "filter", "is without meaning on `DeletedAt`"),
        ("#[field(sort)] pub x: DeletedAt,", "sort", "is without meaning on `DeletedAt`"),
        ("pub x: Option<DeletedAt>,", "Option<DeletedAt>", "this cannot be null; take the `Option` away"),
        ("pub x: DeletedAt, pub y: DeletedAt,", "y", "there is a `DeletedAt` already"),
    ] {
        check(&task("", "", field), token, words);
    }
    for (attribute, token, words) in [
        ("#[on(changed(deleted_at) => x to assignee)]", "deleted_at", "is set when a row is `deleted`"),
        ("#[on(at(deleted_at + 1d) => x to assignee)]", "deleted_at", "`#[resource(keep_deleted = 30d)]` erases"),
        ("#[on(restored => x { was: old.title } to assignee)]", "old", "it comes back as it was"),
        ("#[unique(title, deleted_at)]", "deleted_at", "rows that are deleted do not count as it is"),
        ("#[can(update: deleted_at)]", "deleted_at", "does not say who may"),
        ("#[can(update: deleted_at < now)]", "now", "`deleted_at` is `DeletedAt`"),
        ("#[check(created_at < deleted_at)]", "deleted_at", "`DeletedAt`"),
    ] {
        check(&kept(attribute, ""), token, words);
    }
}

#[test]
fn a_history_is_for_somebody() {
    accept(&task("history", "", ""));
    accept(&task("history", "#[can(history: project.owner)]", ""));
    check(&task("", "#[can(history: assignee)]", ""), "history", "say `#[resource(history)]`");
    let unread = |attribute: &str| task("history", attribute, "").replace("#[can(read: authenticated)]", "");
    check(&unread("#[can(list: assignee)]"), "history", "nobody may read it; say who: `#[can(history: RULE)]`");
    accept(&unread("#[can(history: assignee)]"));
}

#[test]
fn how_long_is_said_in_words() {
    for (arguments, token, words) in [
        ("keep_deleted", "keep_deleted", "is written `keep_deleted = 30d`"),
        ("keep_deleted = 30", "30", "say in which unit: `30h`"),
        ("keep_deleted = 30w", "30w", "`w` is no unit of time"),
        ("keep_deleted = 0d", "0d", "that is no time; take `DeletedAt` away to keep nothing"),
        ("keep_deleted = \"30d\"", "\"30d\"", "say how long, in whole numbers: `keep_deleted = 30d`"),
        ("keep_deletd = 30d", "keep_deletd", "did you mean `keep_deleted`?"),
        ("keep_deleted = 1d, keep_deleted = 2d", "keep_deleted", "is said twice"),
    ] {
        check(&task(arguments, "", DELETED), token, words);
    }
}

#[test]
fn an_account_is_disabled() {
    let account = "#[resource(account)] #[can(read: self)] pub struct User {
        pub id: Id<User>,
        #[field(unique)] pub email: Email,
        #[field(hidden)] pub password: PasswordHash,
        #[field(default = User, read_only)] pub role: Role,
        #[field(default = true, read_only)] pub is_active: bool,
        pub deleted_at: DeletedAt,
    }";
    check(account, "deleted_at", "an account is disabled (`is_active`)");
}
