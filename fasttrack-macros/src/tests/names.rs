//! Names as both databases compare and cut them.

use super::{accept, check, field, task};

/// A field of this name, which is a column with an index where `options` say so.
fn named(name: &str, options: &str) -> String {
    field(&format!("{options} pub {name}: i64,"))
}

#[test]
fn names_are_compared_without_case() {
    check(&named("Title", ""), "Title", "`title` and `Title` are one column to a database");
    check(&named("Assignee_ID", ""), "Assignee_ID", "`assignee` and `Assignee_ID` are one column");
    check(&named("iS_open", "#[field(sort)]"), "iS_open", "`is_open` and `iS_open` are one column");
    check(&named("project_id", ""), "project_id", "both `project_id` in JSON");
    accept(&named("titles", ""));
    // A query parameter is no name of a database.
    accept(&named("x", "#[field(filter(also = Status))]"));
}

#[test]
fn no_column_is_one_of_postgres_own() {
    for name in ["xmin", "Xmax", "ctid", "tableoid"] {
        check(&named(name, ""), name, "every table of Postgres has a column");
    }
    accept(&named("rowid", ""));
}

#[test]
fn what_a_reader_can_do_stands_under_a_name_of_its_own() {
    let told = "where a row says what its reader may do with it";
    check(&named("can", ""), "can", told);
    check(&field("#[field(on_delete = cascade)] pub can: BelongsTo<User>,"), "can", told);
    check(&task("", "#[can(create: authenticated)] #[has(can: Note.task, inline = 1..=2)]", ""), "can", told);
    accept(&task("", "#[has(can: Note.task)]", ""));
    accept(&named("can_wait", ""));
}

#[test]
fn what_postgres_would_cut_is_refused() {
    let long = |length: usize| "x".repeat(length);
    accept(&named(&long(57), ""));
    check(&named(&long(58), ""), &long(58), "is 58 bytes long, and a column has at most 57");
    // Bytes are counted, not characters, and with what is added.
    check(&named(&"ä".repeat(29), ""), &"ä".repeat(29), "is 58 bytes long");
    let relation = format!("#[field(on_delete = cascade)] pub {}: BelongsTo<User>,", long(55));
    check(&field(&relation), &long(55), "`xxx");
    let plural = |plural: &str| task(&format!("plural = \"{plural}\""), "", "");
    accept(&task(&format!("plural = \"{}\"", long(50)), "", ""));
    check(&plural(&long(59)), &format!("\"{}\"", long(59)), "of 59 bytes, and a table has at most 58");
    // Of an index: `tasks_…_unique`, `tasks_by_…`, `tasks_project_id_…`
    accept(&named(&long(50), "#[field(unique)]"));
    check(&named(&long(51), "#[field(unique)]"), "unique", "a name has at most 63; shorten the field");
    accept(&named(&long(54), "#[field(sort)]"));
    check(&named(&long(55), "#[field(sort)]"), "sort", "of 64 bytes");
    let nested = |length| task("under = project", "", &format!("#[field(filter)] pub {}: i64,", long(length)));
    accept(&nested(46));
    check(&nested(47), "filter", "`tasks_project_id_xxx");
}

#[test]
fn no_two_indexes_have_one_name() {
    let two = |attributes: &str, fields: &str| task("", attributes, fields);
    let unique = "#[field(len = ..=9, unique)] pub slug: String,";
    check(&two("", &format!("{unique} #[field(index)] pub slug_unique: i64,")), "index", "as that of `slug` is");
    check(&two("", &format!("{unique} #[field(index)] pub SLUG_Unique: i64,")), "index", "`tasks_SLUG_Unique`");
    let sorted = "#[field(sort)] pub rank: i64,";
    check(&two("", &format!("{sorted} #[field(index)] pub by_rank: i64,")), "index", "would be `tasks_by_rank`");
    let own = "#[can(list: assignee)]";
    accept(&two("", &format!("{sorted} #[field(index)] pub assignee_id_rank: i64,")));
    check(&two(own, &format!("{sorted} #[field(index)] pub assignee_id_rank: i64,")), "index", "as that of `rank` is");
    accept(&two(own, "#[field(sort, filter, unique)] pub rank: i64,"));
    // One mistake is one message.
    check(&two("", &format!("{sorted} #[field(sort)] pub Rank: i64,")), "Rank", "are one column");
}

#[test]
fn a_table_is_nobody_elses() {
    let plural = |plural: &str| task(&format!("plural = \"{plural}\""), "", "");
    for (name, words) in [
        ("sqlite_tasks", "the database's own"),
        ("pg_tasks", "the database's own"),
        ("pragma_tasks", "the database's own"),
        ("fasttrack_tasks", "the framework's own"),
        ("tasks__new", "for migrations"),
        ("Tasks", "in snake case"),
        ("", "in snake case"),
        ("straße", "in snake case"),
    ] {
        check(&plural(name), &format!("\"{name}\""), words);
    }
    let derived = "#[resource] #[can(read: anyone)] pub struct Straße { pub id: Id<Straße> }";
    check(derived, "Straße", "would be `straßes`, and a path segment is in snake case");
}
