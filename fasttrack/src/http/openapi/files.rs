//! The routes of files that rows have.

use serde_json::{Map, Value, json};

use super::{
    access::access,
    operation::Operation,
    params,
    resources::{ANYONE_LOGGED_IN, Resource, changes_version, happens_once, reads_version, who_may},
};
use crate::{
    http::routes::{API_PREFIX, FileAct},
    pipeline::changes_are_seen,
    schema::{Column, FileField, verb_in_words},
    words::{capitalised, with_article, words},
};

impl Resource<'_> {
    /// The paths of its files, with their operations.
    pub(super) fn file_paths(&self) -> Vec<(String, Value)> {
        let schema = self.model.schema;
        let mut paths = Vec::new();
        for (column, field) in schema.columns.iter().filter_map(|column| Some((column, column.file?))) {
            let path = |id: &str| format!("{API_PREFIX}/{}/{id}/{}", schema.plural, field.name);
            if schema.account {
                paths.push((path("me"), self.file_item(column, field, true)));
            }
            paths.push((path("{id}"), self.file_item(column, field, false)));
        }
        paths.retain(|(_, item)| item.as_object().is_some_and(|operations| !operations.is_empty()));
        paths
    }

    fn file_item(&self, column: &Column, field: &FileField, is_own: bool) -> Value {
        let mut item = Map::new();
        for act in [FileAct::Put, FileAct::Get, FileAct::Delete] {
            let is_shut = is_own && act != FileAct::Get && column.write.is_some();
            let operation = match act {
                FileAct::Put => self.put_file(field, is_own),
                FileAct::Get => self.get_file(field, is_own),
                FileAct::Delete => happens_once(changes_version(self.about_file("delete", field, is_own)))
                    .answers_empty(204, "There is no file any more."),
            };
            if let Some(operation) = self.for_whom(operation, act, is_own).filter(|_| !is_shut) {
                item.insert(act.method().to_ascii_lowercase(), operation.render());
            }
        }
        Value::Object(item)
    }

    /// An operation, for whoever its rule lets; none where it has none.
    fn for_whom(&self, operation: Operation, act: FileAct, is_own: bool) -> Option<Operation> {
        if is_own {
            return Some(operation.explain(ANYONE_LOGGED_IN));
        }
        let who = verb_in_words(act.verb(), self.model.schema, self.catalog)?;
        let access = access(self.catalog, self.model, act.verb());
        let is_concealed = act == FileAct::Get && self.model.schema.conceal;
        let operation = operation.anonymous(access.anonymous).explain(who_may(&who, access));
        Some(if access.refuses && !is_concealed { operation.refuses(&[403]) } else { operation })
    }

    fn put_file(&self, field: &FileField, is_own: bool) -> Operation {
        let (noun, types) = (words(self.model.schema.name), field.types.join("`, `"));
        let operation = self.about_file("put", field, is_own).explain(format!(
            "The body is the file, {} bytes at most, and of a type that its first bytes say: `{types}`. `Content-Disposition` \
             may give it a name.",
            field.max_bytes
        ));
        let name = header("Content-Disposition", "The name of the file, as in `attachment; filename=\"a.png\"`.");
        let operation = operation.parameters([name]);
        let operation =
            operation.file_body(field.types).answers(200, &format!("The {noun} as it is now."), &self.names.row);
        let operation = changes_version(operation.with_header("ETag")).refuses(&[409]);
        let operation = if is_own || changes_are_seen(self.catalog, self.model) {
            operation
        } else {
            operation.answers_empty(204, &format!("The {noun} has the file; you may not see it."))
        };
        operation
            .refuses_when(400, "The file did not arrive whole.")
            .refuses_when(413, format!("The file is longer than {} bytes.", field.max_bytes))
            .refuses_when(415, "The file is none of these types, or not of the one that `Content-Type` says.")
    }

    fn get_file(&self, field: &FileField, is_own: bool) -> Operation {
        let bytes = json!({ "type": "string", "format": "binary" });
        let media_type = if let [only] = field.types { only } else { "*/*" };
        let operation = self.about_file("get", field, is_own).parameters([
            header("Range", "Which bytes are wanted, as `bytes=0-1023`: one range."),
            header("If-Range", "The tag of the file of which these are wanted; of another one, all are sent."),
        ]);
        let operation = operation
            .answers_with(200, "The bytes, of the type that the row says.", media_type, &bytes)
            .answers_with(206, "The bytes that `Range` names.", media_type, &bytes)
            .with_header("Content-Disposition")
            .refuses(&[404, 416]);
        reads_version(operation)
    }

    fn about_file(&self, action: &str, field: &FileField, is_own: bool) -> Operation {
        let schema = self.model.schema;
        let (noun, file) = (words(schema.name), words(field.name));
        let whose = if is_own { format!("one's own {noun}") } else { with_article(&noun) };
        let (owner, verb) = (if is_own { "me" } else { schema.name }, capitalised(action));
        let summary = format!("{verb} the {file} of {whose}");
        let operation = Operation::new(format!("{action}_{owner}_{}", field.name), schema.plural, summary);
        if is_own { operation } else { operation.parameters([params::id(&noun)]).refuses(&[404]) }
    }
}

/// A header that may be sent.
fn header(name: &str, description: &str) -> Value {
    json!({ "name": name, "in": "header", "description": description, "schema": { "type": "string" } })
}
