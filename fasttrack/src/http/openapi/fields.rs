//! A column as JSON Schema (2020-12): what it looks like in an answer, in an input and in a filter.

use serde_json::{Map, Number, Value, json};

use crate::{
    schema::{Catalog, Column, Fallback, Kind, Literal, Schema, Transition, rule_in_words},
    types::{Named, Storage},
    words::{capitalised, markdown, sentence, words},
};

/// Which input a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    /// The body that creates a row.
    Create,
    /// The body that registers an account.
    Register,
    /// The body that changes a row.
    Update,
    /// The body with which accounts change themselves.
    UpdateOwn,
}

impl Input {
    pub(super) const fn creates(self) -> bool {
        matches!(self, Self::Create | Self::Register)
    }

    /// Whether a client may send this column here.
    pub(super) fn takes(self, schema: &Schema, column: &Column) -> bool {
        let by_the_server = column.is_automatic() || column.read_only;
        let by_the_path = schema.under == Some(column.name);
        let by_another_role = column.write.is_some() && matches!(self, Self::Register | Self::UpdateOwn);
        let too_late = !self.creates() && (column.write_once || column.kind == Kind::PasswordHash);
        let by_its_owner = self == Self::Create && column.kind == Kind::PasswordHash && schema.invites();
        !(by_the_server || by_the_path || by_another_role || too_late || by_its_owner)
    }

    /// Whether a client has to send this column here.
    pub(super) fn requires(self, column: &Column) -> bool {
        self.creates() && !column.nullable && column.fallback == Fallback::Required
    }
}

/// What is sent beside a change of an account's address.
pub(super) fn current_password(schema: &Schema, input: Input) -> Option<(String, Value)> {
    let address = schema.address().filter(|address| !input.creates() && input.takes(schema, address))?;
    let description = format!("The password of whoever is calling; asked for where `{}` changes.", address.key);
    let field = json!({ "type": "string", "format": "password", "writeOnly": true, "description": description });
    Some(("current_password".to_owned(), field))
}

/// The column in an answer.
pub(super) fn in_answer(catalog: &Catalog, schema: &Schema, column: &Column) -> Value {
    let mut field = typed(column);
    describe(&mut field, &description(catalog, schema, column, false));
    let by_the_path = schema.under == Some(column.name);
    if column.is_automatic() || column.read_only || by_the_path {
        field.insert("readOnly".to_owned(), json!(true));
    }
    Value::Object(field)
}

/// The column in a message, where it may be null also for want of a row.
pub(super) fn in_message(catalog: &Catalog, schema: &Schema, column: &Column, may_be_null: bool) -> Value {
    let mut field = typed(column);
    if may_be_null && !column.nullable {
        make_nullable(&mut field);
    }
    describe(&mut field, &description(catalog, schema, column, false));
    Value::Object(field)
}

/// The column in an input.
pub(super) fn in_input(catalog: &Catalog, schema: &Schema, column: &Column, input: Input) -> Value {
    let mut field = typed(column);
    describe(&mut field, &description(catalog, schema, column, true));
    if input.creates()
        && let Some(default) = default_of(column)
    {
        field.insert("default".to_owned(), default);
    }
    if column.hidden {
        field.insert("writeOnly".to_owned(), json!(true));
    }
    Value::Object(field)
}

/// The value that a filter compares the column with. Bounds of the column do not bind a filter; null is an operator of
/// its own.
pub(super) fn in_filter(column: &Column) -> Value {
    let mut field = of_kind(column.kind);
    if let (true, Some(Value::Object(one))) = (column.kind.facts().holds_many, field.get("items")) {
        return Value::Object(one.clone());
    }
    if column.kind.facts().is_text {
        // Looking for a part of an address is no address.
        field.remove("format");
        field.insert("minLength".to_owned(), json!(1));
    }
    Value::Object(field)
}

