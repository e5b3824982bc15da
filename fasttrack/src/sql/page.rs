//! A page of a list, by keyset: it costs the same however deep it lies.
//!
//! A position in a list is the sort keys of the last row seen. What comes after it is a union of ranges, each of which
//! is one stretch of an index: equal in the first keys and beyond in the next. (A single condition with OR, or a row
//! comparison, would not use the index for mixed directions and nulls.)

use super::{
    Predicate, Scope, Shape, Slot, Sql, Table, Template,
    dialect::{held, sort_key},
    filter::{self, write_rest},
    listed,
    search::Search,
    source::Source,
    text::{quote, text_literal},
    there::and_there,
};
use crate::{
    db::Arg,
    query::{self, Condition, SortKey},
    schema::Column,
};

/// What is asked for.
#[derive(Debug)]
pub struct PageQuery<'a> {
    /// The table.
    pub table: &'a Table,
    /// Column that has to hold [`Slot::Parent`], on a nested list.
    pub parent_key: Option<&'a str>,
    /// Who may see which rows.
    pub policy: &'a Predicate,
    /// What the client asked for.
    pub conditions: &'a [Condition],
    /// Whose words are to be found in these columns.
    pub search: Option<(&'a [&'static Column], &'a str)>,
    /// The order; the last key is unique.
    pub sort: &'a [SortKey],
    /// The sort keys of the last row seen.
    pub after: Option<&'a [Arg]>,
    /// Rows wanted; one more is looked for.
    pub limit: i64,
}

/// What stands between the rows of a page: JSON has no control character outside of escapes.
pub const SEPARATOR: u8 = 0x1E;

/// What stands between the sort keys of a row and what is shown of it.
pub const END_OF_KEYS: u8 = 0x1F;

/// The statement of a page: one cell with the rows as JSON, in order and with [`SEPARATOR`] between them, one more than
/// wanted where there are more; NULL for none. In the order of relevance each row begins with that, and a blank.
///
/// The rows are found by their keys alone, as far as an index has them, and only those of the page are read.
#[must_use]
pub fn page(query: &PageQuery<'_>) -> Template {
    page_shaped(query, &Shape::default(), false)
}

/// The same of rows that are shown otherwise. Where only some fields are, the sort keys of each stand before it, as an object
/// of JSON and with [`END_OF_KEYS`] behind them. Where it `counts`, a second cell says how many rows the whole list has.
///
/// The first slots are the keys in `after` that are not null, in their order; nothing of the text depends on their values.
#[must_use]
pub fn page_shaped(query: &PageQuery<'_>, shape: &Shape<'_>, counts: bool) -> Template {
    let mut sql = Sql::new(query.table.dialect, "SELECT ");
    let after = query.after.unwrap_or_default().iter();
    // Nothing is compared with null: a placeholder that the text does not mention would have no type.
    let value = |arg: &Arg| match arg {
        Arg::Null => String::new(),
        arg => sql.hold(Slot::Value(arg.clone())),
    };
    let after: Vec<_> = after.map(value).collect();
    let syntax = sql.dialect().sql();
    let order = sql.fragment(|sql| write_order(query, sql));
    let row = row(query, shape, &mut sql);
    let (join, order) = syntax.in_turn(&order);
    sql.push(&syntax.text(&syntax.joined(&row, SEPARATOR, order)));
    let ranges = query.after.map_or_else(|| vec![Vec::new()], |after| ranges(query.sort, after));
    let search = Search::of(query);
    let asks = |column| query::is_relevance(column);
    let is_ranked =
        query.sort.iter().any(|key| asks(key.column)) || query.conditions.iter().any(|one| asks(one.column));
    let ranked = search.as_ref().filter(|_| is_ranked);
    let relevance = ranked.map_or_else(|| "0".to_owned(), |search| sql.fragment(|sql| search.write_relevance(sql)));
    let rest = sql.fragment(|sql| write_rest(query, search.as_ref(), &relevance, sql));
    let parts = Parts { query, rest: &rest, relevance: &relevance, after: &after };
    let ids = filter::hold_ids(query, &mut sql);
    let sources = if query.parent_key.is_none() && ids.is_none() { Source::of(query.policy) } else { None };
    let listed = if sources.is_none() && ids.is_none() { listed::many(query, &mut sql) } else { None };
    let ways = match &ids {
        Some(ids) => vec![Way::Ids(ids)],
        None => ways(query, sources.as_deref(), listed.as_deref()),
    };
    if counts {
        sql.push(", (");
        parts.write_total(&ways, &mut sql);
        sql.push(")");
    }
    sql.push(" FROM (");
    // What is found in one of these ways may be found in another, too.
    let is_found_once = sources.as_ref().is_none_or(|sources| sources.len() == 1);
    let stretches: Vec<_> = ways.iter().flat_map(|way| ranges.iter().map(move |range| (way, range))).collect();
    // Those of one way follow each other in the order of the page.
    let order = if ways.len() == 1 { order.to_owned() } else { sql.fragment(|sql| write_order(query, sql)) };
    parts.write_stretches(&stretches, is_found_once, &order, &mut sql);
    let id = query.sort.len().saturating_sub(1);
    sql.push(&format!(") p {join} {} t ON t.\"id\" = p.k{id}", query.table.name));
    sql.finish()
}

