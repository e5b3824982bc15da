//! `GET` on a collection: one page, by keyset.

use memchr::{memchr, memchr_iter};

use super::{
    Pipeline,
    engine::Engine,
    expand::Shown,
    pages::Pages,
    refusal,
    verdict::{Executor, may_read_parent},
};
use crate::{
    db::{Arg, DbError, Statement},
    decimal::Fixed,
    error::Error,
    principal::Principal,
    query::{self, Condition, CursorKey, CursorScope, ListQuery, Position, Test},
    schema::{Column, Comparison, Verb},
    sql::{self, CallerRole, Known, Leaf, PageQuery, Predicate, Scope, Shape, Sql, Table, Values},
    types::{Order, Storage},
    wire::{Node, Object, Params},
};

/// A page is one value, and the database has none above a gigabyte.
pub(super) fn refuse(error: DbError) -> Error {
    match error {
        DbError::TooLarge => Error::fault("limit", "too_large", "the rows are too large together; ask for fewer"),
        other => other.into(),
    }
}

/// One request for a list.
pub(super) struct Listing<'a> {
    pub(super) engine: &'a Engine,
    policy: &'a Predicate,
    /// The table, of whose rows is shown what the caller is shown.
    pub(super) table: &'a Table,
    parent: Option<i64>,
    who: &'a Principal,
    pub(super) query: ListQuery,
    /// What is shown of the rows.
    pub(super) shape: Shape<'a>,
    /// Rows that a statement finds at most, but for one more.
    pub(super) rows: i64,
    pages: &'a Pages,
}

/// The rows of a page that was found.
pub(super) fn rows_of(page: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = memchr_iter(sql::SEPARATOR, page).chain([page.len()]);
    ends.scan(0, |start, end| page.get(std::mem::replace(start, end + 1)..end))
}

impl Pipeline {
    /// A page as JSON: `items`, `next_cursor`, `has_more`.
    ///
    /// # Errors
    /// 400 for a cursor that is none, 401, 403, 404 (the parent), 422 for parameters, 503.
    pub async fn list(
        &self,
        resource: usize,
        parent: Option<i64>,
        who: &Principal,
        params: Params,
    ) -> Result<Vec<u8>, Error> {
        let listing = self.listing(resource, parent, who, params)?;
        let after = match &listing.query.cursor {
            Some(cursor) => Some(self.open(&listing, cursor).await?),
            None => None,
        };
        let statement = listing.statement(&listing.query.conditions, after.as_deref());
        let found = if listing.is_slow() { self.db.search(statement).await } else { self.db.read(statement).await };
        let mut found = found.map_err(refuse)?.into_iter().next().unwrap_or_default();
        let total = found.int(1);
        let Some(page) = found.take_bytes(0) else {
            self.check_list_is_open(&listing).await?;
            return self.render(&listing, &[], total);
        };
        let rows: Vec<&[u8]> = rows_of(&page).collect();
        self.render(&listing, &rows, total)
    }

