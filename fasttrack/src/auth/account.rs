//! What authentication knows of the account's table: where the fields are that it needs.

use crate::{
    db::{Arg, DbError, Dialect, Row, Statement},
    schema::{Column, Kind, Schema},
};

/// Why an account cannot log in by its declaration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SetupError(String);

impl From<DbError> for SetupError {
    fn from(error: DbError) -> Self {
        Self(format!("the database does not tell of changes to accounts: {error}"))
    }
}

/// The table of the account.
#[derive(Debug, Clone, Copy)]
pub(super) struct AccountTable {
    dialect: Dialect,
    table: &'static str,
    email: &'static str,
    password: &'static str,
    role: Option<(&'static str, &'static [&'static str])>,
    is_active: Option<&'static str>,
    is_verified: Option<&'static str>,
    updated_at: Option<&'static str>,
}

/// An account as every request needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    /// The word of its role; empty, which no rule names, when there is none.
    pub(super) role: &'static str,
    /// Whether it exists and is not disabled.
    pub(super) is_active: bool,
    /// Another number after every change of the account.
    pub(super) version: u64,
}

/// An account as a mail to it needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Addressee {
    pub(super) address: String,
    pub(super) is_active: bool,
    /// Whether its address is confirmed; never, where it has no place for that.
    pub(super) is_verified: bool,
    pub(super) has_password: bool,
}

/// An account as a login needs it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) id: i64,
    pub(super) hash: String,
    pub(super) is_active: bool,
}

impl AccountTable {
    pub(super) fn of(dialect: Dialect, schema: &'static Schema) -> Result<Self, SetupError> {
        let find = |kind: Kind| schema.columns.iter().find(|column| column.kind == kind).map(|column| column.key);
        let need = |kind: Kind, name: &str| {
            find(kind).ok_or_else(|| SetupError(format!("the account `{}` has no field of type {name}", schema.name)))
        };
        let role = schema.column("role").and_then(|column| match column.kind {
            Kind::Choice(words) => Some((column.key, words)),
            _ => None,
        });
        let is_bool = |column: &&Column| column.kind == Kind::Bool;
        Ok(Self {
            dialect,
            table: schema.plural,
            email: need(Kind::Email, "Email")?,
            password: need(Kind::PasswordHash, "PasswordHash")?,
            role,
            is_active: schema.column("is_active").filter(is_bool).map(|column| column.key),
            is_verified: schema.verified().map(|column| column.key),
            updated_at: find(Kind::UpdatedAt),
        })
    }

