//! What differs, how heavy that is, and how it is done.

use super::{super::diff::Difference, *};
use crate::migrate::{ColumnRename, Weight};

fn notes(columns: &[ColumnDefinition]) -> Snapshot {
    schema(&[table("notes", columns), table("users", &[])])
}

/// Expects these changes, each with its weight (`+`, `~`, `!`), and these statements by how they begin.
#[track_caller]
fn check(from: &Snapshot, to: &Snapshot, changes: &[&str], statements: &[&str]) {
    check_renamed(from, to, &Renames::default(), changes, statements);
}

#[track_caller]
fn check_renamed(from: &Snapshot, to: &Snapshot, renames: &Renames, changes: &[&str], statements: &[&str]) {
    let found = Difference::between(DIALECT, from, to, renames, Direction::Up);
    let sign = |weight| match weight {
        Weight::Addition => '+',
        Weight::Alteration => '~',
        Weight::Loss => '!',
    };
    let told: Vec<_> = found.changes.iter().map(|change| format!("{} {}", sign(change.weight), change.words)).collect();
    assert_eq!(told, changes);
    let done: Vec<_> = found.blocks.iter().map(|block| block.sql.as_str()).collect();
    assert_eq!(done.len(), statements.len(), "{done:#?}");
    for (done, expected) in done.iter().zip(statements) {
        assert!(done.starts_with(expected), "{done:?} does not begin with {expected:?}");
    }
    let back = Difference::between(DIALECT, to, from, &renames.inverse(), Direction::Down);
    assert_eq!(back.is_empty(), found.is_empty());
}