fn typed(column: &Column) -> Map<String, Value> {
    let mut field = of_kind(column.kind);
    if let Some((min, max)) = column.len {
        if min > 0 {
            field.insert("minLength".to_owned(), json!(min));
        }
        if max < u32::MAX {
            field.insert("maxLength".to_owned(), json!(max));
        }
    }
    if let Some((min, max)) = column.int_range.filter(|_| column.kind.scale() == 0) {
        bound(&mut field, "minimum", (min > i64::MIN).then(|| min.into()));
        bound(&mut field, "maximum", (max < i64::MAX).then(|| max.into()));
    }
    if let Some((min, max)) = column.float_range {
        bound(&mut field, "minimum", Number::from_f64(min));
        bound(&mut field, "maximum", Number::from_f64(max));
    }
    if let Some(Value::Object(mut item)) = field.get("items").cloned() {
        for bound in ["minLength", "maxLength", "minimum", "maximum"] {
            item.extend(field.shift_remove(bound).map(|value| (bound.to_owned(), value)));
        }
        field.insert("items".to_owned(), Value::Object(item));
    }
    if let Some(max) = column.max {
        field.insert("maxItems".to_owned(), json!(max));
    }
    if column.nullable {
        make_nullable(&mut field);
    }
    field
}

fn of_kind(kind: Kind) -> Map<String, Value> {
    match (kind.facts().json_schema)(kind) {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

fn bound(field: &mut Map<String, Value>, keyword: &str, value: Option<Number>) {
    if let Some(value) = value {
        field.insert(keyword.to_owned(), Value::Number(value));
    }
}

fn make_nullable(field: &mut Map<String, Value>) {
    if let Some(one) = field.get_mut("type") {
        *one = json!([one.take(), "null"]);
    }
    if let Some(Value::Array(words)) = field.get_mut("enum") {
        words.push(Value::Null);
    }
}

fn default_of(column: &Column) -> Option<Value> {
    match column.fallback {
        Fallback::Required | Fallback::Empty if column.nullable => Some(Value::Null),
        Fallback::Required => None,
        Fallback::Empty => {
            let empty = column.kind.empty().filter(|_| column.kind.facts().takes_empty)?;
            Some(match (column.storage(), empty) {
                (Storage::Json, Literal::Text(json)) => serde_json::from_str(json).ok()?,
                (_, literal) => constant(literal),
            })
        }
        Fallback::Value(literal) => Some(constant(literal)),
    }
}

fn constant(literal: Literal) -> Value {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(value) => json!(value),
        Literal::Int(value) => json!(value),
        Literal::Float(value) => json!(value),
        Literal::Decimal(value) => json!(value.to_string()),
        Literal::Text(value) => json!(value),
        Literal::Texts(items) => json!(items),
        Literal::Integers(items) => json!(items),
    }
}

fn describe(field: &mut Map<String, Value>, text: &str) {
    field.insert("description".to_owned(), json!(text));
}

/// The doc comment, else a sentence made of name and kind; then what the options add.
fn description(catalog: &Catalog, schema: &Schema, column: &Column, as_input: bool) -> String {
    let doc = markdown(column.doc);
    let mut sentences = vec![if doc.is_empty() { made_up(schema, column) } else { sentence(&doc) }];
    if as_input {
        sentences.extend(column.kind.facts().input_note.map(str::to_owned));
        sentences.extend(column.decimal_range().map(|(min, max)| format!("From {min} to {max}.")));
        if column.write_once {
            sentences.push("Cannot be changed later.".to_owned());
        }
        if let Some(rule) = &column.write {
            sentences.push(format!("May be set by: {}.", rule_in_words(rule, schema, catalog)));
        }
    } else if let Some(rule) = &column.read {
        sentences.push(format!("Shown to: {}.", rule_in_words(rule, schema, catalog)));
    }
    if column.actor && !as_input {
        sentences.push("Set by the server: who created it.".to_owned());
    }
    if let Some(flow) = column.flow {
        let by = |step: &Transition| {
            let rule = step.rule.map(|rule| rule_in_words(&rule, schema, catalog));
            rule.map_or_else(String::new, |who| format!(" ({who})"))
        };
        let steps = flow.iter().map(|step| format!("`{}` to {}{}", step.from, listed(step.to), by(step)));
        sentences.push(format!("May go from {}.", steps.collect::<Vec<_>>().join(", from ")));
    }
    if column.unique {
        let unique = if column.kind.facts().ignores_case { "Unique, regardless of case." } else { "Unique." };
        sentences.push(unique.to_owned());
    }
    sentences.join(" ")
}

/// `a` or `b`
fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ")
}