    /// What is asked of a list, where the caller may ask it.
    ///
    /// # Errors
    /// 401, 403, 422 for parameters.
    pub(super) fn listing<'a>(
        &'a self,
        resource: usize,
        parent: Option<i64>,
        who: &'a Principal,
        mut params: Params,
    ) -> Result<Listing<'a>, Error> {
        let engine = self.engine(resource)?;
        let shape = self.take_shape(resource, None, who, &mut params);
        let plan = engine.plan(CallerRole::of(who)).filter(|plan| !plan.list.is_never());
        let Some(plan) = plan else {
            return Err(refusal::forbidden_all(who, Verb::List, engine.schema));
        };
        let (policy, table) = (&plan.list, &plan.table);
        let query = query::parse_shown(engine.schema, &|column| table.view.shows(column), params)?;
        let shown = Shown { resource, plan, known: policy, oneself: false, reads_only: who.reads_only() };
        let shape = self.shape(CallerRole::of(who), &shown, &shape)?;
        let rows = query.size.rows();
        Ok(Listing { engine, policy, table, parent, who, query, shape, rows, pages: &plan.pages })
    }

    /// The sort keys that a cursor stands for.
    async fn open(&self, listing: &Listing<'_>, cursor: &str) -> Result<Vec<Arg>, Error> {
        let key = &self.options.cursor_key;
        match key.open(listing.scope(), cursor) {
            Some(Position::Keys(keys)) if keys.len() == listing.query.sort.len() => Ok(keys),
            Some(Position::Row { id, digest, start }) => {
                let rows = self.db.read(listing.row_statement(id)).await?;
                let row = rows.into_iter().next().and_then(|mut row| row.take_bytes(0));
                let keys = row.map(|row| listing.keys(&row)).transpose()?;
                match keys.filter(|keys| key.is_digest(keys, &digest)) {
                    Some(keys) => Ok(keys),
                    None => self.go_on_from(listing, start).await,
                }
            }
            _ => Err(Error::Malformed(
                "this cursor was not issued for this list with these filters and this order".into(),
            )),
        }
    }

    /// The row at which a page ended is gone, and its keys were cut. What is left of them tells where to go on unless other
    /// rows begin alike: then nobody can say which of them were seen.
    async fn go_on_from(&self, listing: &Listing<'_>, start: Vec<Arg>) -> Result<Vec<Arg>, Error> {
        let mut alike = listing.query.conditions.clone();
        for (position, (key, value)) in listing.query.sort.iter().zip(&start).enumerate() {
            let test = match value {
                Arg::Null => Test::Null(true),
                Arg::Text(text) if position + 1 == start.len() => {
                    alike.push(Condition { column: key.column, test: Test::Compare(Comparison::Ge, value.clone()) });
                    Test::Compare(Comparison::Le, Arg::Text(format!("{text}{}", "\u{10FFFF}".repeat(4))))
                }
                value => Test::Compare(Comparison::Eq, value.clone()),
            };
            alike.push(Condition { column: key.column, test });
        }
        let found = self.db.read(listing.statement(&alike, None)).await?;
        if found.first().is_some_and(|row| row.text(0).is_some()) {
            return Err(Error::Malformed(
                "the row at which this cursor stood has changed; start the list again".into(),
            ));
        }
        Ok(start)
    }

    /// An empty page may mean that there is no such parent, or that none of its rows could ever be seen.
    pub(super) async fn check_list_is_open(&self, listing: &Listing<'_>) -> Result<(), Error> {
        let (Some(above), Some(id)) = (&listing.engine.parent, listing.parent) else { return Ok(()) };
        let statement = listing.parent_statement(above.key, &above.table);
        let rows = self.db.read(statement).await?;
        let Some(row) = rows.first() else { return Err(refusal::not_found(above.schema, id)) };
        if row.int(0) == Some(1) || row.int(1) == Some(1) {
            return Ok(());
        }
        if above.schema.conceal && !may_read_parent(listing.engine, id, listing.who, Executor::Db(&self.db)).await? {
            return Err(refusal::not_found(above.schema, id));
        }
        Err(refusal::forbidden_all(listing.who, Verb::List, listing.engine.schema))
    }

    /// Puts a page together from the rows found, of which there is one more than wanted where there are more, and from how
    /// many there are in all, where that was counted.
    fn render(&self, listing: &Listing<'_>, rows: &[&[u8]], total: Option<i64>) -> Result<Vec<u8>, Error> {
        let wanted = usize::try_from(listing.rows).unwrap_or_default();
        let shown = rows.get(..wanted).unwrap_or(rows);
        let mut page =
            Vec::with_capacity(64 + CursorKey::MAX_CHARS + shown.iter().map(|row| row.len() + 1).sum::<usize>());
        page.extend(b"{\"items\":[");
        let items: Vec<_> = shown.iter().map(|row| listing.taken_apart(row).2).collect();
        page.extend(items.join(&b','));
        match shown.last().filter(|_| rows.len() > wanted) {
            Some(last) => {
                let keys = listing.keys(last)?;
                let Some(Arg::Int(id)) = keys.last() else {
                    return Err(Error::Internal("the order of a page does not end with an id".into()));
                };
                page.extend(b"],\"next_cursor\":\"");
                page.extend(self.options.cursor_key.seal(listing.scope(), &keys, *id).as_bytes());
                page.extend(b"\",\"has_more\":true");
            }
            None => page.extend(b"],\"next_cursor\":null,\"has_more\":false"),
        }
        page.extend(total.map(|total| format!(",\"total\":{total}")).unwrap_or_default().as_bytes());
        page.push(b'}');
        Ok(page)
    }
}

