//! Fields and their options.

use super::{accept, check, field, task};

#[test]
fn what_is_right_is_accepted() {
    for source in [
        "#[field(len = ..=20)] pub note: Option<String>,",
        "#[field(len = 1..=20, unique, filter, sort, search, index)] pub note: String,",
        "#[field(len = 1..=20, default = \"none\")] pub note: String,",
        "#[field(range = -5..=5, default, filter, sort)] pub rank: i64,",
        "#[field(range = 0.5.., default = 1)] pub weight: f64,",
        "#[field(range = -1..=9_999_999_999_999_999.99, default = 0.10, unique, filter, sort, index)] pub x: Decimal<2>,",
        "#[field(default, hidden)] pub x: Decimal<18>,",
        "pub x: Option<fasttrack::prelude::Decimal<1>>,",
        "#[field(range = 1..=86400, default = 3600, unique, filter, sort, index)] pub x: Duration,",
        "#[field(unique, filter, sort, index)] pub x: Uuid,",
        "#[field(unique, filter, sort, search, index)] pub x: Option<Url>,",
        "#[field(len = ..=100, hidden, default)] pub x: Option<Url>,",
        "#[field(hidden, read_only, default)] pub flag: bool,",
        "#[field(filter(also = state, also = stage))] pub phase: Option<Phase>,",
        "#[field(actor, on_delete = restrict, filter)] pub author: BelongsTo<User>,",
        "#[field(write = role(Admin) | project.owner)] pub due: Option<Date>,",
        "pub extra: Json<Vec<String>>,",
        "#[field(len = 1..=9)] pub r#type: String,",
        "#[doc = \"d\"] #[deprecated] pub at: Timestamp,",
    ] {
        accept(&field(source));
    }
}

#[test]
fn a_resource_has_only_so_many_fields() {
    let fields = |count: usize| (1..=count).map(|number| format!("pub x{number}: i64,")).collect::<Vec<_>>().concat();
    accept(&field(&fields(293)));
    check(&field(&fields(295)), "x295", "at most 300 fields");
}

#[test]
fn an_unknown_option_is_told_with_the_near_name() {
    check(&field("#[field(serach, len = ..=3)] pub x: String,"), "serach", "did you mean `search`?");
    check(&field("#[field(len = ..=3, frobnicate(a, b) = 3)] pub x: String,"), "frobnicate", "there is `len`, `range`");
    check(&field("#[feild(len = ..=3)] #[field(len = ..=3)] pub x: String,"), "feild", "did you mean `field`?");
    check(&field("#[field(sort, sort)] pub x: i64,"), "sort", "said twice");
    check(&field("#[field(unique = 3)] pub x: i64,"), "=", "stands alone");
    check(&field("#[can(read: anyone)] pub x: i64,"), "can", "stands on the struct");
    check(&field("#[serde(rename = \"y\")] pub x: i64,"), "serde", "the struct shows the JSON");
    check(&field("#[cfg(feature = \"z\")] pub x: i64,"), "cfg", "in every build");
}

#[test]
fn an_option_fits_the_type() {
    for (source, token, words) in [
        ("#[field(sort)] pub x: Json<Value>,", "sort", "has no order"),
        ("#[field(filter)] pub x: Json<Value>,", "filter", "does not fit `Json<T>`"),
        ("#[field(hidden, sort)] pub x: PasswordHash,", "sort", "has no order"),
        ("#[field(len = ..=9)] pub x: Strin,", "len", "did you mean `String`?"),
        ("#[field(search)] pub x: Phase,", "search", "taken for a choice; it is for `String`"),
        ("#[field(search)] pub x: i64,", "search", "is no text"),
        ("#[field(len = 1..=3)] pub x: i64,", "len", "it is for `String`, `Url`, `Vec<String>` and `Email`"),
        (
            "#[field(range = 1..=3, len = ..=3)] pub x: String,",
            "range",
            "it is for `i64`, `f64`, `Decimal<S>`, `Duration` and `Vec<i64>`",
        ),
        ("#[field(on_delete = cascade)] pub x: i64,", "on_delete", "it is for `BelongsTo<T>`"),
        ("#[field(actor)] pub x: i64,", "actor", "it is for `BelongsTo<T>`"),
        ("#[field(default)] pub x: UpdatedAt,", "default", "the server alone sets"),
    ] {
        check(&field(source), token, words);
    }
}