fn made_up(schema: &Schema, column: &Column) -> String {
    let (row, field) = (words(schema.name), words(column.name));
    let described = (column.kind.facts().described)(column.kind, &Named { row: &row, field: &field });
    described.unwrap_or_else(|| format!("{} of the {row}.", capitalised(&field)))
}

#[cfg(test)]
mod tests {
    use super::{super::sample, *};

    #[track_caller]
    fn check(key: &str, input: Input, expected: &Value) {
        let catalog = sample::everything();
        let schema = catalog.find("problem").unwrap().schema;
        let column = schema.column_of_key(key).unwrap();
        let mut field = in_input(&catalog, schema, column, input);
        field.as_object_mut().unwrap().remove("description").unwrap();
        assert_eq!(&field, expected, "{key}");
    }

    #[test]
    fn columns_become_json_schema() {
        check("note", Input::Create, &json!({ "type": ["string", "null"], "maxLength": 20, "default": null }));
        check("note", Input::Update, &json!({ "type": ["string", "null"], "maxLength": 20 }));
        check("amount", Input::Create, &json!({ "type": "integer", "format": "int64", "minimum": 0, "default": 0 }));
        check(
            "ratio",
            Input::Update,
            &json!({ "type": ["number", "null"], "format": "double", "minimum": 0.0, "maximum": 0.5 }),
        );
        check("due", Input::Create, &json!({ "type": "string", "format": "date" }));
        check("extra", Input::Create, &json!({}));
        check("more", Input::Update, &json!({}));
        check("level", Input::Update, &json!({ "type": ["string", "null"], "enum": ["low", "high", null] }));
        check("code", Input::Create, &json!({ "type": "string", "minLength": 3, "maxLength": 3 }));
        check(
            "secret",
            Input::Create,
            &json!({ "type": "string", "minLength": 1, "maxLength": 10, "writeOnly": true }),
        );
        check("task_id", Input::Update, &json!({ "type": ["integer", "null"], "format": "int64", "minimum": 1 }));
    }

    #[test]
    fn a_list_bounds_its_values() {
        let texts = Column::new::<Vec<String>>("tags", "tags").max(5).len(1, 9);
        let text = json!({ "type": "string", "minLength": 1, "maxLength": 9 });
        let expected = json!({ "type": "array", "items": text, "maxItems": 5 });
        assert_eq!(Value::Object(typed(&texts)), expected);
        // What is asked for is bound by nothing.
        assert_eq!(in_filter(&texts), json!({ "type": "string" }));
        assert_eq!(default_of(&texts.default_empty()), Some(json!([])));
        assert_eq!(default_of(&texts.default_value(Literal::Texts(&["a", "é"]))), Some(json!(["a", "é"])));
        let integers = Column::new::<Option<Vec<i64>>>("sizes", "sizes").max(1).int_range(0, i64::MAX);
        let integer = json!({ "type": "integer", "format": "int64", "minimum": 0 });
        let expected = json!({ "type": ["array", "null"], "items": integer, "maxItems": 1 });
        assert_eq!(Value::Object(typed(&integers)), expected);
        assert_eq!(default_of(&integers.default_value(Literal::Integers(&[3, 3]))), Some(json!([3, 3])));
    }

    #[test]
    fn inputs_take_what_a_client_may_send() {
        let catalog = sample::everything();
        let check = |resource: &str, input: Input, expected: &[&str]| {
            let schema = catalog.find(resource).unwrap().schema;
            let taken = schema.columns.iter().filter(|column| input.takes(schema, column));
            assert_eq!(taken.map(|column| column.key).collect::<Vec<_>>(), expected, "{resource} {input:?}");
        };
        check("user", Input::Create, &["email", "password", "display_name", "role", "is_active"]);
        check("user", Input::Register, &["email", "password", "display_name"]);
        check("user", Input::Update, &["email", "display_name", "role", "is_active"]);
        check("user", Input::UpdateOwn, &["email", "display_name"]);
        let changeable = ["note", "amount", "ratio", "due", "done_at", "extra", "more", "level", "secret", "task_id"];
        check("problem", Input::Update, &changeable);
        check("comment", Input::Create, &["body"]);
    }
}