/// A row of the page, as text.
fn row(query: &PageQuery<'_>, shape: &Shape<'_>, sql: &mut Sql) -> String {
    let (dialect, syntax) = (sql.dialect(), sql.dialect().sql());
    let shown = query.table.view.json(query.table, shape, sql);
    let relevance = query.sort.iter().position(SortKey::is_relevance);
    if relevance.is_none() && shape.fields.is_none() {
        return shown;
    }
    let mut parts = Vec::new();
    parts.extend(relevance.map(|position| format!("p.k{position} || ' '")));
    if shape.fields.is_some() {
        let columns = query.sort.iter().filter(|key| !key.is_relevance()).map(|key| key.column);
        let key =
            |column: &'static Column| (column.key, syntax.json_value(column.storage(), &held(dialect, column, "t")));
        parts.push(syntax.json_text(&syntax.json_object(&columns.map(key).collect::<Vec<_>>())));
        parts.push(text_literal(&char::from(END_OF_KEYS).to_string()));
    }
    parts.push(syntax.json_text(&shown));
    parts.join(" || ")
}

/// One end of a stretch of the order: how a sort key is to that of the last row seen.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Bound {
    Equal(usize),
    Beyond(usize, &'static str),
    IsNull(usize),
    IsNotNull(usize),
}

/// Where the rows of a stretch come from.
enum Way<'a> {
    /// The list, as far as the rule shows it.
    Table,
    /// What leads to the caller's rows, which comes in the order asked for.
    Source(&'a Source<'a>),
    /// The same in another order, unless very many lead to one.
    Few(&'a Source<'a>, &'a [Source<'a>]),
    /// The list, where very many lead to a row of it.
    Many(&'a [Source<'a>]),
    /// What an index over values leads to, unless this holds: that it is very many.
    Found(&'a str),
    /// The list, where that holds.
    Passed(&'a str),
    /// The rows of the list that have these ids.
    Ids(&'a str),
}

/// The ways in which all rows of a list are found.
fn ways<'a>(query: &PageQuery<'_>, sources: Option<&'a [Source<'a>]>, listed: Option<&'a str>) -> Vec<Way<'a>> {
    let Some(sources) = sources else {
        return listed.map_or_else(|| vec![Way::Table], |many| vec![Way::Found(many), Way::Passed(many)]);
    };
    let is_by_id = query.sort.len() == 1 && sources.iter().all(Source::is_by_id);
    if is_by_id {
        return sources.iter().map(Way::Source).collect();
    }
    sources.iter().map(|source| Way::Few(source, sources)).chain([Way::Many(sources)]).collect()
}

impl Way<'_> {
    const fn source(&self) -> Option<&Source<'_>> {
        match self {
            Self::Source(source) | Self::Few(source, _) => Some(source),
            Self::Table | Self::Many(_) | Self::Found(_) | Self::Passed(_) | Self::Ids(_) => None,
        }
    }

    /// Writes ` FROM … WHERE …`.
    fn write(&self, query: &PageQuery<'_>, sql: &mut Sql) {
        if let Some(source) = self.source() {
            return source.write(query.table, None, sql);
        }
        sql.push(" FROM ");
        if let Self::Ids(ids) = self {
            let syntax = sql.dialect().sql();
            let looked_up = syntax.looked_up(&query.table.name, "t.\"id\" = i.\"value\"");
            sql.push(&format!("({}) i{looked_up}", syntax.numbers(ids)));
        } else {
            sql.push(&query.table.name).push(" t WHERE ");
        }
        match query.parent_key {
            Some(key) => sql.push("t.").name(key).push(" = ").bind(Slot::Parent),
            None => sql.push("TRUE"),
        };
        sql.push(&and_there("t", query.table.deleted));
        if !query.policy.is_always() {
            sql.push(" AND ");
            let each = matches!(self, Self::Many(_) | Self::Ids(_));
            query.policy.write(sql, Scope { parent_key: query.parent_key, each, ..Scope::of("t") });
        }
    }

    /// What stands behind the conditions.
    fn end(&self, order: &str, limit: i64, sql: &mut Sql) -> String {
        let mut many = |sources| sql.fragment(|sql| Source::write_many(sources, sql));
        match self {
            Self::Table | Self::Source(_) | Self::Ids(_) => order.to_owned() + &limited(limit),
            Self::Few(_, sources) => {
                let few = format!("NOT {}", many(sources));
                sql.dialect().sql().gathered(&few, order, limit)
            }
            Self::Many(sources) => {
                let many = many(sources);
                sql.dialect().sql().walked(&many, order, limit)
            }
            Self::Found(many) => sql.dialect().sql().gathered(&format!("NOT {many}"), order, limit),
            Self::Passed(many) => sql.dialect().sql().walked(many, order, limit),
        }
    }
}

