//! Many rows that refer to one: names for them, rules and recipients that go through them, rows that triggers add.

use super::{accept, attribute, check, field, task};

const HAS: &str = "#[has(notes: Note.task, links: crate::link::Link.task)]";

/// A declaration that has notes and links, with this attribute.
fn with(attributes: &str) -> String {
    attribute(&format!("{HAS} {attributes}"))
}

#[test]
fn what_is_right_is_accepted() {
    for source in [
        "",
        "#[has(more: Note.other,)]",
        "#[can(list: any(notes: author))]",
        "#[can(list: any(notes: author & (level == Owner | !is_open == true) & project.rank > 3))]",
        "#[can(list: !any(project.members: user) | any(notes: any(readers: user)))]",
        "#[rule(writer: notes.author | any(notes: self | anyone | authenticated | role(Admin)))] #[can(list: writer)]",
        "#[on(changed(title) => renamed { title: title } to notes.author, project.members.user except actor)]",
        "#[on(created => add notes { author: actor, level: Owner, text: \"x\", n: -3, x: 0.5, is_open: true, of: title })]",
        "#[on(created, changed(title) => add notes { by: project.owner }; add links {}; run crate::x)]",
        "#[on(created => add { t: title } to assignee)] #[on(deleted => run to assignee)]",
    ] {
        accept(&with(source));
    }
}

#[test]
fn many_rows_have_a_name_of_their_own_and_a_relation() {
    let has = |rest: &str| attribute(&format!("#[has({rest})]"));
    check(&has(""), ")", "expected a name and whose relation leads here");
    check(&has("notes"), ")", "expected a name and whose relation leads here");
    check(&has("notes: Note"), ")", "say by which of its relations");
    check(&has("notes: Note.task links: Link.task"), "links", "expected `,` and a further name");
    check(&has("title: Note.task"), "title", "there is a field `title`");
    check(&has("any: Note.task"), "any", "a word of the language");
    check(&has("old: Note.task"), "old", "a word of the language");
    check(&with("#[has(notes: Other.task)]"), "notes", "there are rows called `notes` already");
    check(&with("#[rule(notes: assignee)]"), "notes", "there is a rule `notes`");
    check(&attribute("#[hsa(notes: Note.task)]"), "hsa", "did you mean `has`?");
    check(&attribute("#[has]"), "has", "this is written `#[has(members: Membership.organisation)]`");
}

#[test]
fn any_is_asked_of_many_rows() {
    let can = |rule: &str| with(&format!("#[can(list: {rule})]"));
    check(&can("any(project: owner)"), "project", "leads to one row");
    check(&can("any(title: owner)"), "title", "is asked of many rows");
    check(&can("any(ntoes: author)"), "ntoes", "did you mean `notes`?");
    check(&can("any(notes)"), ")", "say of which rows, and what has to hold of one");
    check(&can("any(notes:)"), ")", "say of which rows, and what has to hold of one");
    check(&can("any()"), ")", "say of which rows, and what has to hold of one");
    check(&can("any(notes: level < Owner)"), "<", "only numbers are smaller or larger");
    check(&can("any(notes: author.a.b.c.d.e.f.g.h)"), "h", "at most 8 relations");
    check(&can("any(notes: author | )"), ")", "expected a rule");
    check(&can("all(notes: author)"), "all", "did you mean `role(…)` or `any(…)`?");
    check(&can("notes == 3"), "notes", "compare a field of one: `any(notes: …)`");
    check(&with("#[rule(m: any(notes: author))] #[can(list: any(m: author))]"), "m", "is a rule");
}

#[test]
fn nothing_refers_to_a_row_that_is_to_be() {
    let can = |rule: &str| with(&format!("#[can(create: {rule})]"));
    check(&can("any(notes: author)"), "notes", "nothing refers to a row before it is there");
    check(&can("assignee | notes.author"), "notes", "nothing refers to a row before it is there");
    check(&with("#[rule(m: any(notes: author))] #[can(create: m)]"), "notes", "before it is there");
    accept(&can("any(project.members: user)"));
}