    /// `is_active, role` of one account.
    pub(super) fn select_standing(&self, id: i64) -> Statement {
        let sql = format!(r#"SELECT {} FROM "{}" WHERE "id" = $1"#, self.standing(), self.table);
        Statement::new(sql, vec![Arg::Int(id)])
    }

    /// The same, if the account still has this hash, to keep it as it is until the transaction ends.
    pub(super) fn lock_standing_if(&self, id: i64, hash: &str) -> Statement {
        let Self { table, password, .. } = self;
        let (standing, lock) = (self.standing(), self.dialect.sql().lock(false));
        let sql = format!(r#"SELECT {standing} FROM "{table}" WHERE "id" = $1 AND "{password}" = $2{lock}"#);
        Statement::new(sql, vec![Arg::Int(id), Arg::Text(hash.into())])
    }

    /// `id, hash, is_active` by e-mail address, along the index that unique addresses have; a row of nothing where it is
    /// nobody's, since a row takes its time on the way.
    pub(super) fn select_by_email(&self, email: &str) -> Statement {
        let (select, table, column) = (self.select_credentials(), self.table, self.email);
        let sql = format!(r#"{select} FROM (SELECT 1) AS "one" LEFT JOIN "{table}" ON lower("{column}") = lower($1)"#);
        Statement::new(sql, vec![Arg::Text(email.into())])
    }

    /// `address, is_active, is_verified, has_password` by id, to keep the account as it is until the transaction ends.
    pub(super) fn lock_addressee(&self, id: i64) -> Statement {
        let Self { table, email, password, .. } = self;
        let (address, lock) = (self.dialect.sql().text(&format!(r#""{email}""#)), self.dialect.sql().lock(false));
        let verified = self.is_verified.map_or_else(|| "0".into(), |key| format!(r#""{key}""#));
        let active = self.active();
        let sql = format!(
            r#"SELECT {address}, {active}, {verified}, "{password}" <> '' FROM "{table}" WHERE "id" = $1{lock}"#
        );
        Statement::new(sql, vec![Arg::Int(id)])
    }

    /// Reads what [`Self::lock_addressee`] found.
    pub(super) fn addressee(row: &Row) -> Option<Addressee> {
        let holds = |place| row.int(place) == Some(1);
        let address = row.text(0)?.to_owned();
        Some(Addressee { address, is_active: holds(1), is_verified: holds(2), has_password: holds(3) })
    }

    /// `address` by id.
    pub(super) fn select_address(&self, id: i64) -> Statement {
        let address = self.dialect.sql().text(&format!(r#""{}""#, self.email));
        Statement::new(format!(r#"SELECT {address} FROM "{}" WHERE "id" = $1"#, self.table), vec![Arg::Int(id)])
    }

    /// `id, hash, is_active` by id.
    pub(super) fn select_by_id(&self, id: i64) -> Statement {
        let sql = format!(r#"{} FROM "{}" WHERE "id" = $1"#, self.select_credentials(), self.table);
        Statement::new(sql, vec![Arg::Int(id)])
    }

    /// Puts another hash of the same password in place; the account itself has not changed by that.
    pub(super) fn renew_hash(&self, id: i64, hash: String) -> Statement {
        let Self { table, password, .. } = self;
        let sql = format!(r#"UPDATE "{table}" SET "{password}" = $2 WHERE "id" = $1"#);
        Statement::new(sql, vec![Arg::Int(id), Arg::Text(hash)])
    }

    /// Puts the hash of another password in place.
    pub(super) fn change_hash(&self, id: i64, hash: String, now: String) -> Statement {
        let Self { table, password, .. } = self;
        let Some(updated_at) = self.updated_at else { return self.renew_hash(id, hash) };
        let later = self.dialect.sql().later(&format!(r#""{updated_at}""#), "$3");
        let sql = format!(r#"UPDATE "{table}" SET "{password}" = $2, "{updated_at}" = {later} WHERE "id" = $1"#);
        Statement::new(sql, vec![Arg::Int(id), Arg::Text(hash), Arg::Text(now)])
    }

    /// Reads what [`Self::select_standing`] found, as it was loaded at `version`.
    pub(super) fn account(&self, row: Option<&Row>, version: u64) -> Account {
        let word = row.and_then(|row| row.text(1));
        let words = self.role.map_or(&[][..], |(_, words)| words);
        let role = words.iter().find(|known| word == Some(**known)).copied().unwrap_or_default();
        Account { role, is_active: row.is_some_and(|row| row.int(0) == Some(1)), version }
    }

    fn standing(&self) -> String {
        let role = self.role.map_or_else(|| "NULL".into(), |(key, _)| self.dialect.sql().text(&format!(r#""{key}""#)));
        format!("{}, {role}", self.active())
    }

    fn select_credentials(&self) -> String {
        let password = self.dialect.sql().text(&format!(r#""{}""#, self.password));
        format!(r#"SELECT "id", {password}, {}"#, self.active())
    }

    fn active(&self) -> String {
        self.is_active.map_or_else(|| "1".into(), |key| format!(r#""{key}""#))
    }
}

impl Credentials {
    /// Reads what the statements by e-mail address or id found.
    pub(super) fn of(row: &Row) -> Option<Self> {
        Some(Self {
            id: row.int(0)?,
            hash: row.text(1).unwrap_or_default().to_owned(),
            is_active: row.int(2) == Some(1),
        })
    }

    /// The hash to compare a password with; none when the account has no password.
    pub(super) fn hash(&self) -> Option<String> {
        Some(self.hash.clone()).filter(|hash| !hash.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        db::Cell,
        schema::{Email, FieldType, PasswordHash},
    };

    struct Role;

    impl FieldType for Role {
        const KIND: Kind = Kind::Choice(&["user", "admin"]);
    }

    static FULL: Schema = Schema::new("user", "users").columns(&[
        Column::new::<Email>("email", "email"),
        Column::new::<PasswordHash>("password", "password"),
        Column::new::<Role>("role", "role"),
        Column::new::<bool>("is_active", "is_active"),
    ]);
    static BARE: Schema = Schema::new("person", "people")
        .columns(&[Column::new::<Email>("mail", "mail"), Column::new::<PasswordHash>("secret", "secret")]);
    static NO_PASSWORD: Schema = Schema::new("user", "users").columns(&[Column::new::<Email>("email", "email")]);

    #[test]
    fn fields_are_found_by_their_kind() {
        let table = AccountTable::of(Dialect::Sqlite, &BARE).unwrap();
        assert_eq!(table.select_standing(1).sql, r#"SELECT 1, NULL FROM "people" WHERE "id" = $1"#);
        assert_eq!(
            table.select_by_email("a@b.c").sql,
            r#"SELECT "id", CAST("secret" AS BLOB), 1 FROM (SELECT 1) AS "one" LEFT JOIN "people" ON lower("mail") = lower($1)"#
        );
        let error = AccountTable::of(Dialect::Sqlite, &NO_PASSWORD).unwrap_err();
        assert_eq!(error.to_string(), "the account `user` has no field of type PasswordHash");
    }

    #[test]
    fn a_row_becomes_an_account() {
        let table = AccountTable::of(Dialect::Sqlite, &FULL).unwrap();
        let row = |active: i64, role: &str| Row(vec![Cell::Int(active), Cell::Bytes(role.into())]);
        for (row, role, is_active) in [
            (Some(row(1, "admin")), "admin", true),
            (Some(row(1, "user")), "user", true),
            (Some(row(0, "admin")), "admin", false),
            (Some(row(1, "root")), "", true),
            (Some(Row(vec![Cell::Int(1), Cell::Null])), "", true),
            (Some(Row(vec![Cell::Null, Cell::Bytes(b"user".to_vec())])), "user", false),
            (None, "", false),
        ] {
            assert_eq!(table.account(row.as_ref(), 3), Account { role, is_active, version: 3 }, "{row:?}");
        }
    }
}