/// A table made anew, with what comes before and after that.
fn anew<'a>(before: &[&'a str], after: &[&'a str]) -> Vec<&'a str> {
    const ANEW: [&str; 6] = [
        "CREATE TABLE \"notes__new\"",
        "INSERT INTO \"notes__new\"",
        "DELETE FROM sqlite_sequence",
        "INSERT INTO sqlite_sequence",
        "DROP TABLE \"notes\"",
        "ALTER TABLE \"notes__new\" RENAME TO \"notes\"",
    ];
    [before, &ANEW, after].concat()
}

#[test]
fn what_is_the_same_in_another_order_is_the_same() {
    let (a, b) = (column("a", Holds::Text), column("b", Holds::Int));
    check(&notes(&[a.clone(), b.clone()]), &notes(&[b, a]), &[], &[]);
}

#[test]
fn tables_come_and_go() {
    let (old, new) = (schema(&[table("users", &[])]), notes(&[]));
    check(&old, &new, &["+ notes: a new table"], &["CREATE TABLE \"notes\""]);
    check(&new, &old, &["! notes: the table is dropped, with every row in it"], &["DROP TABLE \"notes\""]);
}

#[test]
fn columns_that_only_add_are_added_in_place() {
    let added = |column| notes(&[column]);
    let start = notes(&[]);
    for (column, words) in [
        (nullable(column("x", Holds::Text)), "null for the rows that are there"),
        (with_default(column("x", Holds::Int), "7"), "7 for the rows that are there"),
        (nullable(relation("x", "users", OnDelete::SetNull)), "null for the rows that are there"),
    ] {
        let words = format!("+ notes: a new column `x`, {words}");
        check(&start, &added(column), &[&words], &["ALTER TABLE \"notes\" ADD COLUMN \"x\""]);
    }
    let words = "+ notes: a new column `x`, this instant for the rows that are there";
    check(&start, &added(column("x", Holds::CreatedAt)), &[words], &anew(&[], &[]));
    let words = "~ notes: a new column `x` that may not be null and has no default (give it one, make it an `Option`, or \
                 edit the migration to fill it)";
    check(&start, &added(column("x", Holds::Text)), &[words], &anew(&["SELECT \"id\" FROM \"notes\""], &[]));
}

#[test]
fn what_may_lose_is_said_and_checked() {
    let is_null = "SELECT \"id\" FROM \"notes\" WHERE \"x\" IS NULL";
    let text = column("x", Holds::Text);
    let (old, new) = (notes(&[nullable(text.clone())]), notes(std::slice::from_ref(&text)));
    check(&old, &new, &["! notes: `x` may not be null any more"], &anew(&[is_null], &[]));
    check(&new, &old, &["~ notes: `x` may be null"], &anew(&[], &[]));
    check(&new, &notes(&[]), &["! notes: `x` is dropped, with what it holds"], &anew(&[], &[]));

    let (old, new) = (choice("x", &["a", "b"]), choice("x", &["b", "c"]));
    let gone = "SELECT \"id\" FROM \"notes\" WHERE \"x\" IS NOT NULL AND (\"x\" NOT IN ('b', 'c'))";
    let words = "! notes: `x` may be `c`, and not `a` any more";
    check(&notes(std::slice::from_ref(&old)), &notes(&[new]), &[words], &anew(&[gone], &[]));
    let more = choice("x", &["a", "b", "c"]);
    check(&notes(&[old]), &notes(&[more]), &["~ notes: `x` may also be `c`"], &anew(&[], &[]));

    let number = notes(&[column("x", Holds::Int)]);
    let words = "! notes: `x` holds an integer instead of text";
    let check_text = "SELECT \"id\" FROM \"notes\" WHERE \"x\" IS NOT NULL AND (CAST(CAST(\"x\" AS INTEGER) AS TEXT)";
    check(&notes(std::slice::from_ref(&text)), &number, &[words], &anew(&[check_text], &[]));
    let words = "~ notes: `x` holds text instead of an integer";
    check(&number, &notes(&[text]), &[words], &anew(&[], &[]));
}

#[test]
fn a_relation_to_another_table_keeps_nothing() {
    let leads = |table: &str| {
        let mut leads = notes(&[nullable(relation("x", table, OnDelete::Cascade))]);
        leads.tables.push(super::table("teams", &[]));
        leads
    };
    let words = "! notes: `x` refers to `teams`; what it holds is dropped";
    check(&leads("users"), &leads("teams"), &[words], &anew(&[], &[]));
}

#[test]
fn indexes_follow_by_themselves_unless_they_ask_more() {
    let plain = notes(&[column("x", Holds::Text)]);
    let indexed = |unique| {
        let mut notes = plain.clone();
        super::index(&mut notes.tables[0], "x", unique);
        notes
    };
    let made = "CREATE INDEX \"notes_x_index\"";
    check(&plain, &indexed(false), &["+ notes: the index `notes_x_index` is made"], &[made]);
    check(&indexed(false), &plain, &["+ notes: the index `notes_x_index` is dropped"], &["DROP INDEX"]);
    let words = "! notes: no two rows may hold the same under `notes_x_unique`";
    check(&plain, &indexed(true), &[words], &["SELECT \"id\" FROM \"notes\"", "CREATE UNIQUE INDEX"]);
}

#[test]
fn what_is_unique_together_is_asked_of_the_rows_once() {
    let columns = |second: &str| [column("x", Holds::Text), column(second, Holds::Int)];
    let united = |second: &str| {
        let mut notes = notes(&columns(second));
        let keys = vec![quote("x"), quote(second)];
        notes.tables[0].indexes.push(IndexDefinition {
            name: format!("notes_x_{second}_unique"),
            unique: true,
            inverted: false,
            keys,
            only: None,
        });
        notes
    };
    let words = "! notes: no two rows may hold the same under `notes_x_y_unique`";
    let duplicates = "SELECT \"id\" FROM \"notes\" WHERE (\"x\", \"y\") IN (SELECT \"x\", \"y\" FROM \"notes\"";
    check(&notes(&columns("y")), &united("y"), &[words], &[duplicates, "CREATE UNIQUE INDEX \"notes_x_y_unique\""]);
    let dropped = "+ notes: the index `notes_x_y_unique` is dropped";
    check(&united("y"), &notes(&columns("y")), &[dropped], &["DROP INDEX"]);

    let rename =
        ColumnRename { table_before: "notes".into(), table: "notes".into(), before: "y".into(), name: "z".into() };
    let renames = Renames { tables: Vec::new(), columns: vec![rename] };
    let words = [
        "~ notes: `y` is called `z`",
        "+ notes: the index `notes_x_z_unique` is made",
        "+ notes: the index `notes_x_y_unique` is dropped",
    ];
    let statements = ["ALTER TABLE \"notes\" RENAME COLUMN", "DROP INDEX", "CREATE UNIQUE INDEX \"notes_x_z_unique\""];
    check_renamed(&united("y"), &united("z"), &renames, &words, &statements);
}

#[test]
fn a_check_is_asked_of_the_rows_before_it_holds() {
    let columns = |second: &str| [column("x", Holds::Int), nullable(column(second, Holds::Int))];
    let checked = |second: &str| {
        let mut notes = notes(&columns(second));
        let condition = format!("(\"x\" < \"{second}\") IS NOT FALSE");
        let columns = vec!["x".to_owned(), second.to_owned()];
        notes.tables[0].checks.push(CheckDefinition { name: format!("notes_x_lt_{second}_ck"), condition, columns });
        notes
    };
    let look = "SELECT \"id\" FROM \"notes\" WHERE NOT ((\"x\" < \"y\") IS NOT FALSE)";
    let words = "! notes: `(x < y) IS NOT FALSE` has to hold of every row";
    check(&notes(&columns("y")), &checked("y"), &[words], &anew(&[look], &[]));
    let words = "~ notes: `(x < y) IS NOT FALSE` is not asked any more";
    check(&checked("y"), &notes(&columns("y")), &[words], &anew(&[], &[]));

    let rename =
        ColumnRename { table_before: "notes".into(), table: "notes".into(), before: "y".into(), name: "z".into() };
    let renames = Renames { tables: Vec::new(), columns: vec![rename] };
    let words = ["~ notes: `y` is called `z`", "~ notes: the constraint `notes_x_lt_y_ck` is called `notes_x_lt_z_ck`"];
    check_renamed(&checked("y"), &checked("z"), &renames, &words, &anew(&["ALTER TABLE \"notes\" RENAME COLUMN"], &[]));

    // What columns will hold is asked, not what they held.
    let text = notes(&[column("x", Holds::Text), nullable(column("y", Holds::Int))]);
    let value = "SELECT \"id\" FROM (SELECT \"id\", CAST(\"x\" AS INTEGER) AS \"x\", \"y\" AS \"y\" FROM \"notes\") AS \"rows\"";
    let convertible = "SELECT \"id\" FROM \"notes\" WHERE \"x\" IS NOT NULL AND (CAST(";
    let words =
        ["! notes: `x` holds an integer instead of text", "! notes: `(x < y) IS NOT FALSE` has to hold of every row"];
    check(&text, &checked("y"), &words, &anew(&[convertible, value], &[]));

    // Of rows that hold nothing there is nothing to ask.
    let alone = |column: &str| CheckDefinition {
        name: format!("notes_{column}_ck"),
        condition: format!("(\"{column}\" > 0) IS NOT FALSE"),
        columns: vec![column.to_owned()],
    };
    let mut more = notes(&columns("y"));
    more.tables[0].checks.push(alone("y"));
    let words = [
        "+ notes: a new column `y`, null for the rows that are there",
        "+ notes: `(y > 0) IS NOT FALSE` has to hold of every row",
    ];
    let look = "SELECT \"id\" FROM (SELECT \"id\", NULL AS \"y\" FROM \"notes\") AS \"rows\"";
    check(&notes(&columns("y")[..1]), &more, &words, &anew(&[look], &[]));
}

#[test]
fn what_is_renamed_is_kept() {
    let (old, new) = (
        notes(&[column("x", Holds::Text)]),
        schema(&[table("cards", &[column("y", Holds::Text)]), table("users", &[])]),
    );
    let rename =
        ColumnRename { table_before: "notes".into(), table: "cards".into(), before: "x".into(), name: "y".into() };
    let renames = Renames { tables: vec![("notes".into(), "cards".into())], columns: vec![rename] };
    let words = ["~ notes: the table is called `cards`", "~ cards: `x` is called `y`"];
    let statements =
        ["ALTER TABLE \"notes\" RENAME TO \"cards\"", "ALTER TABLE \"cards\" RENAME COLUMN \"x\" TO \"y\""];
    check_renamed(&old, &new, &renames, &words, &statements);
}
