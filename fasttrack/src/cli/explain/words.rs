//! Columns and triggers as people read them.

use crate::{
    decimal::Fixed,
    http::routes::API_PREFIX,
    schema::{
        Assigned, Assignment, Change, Column, Counts, Effect, Fallback, Inline, Kind, OnDelete, Path, Payload,
        RowVersion, Schema, span,
    },
    sql::MAX_SHOWN,
};

/// What a column holds: `text, 1 to 300 characters`.
pub(super) fn holds(column: &Column) -> String {
    let mut text = (column.kind.facts().words)(column.kind);
    let each = if column.kind.facts().holds_many { " each" } else { "" };
    if let Some((min, max)) = column.len {
        let most = (max < u32::MAX).then_some(max);
        text = text + &between((min > 0 || most.is_none()).then_some(min), most) + " characters" + each;
    }
    if let Some((min, max)) = column.int_range {
        let shown = |units| Fixed::new(units, column.kind.scale());
        text = text + &between((min > -i64::MAX).then(|| shown(min)), (max < i64::MAX).then(|| shown(max))) + each;
    }
    if let Some((min, max)) = column.float_range {
        text += &between((min > f64::MIN).then_some(min), (max < f64::MAX).then_some(max));
    }
    if let Some(file) = column.file {
        text = format!("{text}, {} bytes at most, {}", file.max_bytes, file.types.join(" or "));
    }
    if let Some(max) = column.max {
        text = format!("{text}, {max} of them at most");
    }
    text + if column.nullable { ", or null" } else { "" }
}

fn between<T: ToString>(min: Option<T>, max: Option<T>) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!(", {} to {}", min.to_string(), max.to_string()),
        (Some(min), None) => format!(", at least {}", min.to_string()),
        (None, Some(max)) => format!(", at most {}", max.to_string()),
        (None, None) => String::new(),
    }
}

/// Who sets a column, and when. `who` is its own rule in words, if it has one.
pub(super) fn written(schema: &Schema, column: &Column, who: Option<&str>) -> String {
    let by = who.map(|who| format!(", by {who}")).unwrap_or_default();
    if column.actor {
        return "the server: whoever creates the row".to_owned();
    }
    if column.file.is_some() {
        return format!("PUT and DELETE of its own{by}; null until then");
    }
    if column.is_automatic() || column.read_only {
        return "the server".to_owned();
    }
    if schema.under == Some(column.name) {
        return "the path, on creation".to_owned();
    }
    let once = column.write_once || column.kind == Kind::PasswordHash;
    let when = if once { "on creation" } else { "on creation and update" };
    let unsaid = match column.fallback {
        Fallback::Required => "; required".to_owned(),
        Fallback::Empty if column.nullable => "; null unless said".to_owned(),
        Fallback::Empty => "; empty unless said".to_owned(),
        Fallback::Value(value) => format!("; {value} unless said"),
    };
    format!("{when}{by}{unsaid}")
}

/// What else can be said of a column.
pub(super) fn notes(column: &Column) -> Vec<String> {
    let also = column.filter_aliases.iter().map(|alias| format!("filter as {alias}"));
    let gone = column.on_delete.map(|gone| match gone {
        OnDelete::Cascade => "goes with what it refers to",
        OnDelete::Restrict => "keeps what it refers to from going",
        OnDelete::SetNull => "becomes null when what it refers to goes",
    });
    let flags = [
        (column.unique, "unique"),
        (column.filter, "filter"),
        (column.sort || column.kind == Kind::Id, "sort"),
        (column.search, "search"),
        (column.index, "index"),
        (matches!(column.kind, Kind::Relation(_) | Kind::Many(_)) && !column.hidden, "expand"),
    ];
    let flags = flags.iter().filter(|(is_set, _)| *is_set).map(|(_, word)| (*word).to_owned());
    let kept = column.figure.map(|figure| match figure.counts {
        Counts::Rows(_) => format!("how many of {} there are", figure.has),
        Counts::Sum(field) => format!("what {field} of {} comes to", figure.has),
    });
    let pairs = column.pairs.map(|pairs| format!("in the table {}", pairs.plural));
    let file = column.file.map(|file| format!("sent to and read at {API_PREFIX}/{}/{{id}}/{}", file.plural, file.name));
    let pairs = pairs.into_iter().chain(file);
    flags.chain(also).chain(kept).chain(pairs).chain(gone.map(str::to_owned)).collect()
}

/// How rows come along with the one that they refer to.
pub(super) fn along(inline: Inline) -> String {
    let Inline { min, max } = inline;
    format!("{min} to {max} come along on creation, and rows show the first {MAX_SHOWN} that one may read")
}

/// What becomes of rows that are deleted, where they are kept.
pub(super) fn kept(schema: &Schema) -> String {
    let until = schema.keep_deleted_us.and_then(|us| span(us.unsigned_abs()));
    until.map_or_else(|| "deleted rows are kept".to_owned(), |length| format!("deleted rows are kept for {length}"))
}

/// When a trigger applies.
pub(super) fn when(change: Change) -> String {
    match change {
        Change::Created => "a row is created".to_owned(),
        Change::Deleted => "a row is deleted".to_owned(),
        Change::Restored => "a row is restored".to_owned(),
        Change::Changed { field } => format!("{field} changes"),
        Change::ChangedTo { field, value } => format!("{field} changes to {value}"),
        Change::At { field, offset_us } => match span(offset_us.unsigned_abs()) {
            Some(length) => format!("{length} {} {field}", if offset_us < 0 { "before" } else { "after" }),
            None => format!("{field} has come"),
        },
    }
}

/// What a trigger does.
pub(super) fn then(schema: &Schema, effect: &Effect) -> String {
    match effect {
        Effect::Run { job, .. } => format!("run {job}"),
        Effect::Add { to, values } => {
            let values: Vec<_> = values.iter().map(assigned).collect();
            format!("add {to} {{ {} }}", values.join(", "))
        }
        Effect::Event { name, payload, to, except_actor } => {
            let to: Vec<_> = to.iter().map(|path| recipient(schema, path)).collect();
            let own = format!("{}_id", schema.name);
            let told = std::iter::once(own).chain(payload.iter().map(told)).collect::<Vec<_>>().join(", ");
            let except = if *except_actor { ", except who did it" } else { "" };
            format!("tell {name} {{ {told} }} to {}{except}", to.join(" and "))
        }
    }
}

fn assigned(assignment: &Assignment) -> String {
    let value = match assignment.value {
        Assigned::Actor => "actor".to_owned(),
        Assigned::Constant(value) => value.to_string(),
        Assigned::Field { path, field } => path.steps().iter().copied().chain([field]).collect::<Vec<_>>().join("."),
    };
    format!("{}: {value}", assignment.field)
}

fn recipient(schema: &Schema, path: &Path) -> String {
    if path.steps().is_empty() { schema.name.to_owned() } else { path.steps().join(".") }
}

fn told(payload: &Payload) -> String {
    let version = if payload.row == RowVersion::Old { "old." } else { "" };
    let path: String = payload.path.steps().iter().flat_map(|step| [*step, "."]).collect();
    let from = format!("{version}{path}{}", payload.field);
    if from == payload.key { from } else { format!("{}: {from}", payload.key) }
}