#[test]
fn many_rows_have_no_one_value() {
    check(&with("#[on(created => a { n: notes } to assignee)]"), "notes", "an event tells fields of one");
    check(&with("#[on(changed(notes) => a to assignee)]"), "notes", "their own resource hears");
}

#[test]
fn a_row_is_added_to_those_that_refer_here() {
    let on = |effect: &str| with(&format!("#[on(created => {effect})]"));
    check(&on("add ntoes {}"), "ntoes", "did you mean `notes`?");
    check(&attribute("#[on(created => add notes {})]"), "notes", "name the rows that refer here");
    check(&on("add notes"), ")", "say to which rows, and what it holds");
    check(&on("add notes { author }"), "}", "expected `field: value`");
    check(&on("add notes { author: }"), "}", "expected a literal or the variant");
    check(&on("add notes { task: project }"), "task", "leads to the row by itself");
    check(&on("add notes { n: 1, n: 2 }"), "n", "has a value already");
    check(&on("add notes { n: titel }"), "titel", "did you mean `title`?");
    check(&on("add notes { n: links }"), "links", "is no field");
    check(&with("#[on(deleted => add notes {})]"), "notes", "a row that goes");
    check(&with("#[on(at(created_at + 7d) => add notes {})]"), "notes", "let a job add the row");
    let anyone = "#[can(create: anyone)] #[on(created => add notes { author: actor })]";
    check(&with(anyone), "actor", "and so is no actor");
    let named = "#[rule(m: assignee | anyone)] #[can(update: m)] #[on(created => add notes { author: actor })]";
    check(&with(named), "actor", "and so is no actor");
}

#[test]
fn a_field_may_hold_many_rows() {
    let with = |options: &str, attributes: &str| {
        let field = format!(
            "#[field(max = 5{options})] pub labels: Many<crate::label::Label>, #[field(max = 1_000)] pub fans: Many<User>,"
        );
        task("", attributes, &field)
    };
    for (options, attributes) in [
        ("", ""),
        (", filter, write = owner, hidden", "#[rule(owner: assignee)]"),
        (", read_only, default", ""),
        (", was = old_ids", "#[can(list: fans | any(labels: owner & rank > 3) | labels.owner)]"),
        ("", "#[can(create: fans)] #[can(update: labels.member -> fans)]"),
        ("", "#[on(created, changed(labels) => marked { labels: labels } to fans, labels.owner except actor)]"),
    ] {
        accept(&with(&options.replace(", hidden", ""), attributes));
    }
    check(&with(", sort", ""), "sort", "does not fit `Many<T>`, which has no order");
    check(&with(", search", ""), "search", "does not fit `Many<T>`, which is no text");
    check(&with(", unique", ""), "unique", "does not fit `Many<T>`");
    check(&with(", index", ""), "index", "does not fit `Many<T>`");
    check(&with(", actor", ""), "actor", "does not fit `Many<T>`");
    check(&with(", len = 1..=5", ""), "len", "does not fit `Many<T>`");
    check(&with(", on_delete = cascade", ""), "on_delete", "which loses a row that goes");
    check(&with(", read_only", ""), "read_only", "nobody gives this a value");
    check(&with(", filter, hidden", ""), "filter", "would tell what `hidden` hides");
    check(&with("", "#[can(list: labels == 3)]"), "labels", "compare a field of one: `any(labels: …)`");
    check(&with("", "#[can(list: labels < now)]"), "labels", "compare a field of one: `any(labels: …)`");
    check(&with("", "#[on(changed(labels -> 3) => marked to fans)]"), "3", "are many rows; say `changed(labels)`");
    check(&with("", "#[unique(title, labels)]"), "labels", "cannot be compared");
    check(&with("", "#[check(labels == 3)]"), "labels", "is a `Many<T>`");
    check(&with("", "#[has(labels: Note.task)]"), "labels", "there is a field `labels`");
    check(&with("", "#[on(created => add labels {})]"), "labels", "are no rows that refer here");
}