#[test]
fn a_type_that_is_none_is_told_with_the_right_one() {
    check(&field("pub x: u32,"), "u32", "use `i64`");
    check(&field("pub x: Option<f32>,"), "f32", "use `f64`");
    check(&field("pub x: BigDecimal,"), "BigDecimal", "use `Decimal<2>`");
    for (ty, token, words) in [
        ("Decimal", "Decimal", "say how many digits"),
        ("Option<Decimal<0>>", "0", "it is an `i64`"),
        ("Decimal<19>", "19", "from 1 to 18"),
        ("Decimal<-1>", "-1", "from 1 to 18"),
        ("Decimal<SCALE>", "SCALE", "from 1 to 18"),
        ("Decimal<{ SCALE }>", "{ SCALE }", "from 1 to 18"),
    ] {
        check(&field(&format!("pub x: {ty},")), token, words);
    }
    check(&field("pub x: (i64, i64),"), "(i64, i64)", "a field cannot have this type");
    check(&field("pub x: Option<Option<i64>>,"), "Option<Option<i64>>", "take the `Option` away");
    check(&field("#[field(on_delete = cascade)] pub x: BelongsTo,"), "BelongsTo", "say of which resource");
}

#[test]
fn hidden_is_hidden() {
    for asked in ["filter", "sort", "search"] {
        let source = format!("#[field(len = ..=9, default, hidden, {asked})] pub x: String,");
        check(&field(&source), asked, "would tell what `hidden` hides");
    }
    check(&field("pub x: PasswordHash,"), "x", "add `#[field(hidden)]`");
    check(&field("#[field(hidden)] pub x: Phase,"), "hidden", "make it an `Option`");
}

#[test]
fn an_order_is_one_thing() {
    let words = "#[field(len = ..=9, default, search)] pub words: String,";
    check(&field(&format!("#[field(sort)] pub relevance: i64, {words}")), "sort", "call the field otherwise");
    accept(&field(&format!("#[field(filter)] pub relevance: i64, {words}")));
}

#[test]
fn text_is_bounded() {
    check(&field("pub x: String,"), "x", "text has a bound");
    check(&field("pub x: Option<String>,"), "x", "text has a bound");
    check(&field("#[field(len = 1..)] pub x: String,"), "len", "say the largest length");
    check(&field("#[field(len = 1..9)] pub x: String,"), ".", "write `..=`");
    check(&field("#[field(len = 9)] pub x: String,"), "9", "say from where to where");
    check(&field("#[field(len = -1..=9)] pub x: String,"), "-1", "a length is an integer");
    check(&field("#[field(len = 9..=1)] pub x: String,"), "len", "the smaller one stands first");
    check(&field("#[field(range = 0.5..=1)] pub x: i64,"), "0.5", "not of the type");
    check(&field("#[field(range = 0.005..=1)] pub x: Decimal<2>,"), "0.005", "has 2 digits after the point");
    check(&field("#[field(range = 0.02..=0.01)] pub x: Decimal<2>,"), "range", "the smaller one stands first");
}

