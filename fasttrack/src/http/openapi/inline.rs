//! Rows that a `POST` takes along and that rows show: what bodies and answers have of them, and what a creation may run into.

use serde_json::{Map, Value, json};

use super::{
    access::{Access, access},
    fields::Input,
    operation::{Operation, component},
    resources::Resource,
};
use crate::{
    schema::{Column, Has, Inline, Verb},
    sql::MAX_SHOWN,
    words::{capitalised, has_more, words},
};

/// Rows of one name.
struct Taken<'a> {
    has: &'static Has,
    inline: Inline,
    rows: Resource<'a>,
    /// By which they refer to the row.
    relation: &'static Column,
}

impl Resource<'_> {
    fn taken_along(&self) -> Vec<Taken<'_>> {
        let taken = |(has, inline): (&'static Has, Inline)| {
            let model = self.catalog.find(has.resource)?;
            let relation = model.schema.column(has.relation)?;
            Some(Taken { has, inline, rows: Resource::new(self.catalog, model, self.all)?, relation })
        };
        self.model.schema.taken_along().filter_map(taken).collect()
    }

    /// The keys of them in an answer.
    pub(super) fn inlined_in_answer(&self) -> Map<String, Value> {
        let shown = |taken: Taken<'_>| {
            let name = taken.has.name;
            let rows = words(taken.rows.model.schema.plural);
            let description = format!("The first {MAX_SHOWN} {rows} that the caller may read, by id.");
            let items = component(&taken.rows.names.row);
            let list = json!({ "description": description, "type": "array", "maxItems": MAX_SHOWN, "items": items });
            let more = json!({ "description": format!("Whether there are more {rows}."), "type": "boolean" });
            [(name.to_owned(), list), (has_more(name), more)]
        };
        self.taken_along().into_iter().flat_map(shown).collect()
    }

    /// The keys of them in a body that creates, and which of these have to be there.
    pub(super) fn inlined_in_input(&self, input: Input) -> (Map<String, Value>, Vec<&'static str>) {
        let taken = if input == Input::Create { self.taken_along() } else { Vec::new() };
        let required = taken.iter().filter(|taken| taken.inline.min > 0).map(|taken| taken.has.name).collect();
        (taken.iter().map(|taken| (taken.has.name.to_owned(), taken.in_input())).collect(), required)
    }

    /// Who may create a row, with what has to come along.
    pub(super) fn with_inlined(&self, create: Access) -> Access {
        let with = |own: Access, taken: &Taken<'_>| {
            let theirs = access(taken.rows.catalog, taken.rows.model, Verb::Create);
            let refuses = own.refuses || theirs.refuses;
            // Where none has to come along, somebody whom their rule never lets may create the row alone.
            if taken.inline.min > 0 { own.and(theirs) } else { Access { refuses, ..own } }
        };
        self.taken_along().iter().fold(create, with)
    }

    /// Says of a creation what comes along, and what that may run into.
    pub(super) fn with_what_comes_along(&self, operation: Operation) -> Operation {
        let with = |operation: Operation, taken: &Taken<'_>| {
            let name = taken.has.name;
            let operation = operation.explain(format!(
                "`{name}` are created along, in the same transaction and each as by a `POST` of its own; a fault names it: `{name}.0`."
            ));
            taken.rows.restricted(operation, Input::Create)
        };
        self.taken_along().iter().fold(operation, with)
    }
}

impl Taken<'_> {
    fn in_input(&self) -> Value {
        let description =
            format!("{} that come into being with it.", capitalised(&words(self.rows.model.schema.plural)));
        let mut list = json!({ "description": description, "type": "array", "items": self.item() });
        let Inline { min, max } = self.inline;
        if let Some(list) = list.as_object_mut() {
            list.insert("maxItems".to_owned(), json!(max));
            if min > 0 {
                list.insert("minItems".to_owned(), json!(min));
            } else {
                list.insert("default".to_owned(), json!([]));
            }
        }
        list
    }

    /// One of them: what creates it alone, but for the row that it will refer to.
    fn item(&self) -> Value {
        let schema = self.rows.model.schema;
        if !Input::Create.takes(schema, self.relation) {
            return component(&self.rows.names.create);
        }
        let mut item = self.rows.input_schema(
            Input::Create,
            &format!("{}, without its `{}`.", capitalised(&words(schema.name)), self.relation.key),
        );
        if let Some(properties) = item.get_mut("properties").and_then(Value::as_object_mut) {
            properties.remove(self.relation.key);
        }
        if let Some(required) = item.get_mut("required").and_then(Value::as_array_mut) {
            required.retain(|key| key != self.relation.key);
        }
        item
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::openapi::{Settings, document, sample};

    #[test]
    fn what_comes_along_is_in_the_body_and_in_the_row() {
        let document = document(&sample::everything(), &[], &Settings::default());
        let schemas = &document["components"]["schemas"];
        let create = &schemas["ProblemRowCreate"];
        let (notices, hints) = (&create["properties"]["notices"], &create["properties"]["hints"]);
        assert_eq!((&notices["minItems"], &notices["maxItems"]), (&json!(1), &json!(3)));
        assert_eq!(notices["items"]["required"], json!(["text"]));
        assert!(notices["items"]["properties"].get("problem_id").is_none(), "{notices}");
        assert_eq!(
            (&hints["items"], &hints["default"]),
            (&json!({ "$ref": "#/components/schemas/HintCreate" }), &json!([]))
        );
        let required = |schema: &Value, key: &str| schema["required"].as_array().unwrap().contains(&json!(key));
        assert!(required(create, "notices") && !required(create, "hints"));
        let row = &schemas["ProblemRow"];
        assert_eq!(row["properties"]["hints"]["items"], json!({ "$ref": "#/components/schemas/Hint" }));
        assert_eq!(row["properties"]["hints"]["maxItems"], json!(MAX_SHOWN));
        assert!(required(row, "hints") && required(row, "hints_has_more"));
        assert!(schemas["ProblemRowUpdate"]["properties"].get("hints").is_none());
        let post = &document["paths"]["/api/v1/problems"]["post"];
        // Whoever creates one brings notices, which asks for a token; and hints, which are not everybody's to bring.
        assert!(post.get("security").is_none(), "{post}");
        for status in ["403", "409"] {
            assert!(post["responses"].get(status).is_some(), "{status} in {post}");
        }
    }
}
