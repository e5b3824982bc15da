//! The one entity that can log in.

use super::{accept, check};

/// The fields of a sound account.
pub(super) const FIELDS: &str = "pub struct User {
    pub id: Id<User>,
    #[field(len = ..=255, unique)] pub email: Email,
    #[field(hidden)] pub password: PasswordHash,
    #[field(default = User, write = role(Admin))] pub role: Role,
    #[field(default = true, write = role(Admin))] pub is_active: bool,
}";

fn user(from: &str, to: &str) -> String {
    assert!(FIELDS.contains(from), "{from} is part of the account");
    format!("#[resource(account)] #[can(read: self | role(Admin))] {}", FIELDS.replace(from, to))
}

#[test]
fn logging_in_has_what_it_needs() {
    accept(&user("", ""));
    check(&user("pub email: Email", "pub email: String"), "account", "needs `pub email: Email`");
    check(&user("#[field(hidden)] pub password: PasswordHash,", ""), "account", "pub password: PasswordHash");
    check(&user("#[field(default = User, write = role(Admin))] pub role: Role,", ""), "account", "pub role: Role");
    check(
        &user("default = User, write = role(Admin))] pub role: Role", "len = ..=9)] pub role: String"),
        "role",
        "an enum",
    );
    check(&user("pub is_active: bool", "pub is_active: Option<bool>"), "is_active", "`pub is_active: bool`");
    check(&user("len = ..=255, unique", "len = ..=255"), "email", "add `unique`");
}

#[test]
fn nobody_raises_himself() {
    check(&user("default = User, write = role(Admin)", "default = User"), "role", "anybody could set his own `role`");
    check(&user("default = true, write = role(Admin)", "default = true"), "is_active", "anybody could set");
    check(&user("default = User, write", "write"), "role", "add `default = …`");
    for rule in ["self", "anyone", "authenticated", "role(Admin) | self", "!role(User)", "is_active == true"] {
        let open = format!("default = User, write = {rule}");
        check(&user("default = User, write = role(Admin)", &open), "write", "somebody without a role");
    }
    for rule in ["role(Admin) & self", "role(Admin) | role(Boss)", "role(Boss) & (self | authenticated)"] {
        accept(&user("default = User, write = role(Admin)", &format!("default = User, write = {rule}")));
    }
    check(&user("default = true, write = role(Admin)", "default = true, write = self"), "write", "somebody without");
    let named = |rule: &str| {
        let rule = format!("#[resource(account)] #[rule(chief: {rule})]");
        user("write = role(Admin))] pub role", "write = chief)] pub role").replace("#[resource(account)]", &rule)
    };
    accept(&named("role(Admin)"));
    check(&named("self"), "write", "somebody without a role");
    check(&user("default = User, write", "default = Admin, write"), "Admin", "may raise others");
    check(&named("role(User)"), "User", "may raise others");
}

#[test]
fn somebody_can_register() {
    let with = |field: &str| user("pub id: Id<User>,", &format!("pub id: Id<User>, {field},"));
    accept(&with("pub level: i64"));
    accept(&with("#[field(default, write = role(Admin))] pub level: i64"));
    accept(&with("#[field(write = role(Admin))] pub level: Option<i64>"));
    check(&with("#[field(write = role(Admin))] pub level: i64"), "write", "nobody could register");
    check(&with("#[field(actor, on_delete = restrict)] pub by: BelongsTo<User>"), "actor", "nobody could register");
    check(&with("#[field(on_delete = restrict)] pub by: BelongsTo<User>"), "by", "no row could be the first");
}

#[test]
fn who_makes_accounts_is_said_of_the_account() {
    let with = |account: &str, can: &str| {
        user("", "").replace("#[resource(account)]", &format!("#[resource({account})] {can}"))
    };
    let admin = "#[can(create: role(Admin))]";
    accept(&with("account(no_registration)", ""));
    accept(&with("account(no_registration)", admin));
    accept(&with("account(invite_only), history", admin));
    check(&with("account(invite_only)", ""), "invite_only", "nobody could be invited");
    check(&with("account(invite_only)", "#[can(create: anyone)]"), "invite_only", "could invite himself");
    check(&with("account(invited)", admin), "invited", "no option of an account");
    check(&with("account(invite_onyl)", admin), "invite_onyl", "did you mean `invite_only`?");
    check(&with("account(3)", admin), "3", "say who makes accounts");
}

#[test]
fn nobody_says_himself_that_his_address_is_confirmed() {
    let with = |field: &str| user("pub id: Id<User>,", &format!("pub id: Id<User>, {field},"));
    accept(&with("#[field(default = false, read_only)] pub email_verified: bool"));
    accept(&with("#[field(default, read_only)] pub email_verified: bool"));
    for field in [
        "pub email_verified: bool",
        "#[field(default = false)] pub email_verified: bool",
        "#[field(default = true, read_only)] pub email_verified: bool",
        "#[field(read_only)] pub email_verified: Option<bool>",
        "#[field(default = false, write = role(Admin))] pub email_verified: bool",
        "#[field(default = 0, read_only)] pub email_verified: i64",
    ] {
        check(&with(field), "email_verified", "not confirmed before a link");
    }
    check(&with("#[field(len = ..=9)] pub current_password: String"), "current_password", "name this one otherwise");
}