#[test]
fn a_default_is_of_the_type_and_within_the_bounds() {
    for (source, token, words) in [
        ("#[field(len = 1..=9, default)] pub x: String,", "default", "outside the bounds"),
        ("#[field(len = ..=2, default = \"abc\")] pub x: String,", "\"abc\"", "outside the bounds"),
        ("#[field(len = ..=2, default = 3)] pub x: String,", "3", "text in quotes"),
        ("#[field(range = 1..=9, default = 10)] pub x: i64,", "10", "outside the bounds"),
        ("#[field(range = 1..=9, default)] pub x: i64,", "default", "outside the bounds"),
        ("#[field(default = 1.5)] pub x: i64,", "1.5", "an integer"),
        ("#[field(default = -1)] pub x: Duration,", "-1", "is not negative"),
        ("#[field(default = 1.5)] pub x: Duration,", "1.5", "a whole number of seconds"),
        ("#[field(range = -1..=9)] pub x: Duration,", "-1", "is not negative"),
        ("#[field(default)] pub x: Uuid,", "default", "make it an `Option`"),
        ("#[field(default)] pub x: Url,", "default", "make it an `Option`"),
        ("#[field(default = \"https://a.example\")] pub x: Url,", "\"https://a.example\"", "no constants"),
        ("#[field(hidden)] pub x: Uuid,", "hidden", "make it an `Option`"),
        ("#[field(search)] pub x: Uuid,", "search", "is no text"),
        ("#[field(len = 9..)] pub x: Url,", "len", "say the largest length"),
        ("#[field(default = 1.005)] pub x: Decimal<2>,", "1.005", "has 2 digits after the point"),
        ("#[field(default = \"1.00\")] pub x: Decimal<2>,", "\"1.00\"", "`x` is `Decimal<2>`; write a number"),
        ("#[field(default = 1e2)] pub x: Decimal<2>,", "1e2", "without an exponent"),
        ("#[field(default = 10)] pub x: Decimal<18>,", "10", "at most 19 digits"),
        ("#[field(range = 0.01..=9, default)] pub x: Decimal<2>,", "default", "outside the bounds"),
        (
            "#[field(range = ..=90_071_992_547_409.92, default = 90_071_992_547_409.93)] pub x: Decimal<2>,",
            "90_071_992_547_409.93",
            "outside the bounds",
        ),
        ("#[field(default = 1)] pub x: bool,", "1", "`true` or `false`"),
        ("#[field(default = \"todo\")] pub x: Phase,", "\"todo\"", "without quotes"),
        ("#[field(default = Phase::Todo)] pub x: Phase,", "Phase", "name the variant alone"),
        ("#[field(default)] pub x: Phase,", "default", "say which"),
        ("#[field(default)] pub x: Timestamp,", "default", "make it an `Option`"),
        ("#[field(default = 99999999999999999999)] pub x: i64,", "99999999999999999999", "does not fit into an i64"),
    ] {
        check(&field(source), token, words);
    }
}

#[test]
fn a_required_field_gets_its_value_from_somewhere() {
    check(&field("#[field(read_only)] pub x: i64,"), "read_only", "nobody gives this a value");
    check(&field("#[field(read_only, default, write_once)] pub x: i64,"), "write_once", "contradicts `read_only`");
    let actor = "#[field(actor, write_once, on_delete = cascade)] pub x: BelongsTo<User>,";
    check(&field(actor), "write_once", "contradicts `actor`");
}

#[test]
fn a_relation_says_what_deletion_does() {
    check(&field("pub x: BelongsTo<User>,"), "x", "say what happens");
    check(&field("#[field(on_delete = set_null)] pub x: BelongsTo<User>,"), "set_null", "cannot become null");
    check(&field("#[field(on_delete = casacde)] pub x: BelongsTo<User>,"), "casacde", "did you mean `cascade`?");
    check(&field("#[field(on_delete)] pub x: BelongsTo<User>,"), "on_delete", "is written `on_delete = cascade`");
}

