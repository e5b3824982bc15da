//! How many rows refer to the same, counted along the index of the relation and no further than there is need to.

use super::{Sql, Template, text::quote, there::and_there};
use crate::{
    clock,
    db::{Arg, Dialect, Statement},
    schema::{Limit, Schema},
};

/// What counts: the rows of a resource that refer to one row.
#[derive(Debug, Clone, Copy)]
pub struct Counted<'a> {
    /// The resource.
    pub schema: &'a Schema,
    /// How many there may be.
    pub limit: &'a Limit,
    /// The row that they refer to.
    pub by: i64,
    /// The present, in microseconds.
    pub now_us: i64,
}

impl Counted<'_> {
    /// Waits until nobody else adds to what counts, and keeps others from it until the transaction ends; `None` where
    /// nobody else writes.
    #[must_use]
    pub fn lock(self, dialect: Dialect) -> Option<Statement> {
        let name = format!("{} {} {}", self.schema.plural, self.limit.per, self.by);
        Some(Statement::new(dialect.sql().lock_by_name()?, vec![Arg::Text(name)]))
    }

    /// One row: how many there are, as far as one more than there may be.
    #[must_use]
    pub fn count(self, dialect: Dialect) -> Statement {
        let mut sql = Sql::new(dialect, "SELECT count(*) FROM (SELECT 1");
        self.write_from(&mut sql);
        sql.push(&format!(" LIMIT {}) c", u64::from(self.limit.count) + 1));
        filled(&sql.finish())
    }

    /// One row, where as many count as may be without the row `except`: when the one was created that has to leave so that
    /// there is room for it.
    #[must_use]
    pub fn leaves(self, dialect: Dialect, except: i64) -> Option<Statement> {
        let created = self.schema.created()?;
        let mut sql = Sql::new(dialect, "SELECT ");
        let instant = dialect.sql().text(&dialect.sql().instant(&format!("t.{}", quote(created.key))));
        sql.push(&instant);
        self.write_from(&mut sql);
        sql.push(" AND t.\"id\" <> ").value(Arg::Int(except)).push(" ORDER BY t.").name(created.key);
        sql.push(&format!(" DESC LIMIT 1 OFFSET {}", self.limit.count.saturating_sub(1)));
        Some(filled(&sql.finish()))
    }

    fn write_from(self, sql: &mut Sql) {
        sql.push(" FROM ").name(self.schema.plural).push(" t WHERE t.").name(self.limit.per).push(" = ");
        sql.value(Arg::Int(self.by)).push(&and_there("t", self.schema.deleted_key()));
        if let (Some(within_us), Some(created)) = (self.limit.within_us, self.schema.created()) {
            let since = Arg::Text(clock::format_us(self.now_us.saturating_sub(within_us)));
            sql.push(" AND t.").name(created.key).push(" > ").value(since);
        }
    }
}

fn filled(template: &Template) -> Statement {
    template.fill(super::Values::default())
}