impl Listing<'_> {
    fn scope(&self) -> CursorScope<'_> {
        CursorScope {
            caller: self.who.caller().map_or(0, |caller| caller.id),
            list: self.engine.schema.plural,
            parent: self.parent.unwrap_or_default(),
            query: &self.query.canonical,
        }
    }

    fn values(&self) -> Values {
        Values { parent: self.parent, caller: self.who.caller().map(|caller| caller.id), ..Values::default() }
    }

    /// Whether a condition looks into every row, as a search does.
    fn scans(&self) -> bool {
        let syntax = self.table.dialect.schema();
        self.query.conditions.iter().any(|Condition { column, test }| match test {
            Test::Contains(_) => true,
            Test::Has(_) => column.is_stored() && syntax.list_key(column.key).is_none(),
            _ => false,
        })
    }

    /// Whether it may take long: a search, and whatever looks into rows beyond those of the page.
    pub(super) fn is_slow(&self) -> bool {
        self.query.search.is_some() || self.query.count || self.scans()
    }

    /// What finds the rows after those keys of which these conditions hold.
    pub(super) fn statement(&self, conditions: &[Condition], after: Option<&[Arg]>) -> Statement {
        let is_plain =
            conditions.is_empty() && self.query.search.is_none() && !self.query.count && self.shape.is_plain();
        if !is_plain {
            return self.page((self.policy, self.query.count), conditions, after);
        }
        let page = self.asked((self.policy, &[]), conditions, after);
        let after = after.unwrap_or_default().iter().filter(|arg| **arg != Arg::Null).cloned();
        self.pages.find(&page).fill_after(after.collect(), self.values())
    }

    fn page(&self, (policy, counts): (&Predicate, bool), conditions: &[Condition], after: Option<&[Arg]>) -> Statement {
        let searchable = query::searchable(self.engine.schema);
        let columns: Vec<&'static Column> = searchable.filter(|column| self.table.view.shows(column)).collect();
        let page = self.asked((policy, &columns), conditions, after);
        sql::page_shaped(&page, &self.shape, counts).fill(self.values())
    }

    fn asked<'q>(
        &'q self,
        (policy, searched): (&'q Predicate, &'q [&'static Column]),
        conditions: &'q [Condition],
        after: Option<&'q [Arg]>,
    ) -> PageQuery<'q> {
        PageQuery {
            table: self.table,
            parent_key: self.engine.parent.as_ref().map(|parent| parent.key),
            policy,
            conditions,
            search: self.query.search.as_deref().map(|text| (searched, text)),
            sort: &self.query.sort,
            after,
            limit: self.rows,
        }
    }

    /// One row if the parent exists: whether the rule holds for what depends on the parent alone, and whether it could
    /// hold for some row.
    fn parent_statement(&self, key: &str, table: &Table) -> Statement {
        let hangs_on_parent = |leaf: &Leaf| leaf.column() == key || matches!(leaf, Leaf::OfCaller { .. });
        let decided =
            |known: Known| self.policy.decide(true, &|leaf| if hangs_on_parent(leaf) { Known::Open } else { known });
        let scope = Scope { parent_key: Some(key), ..Scope::of("t") };
        let mut sql = Sql::new(self.engine.table.dialect, "SELECT ");
        decided(Known::Refused).write(&mut sql, scope);
        sql.push(", ");
        decided(Known::Granted).write(&mut sql, scope);
        sql.push(" FROM ").push(&table.name).push(" t WHERE t.\"id\" = ").bind(sql::Slot::Parent);
        sql.push(&sql::and_there("t", table.deleted));
        sql.finish().fill(self.values())
    }

    /// One row, whoever may see it; where its relevance is asked for, as a page has it.
    fn row_statement(&self, id: i64) -> Statement {
        if let Some(key) = self.query.sort.last().filter(|_| self.is_ranked()) {
            let test = Test::Compare(Comparison::Eq, Arg::Int(id));
            let is_it = [Condition { column: key.column, test }];
            return self.page((&Predicate::Always, false), &is_it, None);
        }
        let values = Values { id: Some(id), ..Values::default() };
        sql::read(&self.engine.table, &Predicate::Always).fill(values)
    }

    fn is_ranked(&self) -> bool {
        self.query.sort.iter().any(query::SortKey::is_relevance)
    }

    /// How well a row of a page fits what is searched for, where that is asked for; the JSON that has its sort keys; and that
    /// which is shown.
    pub(super) fn taken_apart<'r>(&self, row: &'r [u8]) -> (Option<i64>, &'r [u8], &'r [u8]) {
        let (mut relevance, mut row) = (None, row);
        if self.is_ranked() {
            let end = row.iter().position(|byte| *byte == b' ').unwrap_or_default();
            let (digits, rest) = row.split_at_checked(end).unwrap_or((&[], row));
            relevance = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
            row = rest.strip_prefix(b" ").unwrap_or(rest);
        }
        let end_of_keys = memchr(sql::END_OF_KEYS, row).unwrap_or(row.len());
        let (keys, shown) = row.split_at_checked(end_of_keys).unwrap_or((row, &[]));
        (relevance, keys, shown.get(1..).unwrap_or(keys))
    }

    /// The sort keys of a row.
    pub(super) fn keys(&self, row: &[u8]) -> Result<Vec<Arg>, Error> {
        let (relevance, keys, _) = self.taken_apart(row);
        let row = Object::parse(keys)?;
        let keys = self.query.sort.iter().map(|key| {
            if let Some(relevance) = relevance.filter(|_| key.is_relevance()) {
                return Ok(Arg::Int(relevance));
            }
            let member = row.members.iter().find(|(name, _)| name == key.column.key);
            let arg = member.and_then(|(_, node)| sort_key(key.column, node));
            arg.ok_or_else(|| Error::Internal(format!("a row of a page has no sort key {}", key.column.key)))
        });
        keys.collect()
    }
}

/// A value of a row's JSON as it sorts: a choice by its rank.
fn sort_key(column: &Column, node: &Node<'_>) -> Option<Arg> {
    Some(match (node, column.storage()) {
        (Node::Null, _) => Arg::Null,
        (Node::Text(word), _) if column.kind.facts().order == Order::Declared => {
            Arg::Int(i64::try_from(column.kind.words().iter().position(|other| other == word)?).ok()?)
        }
        (Node::Text(text), Storage::Decimal(scale)) => Arg::Decimal(Fixed::parse(text, scale).ok()?),
        (Node::Text(text), _) => Arg::Text(text.as_ref().to_owned()),
        (Node::Bool(value), _) => Arg::Int(i64::from(*value)),
        (Node::Number(number), Storage::Real) => Arg::Float(number.parse().ok()?),
        (Node::Number(number), _) => Arg::Int(number.parse().ok()?),
        (Node::Array(_) | Node::Object(_), _) => return None,
    })
}
