//! What `q` finds: rows in which each of its words is a word, or the beginning of one, of any field that is looked into.
//! And how well: by the row and the words alone, since what other rows hold may be nobody's business.
//!
//! What is indexed is kept by the database itself; how, is its dialect's affair.

use super::{
    PageQuery, Sql, Table,
    definition::SearchDefinition,
    filter::{contained, write_like},
    text::quote,
};
use crate::{
    db::{Arg, Dialect},
    query,
    schema::{Column, Schema},
};

/// Characters of all fields of a row together that are looked into, each having the same part of them: the words of a row
/// take at most a megabyte in `PostgreSQL`.
const MAX_CHARS: usize = 200_000;

/// How many words make a difference to how well a row fits.
const MAX_RANKED: usize = 8;

/// How many groups of fields do: the first ones stand for themselves, the rest together.
const MAX_GROUPS: usize = 4;

/// What the index of words of a table is called.
pub(super) fn index_name(dialect: Dialect, plural: &str) -> String {
    dialect.schema().search_name(&format!("fasttrack_search_{plural}"))
}

/// What is looked into of a table.
pub(super) fn define(dialect: Dialect, schema: &'static Schema) -> Option<SearchDefinition> {
    let columns = looked_into(schema.columns);
    let columns: Vec<_> = columns.into_iter().map(str::to_owned).collect();
    (!columns.is_empty()).then(|| SearchDefinition { name: index_name(dialect, schema.plural), columns })
}

/// The keys of the searchable columns, in an order that does not change with that of the fields.
fn looked_into(columns: &'static [Column]) -> Vec<&'static str> {
    let mut keys: Vec<_> = columns.iter().filter(|column| column.search).map(|column| column.key).collect();
    keys.sort_unstable();
    keys
}

impl SearchDefinition {
    /// How many characters of each field are looked into.
    pub(super) fn max_chars(&self) -> usize {
        MAX_CHARS / self.columns.len().max(1)
    }

    /// Says the same of a column of another name.
    pub fn rename(&mut self, before: &str, name: &str) {
        self.columns.iter_mut().filter(|column| *column == before).for_each(|column| name.clone_into(column));
        self.columns.sort();
    }

    /// What it says, for people.
    #[must_use]
    pub fn words(&self, table: &str) -> String {
        let columns: Vec<_> = self.columns.iter().map(|column| format!("`{column}`")).collect();
        format!("{table}: words are found in {}", columns.join(", "))
    }
}

/// Words that are looked for.
pub(crate) struct Asked<'a> {
    /// The words, folded; each has to be found.
    pub(crate) words: &'a [String],
    /// The fields to find them in: the place of each among all that are looked into, and its key.
    pub(crate) fields: Vec<(usize, &'static str)>,
    /// Whether those are all.
    pub(crate) is_everywhere: bool,
    /// Whether it is no beginnings of words that they are.
    pub(crate) is_whole: bool,
}

/// A search, as a page asks it.
pub(super) struct Search<'a> {
    table: &'a Table,
    columns: &'a [&'static Column],
    text: &'a str,
    words: Vec<String>,
}

impl<'a> Search<'a> {
    pub(super) fn of(query: &PageQuery<'a>) -> Option<Self> {
        let (columns, text) = query.search?;
        let mut words: Vec<String> = Vec::new();
        for word in query::words(text) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        Some(Self { table: query.table, columns, text, words })
    }

    /// Which rows `t` are found. A text without a word is looked for as it stands, as nothing else could be meant.
    pub(super) fn write(&self, sql: &mut Sql) {
        if self.words.is_empty() {
            let pattern = sql.fragment(|sql| _ = sql.value(contained(self.text)));
            sql.push("(");
            sql.combine(" OR ", self.columns, &mut |sql, column| write_like(column, &pattern, sql));
            sql.push(")");
        } else {
            self.write_found(&self.words, self.columns, false, sql);
        }
    }

