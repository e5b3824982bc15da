//! The index of words, over a column that the server computes of the others: nothing can be written past it. The words are
//! found by a function of ours, which does what the tokenizer of `SQLite` does: the parsers and dictionaries of the server
//! have opinions on hosts, hyphens and numbers, and what takes accents off is an extension.

use crate::sql::{
    definition::{SearchDefinition, TableDefinition},
    text::quote,
};

/// The column.
pub(in crate::sql) const WORDS_COLUMN: &str = "fasttrack_search";

/// What stands before a word, to tell in which of the fields that are looked into it is.
pub(in crate::sql) fn words_mark(place: usize) -> char {
    u32::try_from(place).ok().and_then(|place| char::from_u32(u32::from('A') + place)).unwrap_or(char::MAX)
}

/// What finds the words of several texts, each behind the mark of its text, which is `chr(64 + …)`: at most `max_chars` of
/// each, and of each word one character more than can be asked for.
///
/// Of text that is ASCII, and has no word to be cut, the server reads the words itself once nothing but blanks stands between
/// them, which takes less than half the time; what stands alone then, of a text that begins or ends with no word, is a mark. A
/// mark that is no letter could mean something to it.
/// In other text the characters that are taken for others are looked up once, since `translate` compares each with all; and
/// the tables are declared where they are needed, since each call copies them.
pub(super) const FUNCTION: &str = concat!(
    "CREATE OR REPLACE FUNCTION \"fasttrack_words\"(\"max_chars\" integer, \"texts\" text[]) RETURNS tsvector\n",
    r#"LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $body$ DECLARE
value text; mark integer := 64; found tsvector := '';
BEGIN
FOREACH value IN ARRAY "texts" LOOP
  mark := mark + 1;
  CONTINUE WHEN value IS NULL OR value = '';
  value := lower(left(value, "max_chars") COLLATE "C");
  IF mark < 91 AND octet_length(value) = length(value) AND (length(value) < 202 OR value !~ '[0-9a-z]{202}') THEN
    value := chr(mark) || regexp_replace(value, '[^0-9a-z]+', ' ' || chr(mark), 'g');
    found := found || ts_delete(value::tsvector, chr(mark));
    CONTINUE;
  END IF;
  DECLARE
"#,
    "folds constant text := ",
    include_str!("../../../../query/words/folds.sql"),
    ";\ndropped constant text := E",
    include_str!("../../../../query/words/dropped.sql"),
    ";\nletters constant text := ",
    include_str!("../../../../query/words/letters.sql"),
    r#";
known text; meant text; words text[];
  BEGIN
    IF octet_length(value) = length(value) THEN
      words := regexp_split_to_array(value, '[^0-9a-z]+');
    ELSE
      SELECT string_agg(s.c, '' ORDER BY s.c), string_agg(substr(folds, s.p + 1, 1), '' ORDER BY s.c) INTO known, meant
        FROM (SELECT d.c, strpos(folds, d.c) AS p FROM (SELECT DISTINCT u.c COLLATE "C" AS c
          FROM unnest(string_to_array(regexp_replace(value, '[\u0001-\u007F]+', '', 'g'), NULL)) AS u(c)) d) s
        WHERE s.p % 2 = 1;
      value := translate(value, concat(known, dropped), coalesce(meant, ''));
      words := regexp_split_to_array(value, '[^' || letters || ']+');
    END IF;
    found := found || array_to_tsvector(ARRAY(SELECT chr(mark) || left(w, 201) FROM unnest(words) AS w WHERE w <> ''));
  END;
END LOOP;
RETURN found;
END $body$"#
);

/// Adds the column, which computes it for the rows that are there, and its index.
pub(super) fn make(table: &TableDefinition, search: &SearchDefinition) -> Vec<String> {
    let columns: Vec<_> = search.columns.iter().map(|column| quote(column)).collect();
    let (table, index, column) = (quote(&table.name), quote(&search.name), quote(WORDS_COLUMN));
    vec![
        format!(
            "ALTER TABLE {table} ADD COLUMN {column} tsvector\n  GENERATED ALWAYS AS ({}({}, ARRAY[{}])) STORED",
            quote("fasttrack_words"),
            search.max_chars(),
            columns.join(", ")
        ),
        format!("CREATE INDEX {index} ON {table} USING gin ({column})"),
    ]
}

/// The index goes with the column.
pub(super) fn drop(table: &str) -> Vec<String> {
    vec![format!("ALTER TABLE {} DROP COLUMN IF EXISTS {}", quote(table), quote(WORDS_COLUMN))]
}