#[test]
fn what_some_alone_are_shown_is_not_told_otherwise() {
    let read = |options: &str| field(&format!("#[field(len = ..=9, default, {options})] pub x: String,"));
    for options in [
        "read = assignee | role(Admin)",
        "read = any(project.members: user) & !(status == Done)",
        "read = role(Admin), filter, sort, search",
        "read = !role(Admin) & authenticated, sort, write = assignee",
        "read = assignee, unique, read_only, index",
    ] {
        accept(&read(options));
    }
    accept(&super::task("", "#[rule(boss: role(Admin) | role(Editor))]", "#[field(read = boss, sort)] pub x: i64,"));
    accept(&field("#[field(read = assignee)] pub updated_at: UpdatedAt,"));
    check(&read("read = asignee"), "asignee", "did you mean `assignee`?");
    check(&read("read = title"), "title", "does not say who may");
    check(&read("read"), "read", "is written `read = role(Admin)`");
    check(&read("read = assignee -> assignee"), "-", "two whole rules alone");
    check(&read("read = assignee, hidden"), "read", "contradicts `hidden`");
    for asked in ["filter", "sort", "search"] {
        check(&read(&format!("read = role(Admin) & assignee, {asked}")), asked, "by this rule that depends on the row");
        check(&read(&format!("read = project.read, {asked}")), asked, "by this rule that depends on the row");
        accept(&read(&format!("read = role(Admin) | assignee, {asked}")));
    }
    let named = "#[field(read = member, sort)] pub x: i64,";
    check(&super::task("", "#[rule(member: assignee)]", named), "sort", "by this rule that depends on the row");
    // The rule of `read` is `authenticated` there.
    accept(&field("#[field(default, read = read, filter)] pub x: i64,"));
    let told = |attribute: &str| super::task("", attribute, "#[field(read = assignee)] pub x: Option<Timestamp>,");
    accept(&told("#[on(changed(x) => moved { title: title } to assignee)]"));
    accept(&told("#[on(at(x) => run crate::tell)]"));
    check(&told("#[on(created => made { x: x } to assignee)]"), "x", "so no event may tell it");
    check(&told("#[on(changed(x) => made { before: old.x } to assignee)]"), "x", "so no event may tell it");
    check(&told("#[on(at(x) => due to assignee)]"), "x", "would tell what it holds");
    check(&told("#[check(x > created_at)]"), "x", "would tell what `read` shows to some alone");
    let done = "#[field(default, read = assignee)] pub x: bool,";
    let done = super::task("", "#[on(changed(x -> true) => done to assignee)]", done);
    check(&done, "x", "would tell what it holds");
    let under = "#[resource(under = lot)] #[can(read: role(Admin))] pub struct Note {
        pub id: Id<Note>, #[field(write_once, read = role(Admin), on_delete = cascade)] pub lot: BelongsTo<Lot>, }";
    check(under, "lot", "the path of the list tells `lot`");
}

/// A task with this rule of `update`, more attributes, and a field with this flow.
fn step(attributes: &str, can: &str, flow: &str) -> String {
    let can = format!("#[can({can})] {attributes}");
    super::task("", &can, &format!("#[field(default = Todo, flow({flow}))] pub phase: Phase,"))
}

#[test]
fn a_step_is_somebodys_to_take() {
    for (can, flow) in [
        ("update: assignee", "Todo -> Doing | Done: project.owner, Todo -> Dropped: role(Admin), Done -> Todo"),
        ("update: role(Admin) | assignee", "Todo -> Done: role(Editor)"),
        ("update: !role(Admin)", "Todo -> Done: role(Editor) & phase == Todo & status == Active"),
        ("update: assignee -> phase == Done", "Todo -> Done: is_open == true & !(project.is_open == false)"),
        ("update: anyone", "Todo -> Done: !authenticated | project.read"),
        ("update: assignee & status == Active", "Todo -> Done: status != Closed & created_at < now - 1d"),
    ] {
        accept(&step("", can, flow));
    }
    accept(&step("#[rule(member: assignee)]", "update: member", "Todo -> Done: !member | read"));
    let nobody = |can: &str, flow: &str| check(&step("", can, flow), "role", "nobody could take the step");
    nobody("update: role(Admin)", "Todo -> Done: role(Editor)");
    nobody("update: !(role(Admin) | assignee)", "Todo -> Done: role(Admin)");
    nobody("update: phase == Todo & assignee", "Todo -> Doing: assignee, Doing -> Done: role(Admin)");
    nobody("update: is_open == true", "Todo -> Done: role(Admin) & is_open != true");
    nobody("update: assignee & status == Active", "Todo -> Done: role(Admin) & !assignee");
    nobody("update: status == Active", "Todo -> Done: role(Admin) & status == Closed");
    nobody("update: assignee -> phase != Done", "Todo -> Doing | Done: role(Admin)");
    nobody("update: assignee", "Todo -> Done: role(Admin) & role(Editor)");
    nobody("update: assignee", "Todo -> Done: role(Admin) & !authenticated");
    let guarded = "#[field(default = Todo, write = role(Editor), flow(Todo -> Done: role(Admin)))] pub phase: Phase,";
    check(&super::task("", "#[can(update: assignee)]", guarded), "role", "nobody could take the step");
    check(&step("", "list: assignee", "Todo -> Done: role(Admin)"), "role", "nobody may update a row");
    let shut = "#[field(default = Todo, read_only, flow(Todo -> Done: role(Admin)))] pub phase: Phase,";
    check(&super::task("", "#[can(update: assignee)]", shut), "role", "no client sets `phase`");
    check(&step("", "update: assignee", "Todo -> Done: asignee"), "asignee", "did you mean `assignee`?");
    check(&step("", "update: assignee", "Todo -> Done: title"), "title", "does not say who may");
}