#[test]
fn how_many_rows_a_field_holds_has_a_bound() {
    let field = |options: &str, ty: &str| task("", "", &format!("{options} pub labels: {ty},"));
    check(
        &field("", "Many<Label>"),
        "labels",
        "has a bound, so that nobody can fill the disk; add `#[field(max = 50)]`",
    );
    for (max, at) in [("0", "0"), ("1_001", "1_001"), ("\"5\"", "\"5\""), ("2.5", "2.5")] {
        check(&field(&format!("#[field(max = {max})]"), "Many<Label>"), at, "an integer from 1 to 1000");
    }
    check(&field("#[field(max)]", "Many<Label>"), "max", "`max` is written `max = 50`");
    check(
        &field("#[field(max = 5)]", "i64"),
        "max",
        "does not fit `i64`; it is for `Vec<String>`, `Vec<i64>` and `Many<T>`",
    );
    check(&field("#[field(max = 5)]", "Many"), "Many", "say of which resource: `Many<Project>`");
    check(&field("#[field(max = 5)]", "Option<Many<Label>>"), "Option<Many<Label>>", "take the `Option` away");
    check(&field("pub label_ids: i64, #[field(max = 5)]", "Many<Label>"), "labels", "are both `label_ids` in JSON");
    let long = "a_long_name_of_what_is_stuck_on_tasks";
    check(&task("", "", &format!("#[field(max = 5)] pub {long}: Many<Label>,")), long, "an index of which");
}

#[test]
fn a_figure_is_kept_of_the_rows_that_refer_here() {
    let with = |options: &str| task("", HAS, &format!("#[field({options})] pub figure: i64,"));
    for options in [
        "count(notes)",
        "count(notes: status == Done), sort, filter",
        "count(links: is_open == true & !(rank < 3 | title == \"x\")), index",
        "sum(notes: amount), hidden",
        "sum(notes: amount), was = total",
    ] {
        accept(&with(options));
    }
    check(&with("count(ntoes)"), "ntoes", "are no rows that refer here; did you mean `notes`?");
    check(&field("#[field(count(notes))] pub figure: i64,"), "notes", "name them: `#[has(notes: Task.project)]`");
    check(&with("sum(title: amount)"), "title", "are no rows that refer here");
    check(&with("count(notes: author)"), "author", "the same for everybody at all times");
    check(&with("count(notes: role(Admin))"), "Admin", "the same for everybody at all times");
    check(&with("count(notes: at < now)"), "at", "the same for everybody at all times");
    check(&with("count(notes: self)"), "self", "the same for everybody at all times");
    check(&with("count(notes: of.title == 3)"), "of", "the same for everybody at all times");
    check(&with("count(notes: any(more: x == 3))"), "more", "the same for everybody at all times");
    check(&with("count"), "count", "`count` is written `count(tasks: status != Done)`");
    check(&with("count()"), ")", "say of which rows");
    check(&with("count(notes:)"), ")", "say of which: ");
    check(&with("sum(notes)"), ")", "say which of their fields");
    check(&with("sum(notes: amount + 1)"), "+", "expected `)`");
    check(&with("sum(notes: amount), count(notes)"), "sum", "a field is either a `count` or a `sum`");
    check(&with("count(notes), default = 3"), "default", "the server alone keeps a `count`");
    check(&with("sum(notes: amount), range = 0..=9"), "range", "the server alone keeps a `sum`");
    check(&with("count(notes), write = assignee"), "write", "the server alone keeps a `count`");
    check(&task("", HAS, "#[field(count(notes))] pub x: Option<i64>,"), "count", "take the `Option` of `x` away");
    check(&task("", HAS, "#[field(count(notes))] pub x: bool,"), "count", "does not fit `bool`");
    check(&task("", HAS, "#[field(sum(notes: x))] pub x: f64,"), "sum", "does not fit `f64`");
    let attribute =
        |attribute: &str| task("", &format!("{HAS} {attribute}"), "#[field(count(notes))] pub figure: i64,");
    check(&attribute("#[on(changed(figure) => run crate::x)]"), "figure", "is kept by the server");
    check(&attribute("#[unique(title, figure)]"), "figure", "who changes another row would be refused");
    check(&attribute("#[check(figure < 3)]"), "figure", "who changes another row would be refused");
    accept(&attribute("#[can(delete: figure == 0)] #[on(deleted => gone { figure: figure } to assignee)]"));
}