/// What the stretches have in common, written once: however many there are, each value is bound once.
struct Parts<'a> {
    query: &'a PageQuery<'a>,
    /// The conditions.
    rest: &'a str,
    /// How well a row fits what is searched for.
    relevance: &'a str,
    /// The sort keys of the last row seen.
    after: &'a [String],
}

/// The stretches that make up what comes after the keys `after`, in the order of the page: those come first that have most
/// keys in common with it.
fn ranges(sort: &[SortKey], after: &[Arg]) -> Vec<Vec<Bound>> {
    let equal = |position: usize, arg: &Arg| match arg {
        Arg::Null => Bound::IsNull(position),
        _ => Bound::Equal(position),
    };
    let mut ranges: Vec<Vec<Vec<Bound>>> = Vec::new();
    for (position, (key, value)) in sort.iter().zip(after).enumerate() {
        let prefix: Vec<_> = after.iter().enumerate().take(position).map(|(index, arg)| equal(index, arg)).collect();
        let mut beyond = Vec::new();
        let mut push = |bound| beyond.push(prefix.iter().copied().chain(std::iter::once(bound)).collect());
        match (key.descending, value) {
            (false, Arg::Null) => push(Bound::IsNotNull(position)),
            (true, Arg::Null) => {}
            (false, _) => push(Bound::Beyond(position, ">")),
            (true, _) => {
                push(Bound::Beyond(position, "<"));
                if key.column.nullable {
                    push(Bound::IsNull(position));
                }
            }
        }
        ranges.push(beyond);
    }
    ranges.into_iter().rev().flatten().collect()
}