#[test]
fn a_flow_begins_somewhere_and_moves() {
    let flow = |flow: &str| field(&format!("#[field(default = Todo, flow({flow}))] pub x: Phase,"));
    accept(&flow("Todo -> Doing | Done, Doing -> Done,"));
    check(&flow(""), ")", "say what may follow what");
    check(&flow("Todo"), ")", "say what may follow");
    check(&flow("Todo => Done"), "=", "say what may follow");
    check(&flow("Todo -> "), ")", "name a variant");
    check(&flow("Todo -> Todo"), "Todo", "is no change");
    check(&flow("Todo -> Done | Done"), "Done", "said twice");
    check(&flow("Todo -> Done, Todo -> Doing"), "Todo", "join the two with `|`");
    let twice = "Todo -> Done: assignee, Todo -> Doing | Done: project.owner";
    check(&step("", "update: authenticated", twice), "Done", "join the two rules with `|`");
    check(&flow("Todo -> Done -> Todo"), "-", "say one step after the other");
    check(&flow("Todo -> Done Doing"), "Doing", "expected `,` and a further step, or who may take it");
    check(&flow("Todo -> Done: "), ")", "say who may take the step");
    check(&flow("Todo -> Done:, Done -> Todo"), ",", "say who may take the step");
    check(&field("#[field(default = Todo, flow)] pub x: Phase,"), "flow", "is written `flow(Todo");
    check(&field("#[field(default = Todo, flow = Done)] pub x: Phase,"), "flow", "is written `flow(Todo");
    check(&field("#[field(flow(Todo -> Done))] pub x: Phase,"), "flow", "begins somewhere");
    check(&field("#[field(flow(Todo -> Done))] pub x: Option<Phase>,"), "flow", "null has no place");
    check(&field("#[field(default, flow(Todo -> Done))] pub x: i64,"), "flow", "it is for `Choice`");
    let once = "#[field(default = Todo, write_once, flow(Todo -> Done))] pub x: Phase,";
    check(&field(once), "write_once", "contradicts");
}

#[test]
fn names_are_unique() {
    check(&field("pub assignee_id: i64,"), "assignee_id", "both `assignee_id` in JSON");
    check(&field("#[field(filter(also = status))] pub x: i64,"), "status", "there is a `status` already");
    check(&field("#[field(filter(also = limit))] pub x: i64,"), "limit", "there is a `limit` already");
    for name in ["cursor", "count", "expand", "fields"] {
        let said = format!("every list has a parameter `{name}`");
        check(&field(&format!("#[field(filter)] pub {name}: i64,")), "filter", &said);
    }
    check(&field("#[field(filter(alias = a))] pub x: i64,"), "alias", "filter(also = NAME)");
    check(&field("pub made_at: CreatedAt,"), "created_at", "there is a `CreatedAt` already");
}

#[test]
fn the_application_sees_the_struct() {
    let seen = |vis: &str| format!("#[resource] #[can(read: anyone)] {vis} struct Note {{ pub id: Id<Note> }}");
    for vis in ["", "pub(self)"] {
        check(&seen(vis), "Note", "write `pub struct Note`");
        // The table, which refers to it, is no second message.
        let (tokens, _) = super::expand(&seen(vis));
        let text = tokens.to_string();
        assert!(text.contains("pub struct Note ") && text.contains("pub struct NoteFields "), "{text}");
    }
    for vis in ["pub", "pub(crate)", "pub(super)"] {
        accept(&seen(vis));
    }
}

