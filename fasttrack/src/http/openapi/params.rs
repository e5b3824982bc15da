//! The parameters of operations: ids in paths, and what a list takes.

use serde_json::{Map, Value, json};

use super::fields;
use crate::{
    http::idempotency::MAX_CHARS,
    pipeline::KEY_HEADER,
    query::{
        MAX_SORT_KEYS, MAX_TEXT_CHARS, MAX_VALUES, OPERATORS, Operator, PageSize, Takes, filterable, searchable,
        sortable,
    },
    schema::{Column, Id, Kind, Schema},
};

/// The id in a path.
pub(super) fn id(noun: &str) -> Value {
    json!({
        "name": "id",
        "in": "path",
        "required": true,
        "description": format!("Id of the {noun}."),
        "schema": { "type": "integer", "format": "int64", "minimum": 1 },
    })
}

/// What many operations take, as component parameters.
pub(super) fn components() -> Value {
    let mut components = of_every_list();
    if let Some(components) = components.as_object_mut() {
        components.extend(preconditions().map(|(name, parameter)| (name.to_owned(), parameter)));
        components.insert(
            "IdempotencyKey".to_owned(),
            json!({
                "name": KEY_HEADER,
                "in": "header",
                "description": "A name for this request, new for each, such as a UUID: who sends the same once more within 24 \
                                hours is answered as the first time, and nothing is done again. Another request under it is \
                                a 422. Counts for who is logged in.",
                "schema": { "type": "string", "minLength": 1, "maxLength": MAX_CHARS },
                "example": "8e03978e-40d5-43e8-bc93-6894a57f9324",
            }),
        );
    }
    components
}

fn of_every_list() -> Value {
    json!({
        "Limit": {
            "name": "limit",
            "in": "query",
            "description": "Most rows on the page.",
            "schema": { "type": "integer", "minimum": 1, "maximum": PageSize::MAX, "default": PageSize::DEFAULT.rows() },
        },
        "Cursor": {
            "name": "cursor",
            "in": "query",
            "description": "Continues a list: the `next_cursor` of the page before. Opaque, and good for the same caller, \
                            list, filters and sort only; the `limit` may differ.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 1024 },
        },
        "Count": {
            "name": "count",
            "in": "query",
            "description": "Whether to say how many rows the whole list has that the caller may see, with these filters: `total`. \
                            All of them are looked at for that, however small the page.",
            "schema": { "type": "boolean", "default": false },
            "example": true,
        },
    })
}

/// What asks for the row that is read in a version that is not known yet.
pub(super) fn of_reading() -> [Value; 2] {
    ["IfNoneMatch", "IfMatch"].map(component)
}

/// What asks for the row that is changed to be as it is known.
pub(super) fn of_changing() -> [Value; 3] {
    ["IfMatch", "IfNoneMatch", "IfUnmodifiedSince"].map(component)
}

/// What has a change made once, however often it is sent.
pub(super) fn key() -> Value {
    component("IdempotencyKey")
}

fn component(name: &str) -> Value {
    json!({ "$ref": format!("#/components/parameters/{name}") })
}