    /// How well a row `t` that is found fits, as a number: of each word the best place where it is. An earlier field
    /// is a better place than a later one, and a whole word better than the beginning of one.
    pub(super) fn write_relevance(&self, sql: &mut Sql) {
        let groups = self.groups();
        let last = groups.len().saturating_sub(1);
        sql.push("(");
        sql.join(" + ", self.words.iter().take(MAX_RANKED), |sql, word| {
            sql.push("CASE");
            for (place, columns) in groups.iter().enumerate() {
                let best = 2 * (groups.len() - place);
                for (is_whole, worth) in [(true, best), (false, best - 1)] {
                    // It is found somewhere.
                    if place < last || is_whole {
                        sql.push(" WHEN ");
                        self.write_found(std::slice::from_ref(word), columns, is_whole, sql);
                        sql.push(&format!(" THEN {worth}"));
                    }
                }
            }
            sql.push(" ELSE 1 END");
        });
        sql.push(if self.words.is_empty() { "0)" } else { ")" });
    }

    fn groups(&self) -> Vec<&'a [&'static Column]> {
        let alone = if self.columns.len() > MAX_GROUPS { MAX_GROUPS - 1 } else { self.columns.len() };
        let (first, rest) = self.columns.split_at_checked(alone).unwrap_or((self.columns, &[]));
        first.chunks(1).chain((!rest.is_empty()).then_some(rest)).collect()
    }

    fn write_found(&self, words: &[String], columns: &[&'static Column], is_whole: bool, sql: &mut Sql) {
        let all = looked_into(self.table.columns);
        let place = |column: &&'static Column| Some((all.binary_search(&column.key).ok()?, column.key));
        let fields: Vec<_> = columns.iter().filter_map(place).collect();
        let asked = Asked { words, is_everywhere: fields.len() == all.len(), fields, is_whole };
        let syntax = sql.dialect().sql();
        let words = sql.fragment(|sql| _ = sql.value(Arg::Text(syntax.asked(&asked))));
        sql.push(&syntax.is_found(&quote(&self.table.search), &words));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        schema::Kind,
        sql::{Predicate, Values, page},
    };

    static NOTES: Schema = Schema::new("note", "notes").columns(&[
        Column { kind: Kind::Id, ..Column::new::<i64>("id", "id") },
        Column::new::<String>("title", "title").search(),
        Column::new::<String>("body", "body").search(),
    ]);

    /// The statement of a search for this in these fields, best first.
    fn statement(dialect: Dialect, fields: &[usize], text: &str) -> crate::db::Statement {
        let columns: Vec<_> = fields.iter().map(|field| &NOTES.columns[*field]).collect();
        let sort = [
            query::SortKey { column: &query::RELEVANCE, descending: true },
            query::SortKey { column: &NOTES.columns[0], descending: true },
        ];
        let query = PageQuery {
            table: &Table::new(dialect, &NOTES),
            parent_key: None,
            policy: &Predicate::Always,
            conditions: &[],
            search: Some((&columns, text)),
            sort: &sort,
            after: None,
            limit: 20,
        };
        page(&query).fill(Values::default())
    }

    #[track_caller]
    fn check(dialect: Dialect, fields: &[usize], text: &str, asked: &[&str]) {
        let statement = statement(dialect, fields, text);
        let asked: Vec<_> = asked.iter().map(|text| Arg::Text((*text).to_owned())).collect();
        assert_eq!(statement.args, asked, "{}", statement.sql);
    }

    #[test]
    fn words_are_asked_in_the_language_of_each_database() {
        let e = [r#"{"in_title"} : ("e")"#, r#"{"in_title"} : ("e" *)"#, r#"{"in_body"} : ("e")"#];
        let or = [r#"{"in_title"} : ("or")"#, r#"{"in_title"} : ("or" *)"#, r#"{"in_body"} : ("or")"#];
        let both = [r#""e" * AND "or" *"#];
        check(Dialect::Sqlite, &[1, 2], "É* \"or\" É", &[e.as_slice(), &or, &both].concat());
        check(Dialect::Sqlite, &[2], "x", &[r#"{"in_body"} : ("x")"#, r#"{"in_body"} : ("x" *)"#]);
        check(Dialect::Postgres, &[1, 2], "é!", &["('Be')", "('Be':*)", "('Ae')", "('Be':* | 'Ae':*)"]);
        check(Dialect::Postgres, &[2], "x & y", &["('Ax')", "('Ay')", "('Ax':*) & ('Ay':*)"]);
    }

    #[test]
    fn a_text_without_a_word_is_looked_for_as_it_stands() {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            check(dialect, &[1, 2], "%\" *", &["%\\%\" *%"]);
        }
    }
}
