//! JSON Schema (2020-12), as far as declarations say it, as types of TypeScript.

use std::fmt::Write as _;

use serde_json::Value;

/// A property of an object.
#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) key: String,
    pub(super) doc: String,
    pub(super) holds: String,
    pub(super) optional: bool,
}

impl Field {
    /// One that is always there.
    pub(super) fn required(key: &str, doc: &str, holds: impl Into<String>) -> Self {
        Self { key: key.to_owned(), doc: doc.to_owned(), holds: holds.into(), optional: false }
    }

    /// One that may be left out.
    pub(super) fn optional(key: &str, doc: &str, holds: impl Into<String>) -> Self {
        Self { optional: true, ..Self::required(key, doc, holds) }
    }

    /// `key?: type`
    fn text(&self) -> String {
        format!("{}{}: {}", quoted(&self.key), if self.optional { "?" } else { "" }, self.holds)
    }
}

/// The type of what a schema describes.
pub(super) fn type_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        return name.rsplit('/').next().unwrap_or("unknown").to_owned();
    }
    if let Some(options) = schema["anyOf"].as_array() {
        return union(options.iter().map(type_of));
    }
    if let Some(words) = schema["enum"].as_array() {
        return union(words.iter().map(Value::to_string));
    }
    if let Some(word) = schema.get("const") {
        return word.to_string();
    }
    match &schema["type"] {
        Value::String(kind) => single(kind, schema),
        Value::Array(kinds) => union(kinds.iter().filter_map(Value::as_str).map(|kind| single(kind, schema))),
        _ => "unknown".to_owned(),
    }
}

fn single(kind: &str, schema: &Value) -> String {
    match kind {
        "integer" | "number" => "number".to_owned(),
        "array" => {
            let item = type_of(&schema["items"]);
            if item.contains(' ') { format!("({item})[]") } else { format!("{item}[]") }
        }
        "object" => object(schema),
        // `string`, `boolean` and `null` are called the same.
        simple => simple.to_owned(),
    }
}

fn object(schema: &Value) -> String {
    let fields = fields_of(schema);
    if fields.is_empty() {
        let rest = schema.get("additionalProperties").filter(|rest| rest.is_object()).map_or("unknown".into(), type_of);
        return format!("Record<string, {rest}>");
    }
    format!("{{ {} }}", fields.iter().map(Field::text).collect::<Vec<_>>().join("; "))
}

/// Each type once, in their order; `null` last.
pub(super) fn union(types: impl Iterator<Item = String>) -> String {
    let mut found: Vec<String> = Vec::new();
    for one in types {
        if !found.contains(&one) {
            found.push(one);
        }
    }
    found.sort_by_key(|one| one == "null");
    if found.is_empty() { "never".to_owned() } else { found.join(" | ") }
}

/// Words as a union of literals.
pub(super) fn literals<'a>(words: impl Iterator<Item = &'a str>) -> String {
    union(words.map(|word| Value::from(word).to_string()))
}

/// The properties of an object.
pub(super) fn fields_of(schema: &Value) -> Vec<Field> {
    let required = |key: &str| schema["required"].as_array().is_some_and(|keys| keys.iter().any(|name| name == key));
    let properties = schema["properties"].as_object().into_iter().flatten();
    properties
        .map(|(key, value)| Field {
            key: key.clone(),
            doc: value["description"].as_str().unwrap_or_default().to_owned(),
            holds: type_of(value),
            optional: !required(key),
        })
        .collect()
}

/// The interface of what a schema describes, with another type for some properties.
pub(super) fn object_type(name: &str, schema: &Value, other: impl Fn(&Field) -> Option<String>) -> String {
    let mut fields = fields_of(schema);
    for field in &mut fields {
        if let Some(holds) = other(field) {
            field.holds = holds;
        }
    }
    interface(name, schema["description"].as_str().unwrap_or_default(), &fields)
}

/// `export interface …`
pub(super) fn interface(name: &str, doc: &str, fields: &[Field]) -> String {
    let mut text = comment("", doc);
    let _ = writeln!(text, "export interface {name} {{");
    for field in fields {
        text.push_str(&comment("  ", &field.doc));
        let _ = writeln!(text, "  {};", field.text());
    }
    text.push_str("}\n\n");
    text
}

/// `export type …`
pub(super) fn alias(name: &str, doc: &str, holds: &str) -> String {
    format!("{}export type {name} = {holds};\n\n", comment("", doc))
}

/// A comment before something, as far in as that.
pub(super) fn comment(indent: &str, doc: &str) -> String {
    let doc = doc.replace("*/", "*\\/");
    let lines: Vec<_> = doc.trim().lines().collect();
    match lines.as_slice() {
        [] => String::new(),
        [only] => format!("{indent}/** {only} */\n"),
        lines => {
            let body: String =
                lines.iter().map(|line| format!("{indent} * {line}").trim_end().to_owned() + "\n").collect();
            format!("{indent}/**\n{body}{indent} */\n")
        }
    }
}

/// A key as it is, or in quotes where it is no word.
pub(super) fn quoted(key: &str) -> String {
    let is_word =
        key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !key.starts_with(|c: char| c.is_ascii_digit());
    if is_word && !key.is_empty() { key.to_owned() } else { Value::from(key).to_string() }
}