/// Preconditions (RFC 9110, section 13.1), as component parameters.
fn preconditions() -> [(&'static str, Value); 3] {
    let header = |name: &str, description: &str, example: &str| {
        let schema = json!({ "type": "string" });
        json!({ "name": name, "in": "header", "description": description, "schema": schema, "example": example })
    };
    [
        (
            "IfMatch",
            header("If-Match", "Versions that the row has to be one of, as `ETag` named them; `*` is any.", TAG),
        ),
        (
            "IfNoneMatch",
            header("If-None-Match", "Versions that the row may not be one of: 304 where it is read, else 412.", TAG),
        ),
        (
            "IfUnmodifiedSince",
            header(
                "If-Unmodified-Since",
                "When the row may have been changed last, to the second; counts without `If-Match`, and where the row says \
                 when it was changed.",
                "Sun, 22 Nov 2026 16:10:00 GMT",
            ),
        ),
    ]
}

const TAG: &str = "\"5d41402abc4b2a7698a1f05c7be9d346\"";

/// What lists of rows take that are no resource's, and have an id.
pub(super) fn ids() -> Vec<Value> {
    static ID: Column = Column::new::<Id<()>>("id", "id");
    filters(&ID, ID.key, None)
}

/// What the list of a resource takes.
pub(super) fn of_list(schema: &'static Schema) -> Vec<Value> {
    let mut orders = orders(&sortable(schema).map(|column| column.key).collect::<Vec<_>>());
    let mut note = String::new();
    if searchable(schema).next().is_some() {
        orders.push(BEST_FIRST.to_owned());
        note = format!(" `{BEST_FIRST}`, beside `q` alone: what fits it best comes first.");
    }
    let mut parameters = paged(&orders, &note);
    parameters.extend(search(schema));
    parameters.push(json!({ "$ref": "#/components/parameters/Count" }));
    for column in filterable(schema) {
        parameters.extend(filters(column, column.key, None));
        for alias in column.filter_aliases {
            parameters.extend(filters(column, alias, Some(column.key)));
        }
    }
    parameters
}

/// The order that there is beside `q`.
pub(super) const BEST_FIRST: &str = "-relevance";

/// Page and order of a list that is sorted by these keys.
pub(super) fn paging(sortable: &[&str]) -> Vec<Value> {
    paged(&orders(sortable), "")
}

fn orders(sortable: &[&str]) -> Vec<String> {
    sortable.iter().flat_map(|key| [(*key).to_owned(), format!("-{key}")]).collect()
}

fn paged(orders: &[String], note: &str) -> Vec<Value> {
    vec![
        json!({ "$ref": "#/components/parameters/Limit" }),
        json!({ "$ref": "#/components/parameters/Cursor" }),
        json!({
            "name": "sort",
            "in": "query",
            "description": format!(
                "Order of the rows: keys separated by commas, `-` for descending. Rows that are equal in all of them are \
                 ordered by `id`.{note}"
            ),
            "style": "form",
            "explode": false,
            "schema": {
                "type": "array",
                "minItems": 1,
                "maxItems": MAX_SORT_KEYS,
                "uniqueItems": true,
                "items": { "type": "string", "enum": orders },
                "default": ["id"],
            },
        }),
    ]
}

fn search(schema: &'static Schema) -> Option<Value> {
    let keys: Vec<_> = searchable(schema).map(|column| format!("`{}`", column.key)).collect();
    let keys = match keys.as_slice() {
        [] => return None,
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    };
    Some(json!({
        "name": "q",
        "in": "query",
        "description": format!(
            "Only rows in which each of these words, or a word that begins so, is found in {keys}; without regard to case \
             and accents. A text without a word is looked for as it stands."
        ),
        "schema": { "type": "string", "minLength": 1, "maxLength": MAX_TEXT_CHARS },
    }))
}

/// One parameter per operator that the column can be filtered with.
fn filters(column: &Column, name: &str, older_name_of: Option<&str>) -> Vec<Value> {
    let applicable = OPERATORS.iter().filter(|operator| operator.is_for(column));
    applicable.map(|operator| filter(column, operator, name, older_name_of)).collect()
}

fn filter(column: &Column, operator: &Operator, name: &str, older_name_of: Option<&str>) -> Value {
    let mut description = format!("Filters by `{}`: {}.", column.key, operator.doc);
    if let Some(key) = older_name_of {
        description = format!("An older name of `{}`. {description}", operator.parameter(key));
    }
    if column.read.is_some() {
        description.push_str(" Only for who is shown the field.");
    }
    if let Some(note) = column.kind.facts().filter_note.filter(|_| operator.takes != Takes::Flag) {
        description = format!("{description} {note}");
    }
    let mut parameter = Map::new();
    parameter.insert("name".to_owned(), json!(operator.parameter(name)));
    parameter.insert("in".to_owned(), json!("query"));
    parameter.insert("description".to_owned(), json!(description));
    if older_name_of.is_some() {
        parameter.insert("deprecated".to_owned(), json!(true));
    }
    if operator.takes == Takes::Many {
        parameter.insert("style".to_owned(), json!("form"));
        parameter.insert("explode".to_owned(), json!(false));
    }
    parameter.insert("schema".to_owned(), value(column, operator.takes));
    if column.kind == Kind::Id && operator.takes == Takes::Many {
        parameter.insert("example".to_owned(), json!([1, 2, 3]));
    }
    Value::Object(parameter)
}

fn value(column: &Column, takes: Takes) -> Value {
    match takes {
        Takes::One => fields::in_filter(column),
        Takes::Many => {
            json!({ "type": "array", "minItems": 1, "maxItems": MAX_VALUES, "items": fields::in_filter(column) })
        }
        Takes::Text => json!({ "type": "string", "minLength": 1, "maxLength": MAX_TEXT_CHARS }),
        Takes::Flag => json!({ "type": "boolean" }),
    }
}