impl Parts<'_> {
    fn key_expr(&self, key: &SortKey) -> String {
        if key.is_relevance() {
            return self.relevance.to_owned();
        }
        sort_key(key.column, &format!("t.{}", quote(key.column.key)))
    }

    fn write_stretches(&self, stretches: &[(&Way<'_>, &Vec<Bound>)], is_found_once: bool, order: &str, sql: &mut Sql) {
        if let [(way, range)] = stretches {
            return self.write_range(way, range, sql);
        }
        sql.join(if is_found_once { " UNION ALL " } else { " UNION " }, stretches, |sql, (way, range)| {
            sql.push("SELECT * FROM (");
            self.write_range(way, range, sql);
            sql.push(") s");
        });
        sql.push(order).push(&limited(self.query.limit + 1));
    }

    fn write_range(&self, way: &Way<'_>, range: &[Bound], sql: &mut Sql) {
        let query = self.query;
        if let Way::Source(source) = way
            && self.write_along(source, range, sql)
        {
            return;
        }
        sql.push(if way.source().is_some_and(Source::repeats) { "SELECT DISTINCT " } else { "SELECT " });
        sql.join(", ", query.sort.iter().enumerate(), |sql, (position, key)| {
            sql.push(&format!("{} AS k{position}", self.key_expr(key)));
        });
        way.write(query, sql);
        sql.push(self.rest);
        for bound in range {
            sql.push(" AND ");
            self.write_bound(*bound, sql);
        }
        // What is equal throughout the stretch is left out: the planner would sort by an expression that it does not know
        // to be constant.
        let constant = |position: usize| {
            range.iter().any(|bound| matches!(bound, Bound::Equal(at) | Bound::IsNull(at) if *at == position))
        };
        let order = sql.fragment(|sql| write_order_of(query, sql, |position| !constant(position)));
        let end = way.end(&order, query.limit + 1, sql);
        sql.push(&end);
    }

    /// How many rows there are in all of the list, each once in whatever ways it is found.
    fn write_total(&self, ways: &[Way<'_>], sql: &mut Sql) {
        let sources: Vec<_> = ways.iter().filter(|way| way.source().is_some()).collect();
        let [first, ..] = sources.as_slice() else {
            let way = ways.iter().find(|way| matches!(way, Way::Ids(_))).unwrap_or(&Way::Table);
            sql.push("SELECT count(*)");
            way.write(self.query, sql);
            sql.push(self.rest);
            return;
        };
        let repeats = sources.len() == 1 && first.source().is_some_and(Source::repeats);
        sql.push("SELECT count(*) FROM (").join(" UNION ", &sources, |sql, way| {
            sql.push(if repeats { "SELECT DISTINCT t.\"id\"" } else { "SELECT t.\"id\"" });
            way.write(self.query, sql);
            sql.push(self.rest);
        });
        sql.push(") c");
    }

    /// A stretch of what leads to the caller's rows, in the order of their ids.
    fn write_along(&self, source: &Source<'_>, range: &[Bound], sql: &mut Sql) -> bool {
        let (Some(id), Some(key)) = (source.id(), self.query.sort.first()) else { return false };
        let beyond = match (range, self.after) {
            ([Bound::Beyond(_, operator)], [value]) => Some((*operator, value.as_str())),
            _ => None,
        };
        let Some(along) = source.along(beyond, key.descending, sql) else { return false };
        sql.push(along.select).push(&id).push(" AS k0");
        source.write(self.query.table, Some(&along.condition), sql);
        sql.push(self.rest).push(&along.order).push(&limited(self.query.limit + 1));
        true
    }

    fn write_bound(&self, bound: Bound, sql: &mut Sql) {
        let (Bound::Equal(position)
        | Bound::Beyond(position, _)
        | Bound::IsNull(position)
        | Bound::IsNotNull(position)) = bound;
        let (Some(key), Some(value)) = (self.query.sort.get(position), self.after.get(position)) else { return };
        sql.push(&self.key_expr(key));
        match bound {
            Bound::Equal(_) => sql.push(" = ").push(value),
            Bound::Beyond(_, operator) => sql.push(&format!(" {operator} ")).push(value),
            Bound::IsNull(_) => sql.push(" IS NULL"),
            Bound::IsNotNull(_) => sql.push(" IS NOT NULL"),
        };
    }
}

fn write_order(query: &PageQuery<'_>, sql: &mut Sql) {
    write_order_of(query, sql, |_| true);
}

fn write_order_of(query: &PageQuery<'_>, sql: &mut Sql, takes_part: impl Fn(usize) -> bool) {
    sql.push(" ORDER BY ");
    let keys = query.sort.iter().enumerate().filter(|(position, _)| takes_part(*position));
    sql.join(", ", keys, |sql, (position, key)| {
        let key = sql.dialect().sql().order(&format!("k{position}"), key.column.nullable, key.descending);
        sql.push(&key);
    });
}

/// The limit is written out: bound, a statement might be prepared anew at every use, to plan for its value.
fn limited(limit: i64) -> String {
    format!(" LIMIT {limit}")
}
