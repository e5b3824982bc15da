//! Pages of lists, as component schemas.

use serde_json::{Value, json};

use super::operation::component;

/// A page of what changed in a row.
pub(super) fn changes(nouns: &str) -> Value {
    let value = |what: &str| json!({ "description": what });
    let change = json!({
        "type": "object",
        "required": ["at", "actor_id", "verb", "changes"],
        "properties": {
            "at": { "description": "When.", "type": "string", "format": "date-time" },
            "actor_id": { "description": "Who.", "type": ["integer", "null"], "format": "int64" },
            "verb": { "description": "How.", "type": "string", "enum": ["create", "update", "delete", "restore"] },
            "changes": {
                "description": "Of each field, by its key, both values.",
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "required": ["old", "new"],
                    "properties": { "old": value("Before."), "new": value("Afterwards.") },
                },
            },
        },
    });
    let mut page = page(&format!("A page of changes of {nouns}."), "");
    if let Some(items) = page.pointer_mut("/properties/items/items") {
        *items = change;
    }
    page
}

/// A page of a list that is counted where somebody asks.
pub(super) fn counted(mut page: Value) -> Value {
    let total = json!({
        "description": "With `count=true`: how many rows the whole list has.",
        "type": "integer",
        "format": "int64",
        "minimum": 0,
    });
    if let Some(properties) = page.pointer_mut("/properties").and_then(Value::as_object_mut) {
        properties.insert("total".to_owned(), total);
    }
    page
}

/// A page of rows of the component schema.
pub(super) fn page(description: &str, row: &str) -> Value {
    json!({
        "description": description,
        "type": "object",
        "required": ["items", "next_cursor", "has_more"],
        "properties": {
            "items": { "description": "The rows.", "type": "array", "maxItems": 100, "items": component(row) },
            "next_cursor": {
                "description": "The `cursor` that continues the list; null on the last page.",
                "type": ["string", "null"],
                "maxLength": 1024,
            },
            "has_more": { "description": "Whether the list goes on.", "type": "boolean" },
        },
    })
}