#[test]
fn an_address_that_is_not_told_has_the_bound_of_its_standard() {
    let column = |options: &str| {
        let (tokens, errors) = super::expand(&field(&format!("{options} pub mail: Option<Email>,")));
        assert!(errors.is_empty(), "{errors:?}");
        let text = tokens.to_string().split_whitespace().collect::<String>();
        text.split_once("(\"mail\",\"mail\")")
            .and_then(|(_, rest)| rest.split_once(",__ft"))
            .expect("a column")
            .0
            .to_owned()
    };
    assert_eq!(column(""), ".doc(\"\").len(0,254u32)");
    assert_eq!(column("#[field(sort)]"), ".doc(\"\").len(0,254u32).sort()");
    assert_eq!(column("#[field(len = 6..=320)]"), ".doc(\"\").len(6u32,320u32)");
    check(&field("#[field(len = 6..)] pub mail: Email,"), "len", "say the largest length too");
    check(&field("pub note: String,"), "note", "text has a bound");
}

#[test]
fn a_resource_has_one_id_of_its_own() {
    let with = |fields: &str| format!("#[resource] #[can(read: anyone)] pub struct Note {{ {fields} }}");
    check(&with("pub rank: i64"), "Note", "add `pub id: Id<Note>`");
    check(&with("pub id: i64"), "Note", "`pub id: Id<Note>`");
    check(&with("pub key: Id<Note>"), "key", "the id is called `id`");
    check(&with("pub id: Id<Task>"), "Task", "the id of another resource");
    check(&with("pub id: Id<Note>, pub other: Id<Note>"), "other", "use `BelongsTo`");
    check("#[resource] #[can(read: anyone)] pub struct Note(i64);", "Note", "named fields");
}

#[test]
fn under_is_a_relation_that_stays() {
    accept(&task("under = project", "", ""));
    check(&task("under = title", "", ""), "title", "is no relation");
    check(&task("under = projetc", "", ""), "projetc", "did you mean `project`?");
    check(&task("under = assignee", "", ""), "assignee", "take the `Option` away");
    let movable = "#[field(on_delete = cascade)] pub team: BelongsTo<Team>,";
    check(&task("under = team", "", movable), "team", "add `write_once`");
}

#[test]
fn the_options_of_a_resource_are_known() {
    accept(&task("plural = \"work_items\", conceal, hooks, was = chores", "", ""));
    check(&task("hook", "", ""), "hook", "did you mean `hooks`?");
    check(&task("udner = project", "", ""), "udner", "did you mean `under`?");
    check(&task("plural = \"Work Items\"", "", ""), "\"Work Items\"", "snake case");
    check(&task("conceal, conceal", "", ""), "conceal", "said twice");
}

#[test]
fn a_former_name_is_gone() {
    accept(&field("#[field(len = ..=9, was = label)] pub note: String,"));
    accept(&field("#[field(was = changed_at)] pub edited_at: UpdatedAt,"));
    check(&field("#[field(len = ..=9, was = title)] pub note: String,"), "title", "there is a `title` still");
    check(&field("#[field(was = project_id, sort)] pub x: i64,"), "project_id", "there is a `project_id` still");
    let twice = "#[field(was = old)] pub x: i64, #[field(was = old)] pub y: i64,";
    check(&field(twice), "old", "of which one field came");
    check(&field("#[field(was)] pub x: i64,"), "was", "is written `was = old_name`");
    check(&task("was = tasks", "", ""), "tasks", "its plural now");
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let source = field("#[field(serach, len = ..=3)] pub x: String, pub y: String, #[field(sort)] pub z: Json<i64>,");
    let tokens: Vec<String> = super::mistakes(&source).into_iter().map(|(token, _)| token).collect();
    assert_eq!(tokens, ["serach", "y", "sort"]);
}
