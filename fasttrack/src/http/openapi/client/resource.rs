//! One resource: the types of its rows and of what is sent, and an object with a method for each of its routes.

use std::fmt::Write as _;

use serde_json::Value;

use super::{
    names::camel,
    types::{Field, alias, comment, interface, literals, object_type, type_of},
};
use crate::{
    http::{
        CustomRoute,
        openapi::{custom, expanded, fields, params::BEST_FIRST, resources::Resource},
    },
    pipeline::{changes_are_seen, what_returns_is_seen},
    query::{CAN, MAX_EXPANDED_DEPTH, OPERATORS, filterable, searchable, sortable},
    schema::{Column, Verb, verb_in_words},
    words::{capitalised, has_more, with_article, words},
};

/// What is written of a resource.
pub(super) struct Written<'a> {
    resource: &'a Resource<'a>,
    /// The verbs that the application answers itself, whose answers have no versions and are not kept.
    replaced: Vec<Verb>,
}

impl<'a> Written<'a> {
    pub(super) fn of(resource: &'a Resource<'a>, routes: &[CustomRoute]) -> Self {
        let name = resource.model.schema.name;
        let replaced =
            Verb::ALL.iter().copied().filter(|verb| routes.iter().any(|route| custom::answers(route, name, *verb)));
        Self { resource, replaced: replaced.collect() }
    }

    /// All of it.
    pub(super) fn text(&self) -> String {
        [self.rows(), self.relations(), self.query(), self.class()].concat()
    }

    /// The row, and what is sent to make and to change one.
    fn rows(&self) -> String {
        let Resource { catalog, model, names, all, .. } = *self.resource;
        let added = expanded::properties(catalog, all, model);
        let mut text = String::new();
        for (name, mut schema) in self.resource.schemas() {
            if name == names.page {
                continue;
            }
            let is_row = name == names.row || name == names.expanded;
            let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
            if let Some(properties) = properties.filter(|_| is_row) {
                // What `expand` adds is there where it is asked for.
                properties.retain(|key, _| !added.contains_key(key) || self.is_taken_along(key));
            }
            let stored = |field: &Field| self.stored(field).filter(|_| is_row);
            text.push_str(&object_type(&name, &schema, stored));
        }
        text
    }

    fn is_taken_along(&self, key: &str) -> bool {
        self.resource.model.schema.taken_along().any(|(has, _)| has.name == key || has_more(has.name) == key)
    }

    fn stored(&self, field: &Field) -> Option<String> {
        let column = self.resource.model.schema.column_of_key(&field.key)?;
        column.file.map(|_| if column.nullable { "StoredFile | null".to_owned() } else { "StoredFile".to_owned() })
    }

    /// What `expand` can name, and what that adds.
    fn relations(&self) -> String {
        let Resource { catalog, model, names, all, .. } = *self.resource;
        let mut found = Vec::new();
        for (column, target) in expanded::relations(catalog, model) {
            let Some(theirs) = all.get(target.index) else { continue };
            let how = if column.pairs.is_some() { "Several" } else { "One" };
            let row = expanded::inside(catalog, target, theirs);
            found.push(Field::required(column.name, "", format!("{how}<{row}, {}Relations>", theirs.row)));
        }
        for (has, _) in model.schema.taken_along() {
            let Some(theirs) = catalog.find(has.resource).and_then(|model| all.get(model.index)) else { continue };
            found.push(Field::required(has.name, "", format!("Several<{0}, {0}Relations>", theirs.row)));
        }
        if !names.can.is_empty() {
            found.push(Field::required(CAN, "", format!("Rights<{}>", literals(names.can.iter().map(String::as_str)))));
        }
        let paths = expanded::paths(catalog, all, model, MAX_EXPANDED_DEPTH);
        let noun = words(model.schema.name);
        let doc = format!("What can be shown inside {}.", with_article(&noun));
        let paths = alias(&format!("{}Expand", names.row), &doc, &literals(paths.iter().map(String::as_str)));
        let doc = format!("What that adds to {}.", with_article(&noun));
        paths + &interface(&format!("{}Relations", names.row), &doc, &found)
    }

    /// What a list can be asked.
    fn query(&self) -> String {
        let (schema, row) = (self.resource.model.schema, &self.resource.names.row);
        if schema.rule(Verb::List).is_none() {
            return String::new();
        }
        let filters: Vec<_> = filterable(schema).map(filter).collect();
        let nouns = words(schema.plural);
        let keys = sortable(schema).flat_map(|column| [column.key.to_owned(), format!("-{}", column.key)]);
        let best = searchable(schema).next().map(|_| BEST_FIRST.to_owned());
        let orders: Vec<_> = keys.chain(best).collect();
        let orders = literals(orders.iter().map(String::as_str));
        interface(&format!("{row}Filter"), &format!("What {nouns} can be filtered by."), &filters)
            + &alias(&format!("{row}Sort"), &format!("What {nouns} can be sorted by; `-` is descending."), &orders)
    }

    /// The object with its methods.
    fn class(&self) -> String {
        let tag = self.resource.tag();
        let mut text = comment("", tag.get("description").and_then(Value::as_str).unwrap_or_default());
        let _ = writeln!(text, "export class {}Api extends Rows {{", self.resource.names.row);
        let methods = [self.create(), self.list(), self.me(), self.get(), self.update(), self.delete()];
        let methods = methods.into_iter().chain([self.restore(), self.history(), self.files()]).flatten();
        text.push_str(&methods.collect::<Vec<_>>().join("\n"));
        text.push_str("}\n\n");
        text
    }

    /// Where a list is, what its methods take first, and what they say of it.
    fn collection(&self) -> (String, String, String) {
        let Resource { catalog, model, .. } = *self.resource;
        let schema = model.schema;
        match model.parent.and_then(|parent| Some((parent, catalog.get(parent.index)?))) {
            Some((parent, above)) => {
                let id = camel(parent.key);
                let path = format!("/{}/${{{id}}}/{}", above.schema.plural, schema.plural);
                (path, format!("{id}: number, "), format!(", under: [\"{}\", {id}]", parent.key))
            }
            None => (format!("/{}", schema.plural), String::new(), String::new()),
        }
    }

    fn doc(&self, what: &str, verb: Verb) -> Option<String> {
        let schema = self.resource.model.schema;
        let who = verb_in_words(verb, schema, self.resource.catalog)?;
        Some(comment("  ", &format!("{what}. Who may: {who}.")))
    }

    fn one(&self) -> String {
        with_article(&words(self.resource.model.schema.name))
    }

    /// Whether a change is made once under a key.
    fn keyed(&self, verb: Verb) -> bool {
        !self.replaced.contains(&verb)
    }

    fn row_path(&self, rest: &str) -> String {
        format!("`/{}/${{id}}{rest}`", self.resource.model.schema.plural)
    }

    fn create(&self) -> Option<String> {
        let (names, (path, parent, _)) = (self.resource.names, self.collection());
        let doc = self.doc(&format!("Create {}", self.one()), Verb::Create)?;
        Some(format!(
            "{doc}  create({parent}body: {}, options: ChangeOptions = {{}}): Promise<{}> {{\n    \
             return this.addRow(`{path}`, \"/{}\", body, {{ keyed: {}, options }});\n  }}\n",
            names.create,
            names.row,
            self.resource.model.schema.plural,
            self.keyed(Verb::Create),
        ))
    }

    /// `<E extends …, F extends …>` and what they make of the row.
    fn shape(&self) -> (String, String) {
        let (row, mut fields) = (&self.resource.names.row, format!("keyof {}", self.resource.names.row));
        let more: Vec<_> = self.resource.model.schema.taken_along().map(|(has, _)| has_more(has.name)).collect();
        if !more.is_empty() {
            fields = format!("Exclude<{fields}, {}>", literals(more.iter().map(String::as_str)));
        }
        let generics = format!("<Path extends {row}Expand = never, Field extends {fields} = never>");
        (generics, format!("Shaped<{row}, {row}Relations, Path, Field>"))
    }

    fn list(&self) -> Option<String> {
        let (schema, row) = (self.resource.model.schema, &self.resource.names.row);
        let ((path, parent, under), (generics, shaped)) = (self.collection(), self.shape());
        let doc = self.doc(&format!("List {}", words(schema.plural)), Verb::List)?;
        let searched = if searchable(schema).next().is_some() { " & SearchOptions" } else { "" };
        let found = schema.rule(Verb::Read).map(|_| format!(", row: \"/{}\"", schema.plural)).unwrap_or_default();
        Some(format!(
            "{doc}  list{generics}({parent}options: ListOptions<{row}Filter, {row}Sort, Path, Field>{searched} = {{}}): List<{shaped}> {{\n    \
             return new List(this.transport, `${{PREFIX}}{path}`, options, {{ of: \"{}\"{under}{found} }});\n  }}\n",
            schema.name
        ))
    }

    fn me(&self) -> Option<String> {
        let schema = self.resource.model.schema;
        let (names, (generics, shaped)) = (self.resource.names, self.shape());
        let (noun, path) = (words(schema.name), format!("/{}/me", schema.plural));
        schema.account.then(|| {
            format!(
                "  /** One's own {noun}. */\n  me{generics}(options: ReadOptions<Path, Field> = {{}}): Promise<{shaped}> {{\n    \
                 return this.readRow(\"{path}\", options);\n  }}\n\n  \
                 /** Changes one's own {noun}. */\n  async updateMe(body: {own}, options: RowChangeOptions = {{}}): Promise<{row}> {{\n    \
                 const call = {{ method: \"PATCH\", body, keyed: true, asksForSecret: \"current_password\" in body }};\n    \
                 const row = await this.changeRow<{row}>(\"{path}\", call, options);\n    \
                 this.transport.versions.forget(`/{plural}/${{row.id}}`);\n    return row;\n  }}\n",
                own = names.update_own,
                row = names.row,
                plural = schema.plural,
            )
        })
    }

    fn get(&self) -> Option<String> {
        let (generics, shaped) = self.shape();
        let doc = self.doc(&format!("Read {}", self.one()), Verb::Read)?;
        Some(format!(
            "{doc}  get{generics}(id: number, options: ReadOptions<Path, Field> = {{}}): Promise<{shaped}> {{\n    \
             return this.readRow({}, options);\n  }}\n",
            self.row_path("")
        ))
    }

    fn update(&self) -> Option<String> {
        let Resource { catalog, model, names, .. } = *self.resource;
        let doc = self.doc(&format!("Change {}", self.one()), Verb::Update)?;
        let answer = answer(&names.row, changes_are_seen(catalog, model));
        let (also, secret) = if model.schema.account {
            let forget = format!("this.transport.versions.forget(\"/{}/me\");\n    ", model.schema.plural);
            (forget, ", asksForSecret: \"current_password\" in body")
        } else {
            (String::new(), "")
        };
        Some(format!(
            "{doc}  update(id: number, body: {}, options: RowChangeOptions = {{}}): Promise<{answer}> {{\n    \
             {also}return this.changeRow({}, {{ method: \"PATCH\", body, keyed: {}{secret} }}, options);\n  }}\n",
            names.update,
            self.row_path(""),
            self.keyed(Verb::Update),
        ))
    }

    fn delete(&self) -> Option<String> {
        let doc = self.doc(&format!("Delete {}", self.one()), Verb::Delete)?;
        let path = self.row_path("");
        Some(format!(
            "{doc}  delete(id: number, options: RowChangeOptions = {{}}): Promise<void> {{\n    \
             return this.takeAway({path}, {path}, {}, options);\n  }}\n",
            self.keyed(Verb::Delete)
        ))
    }

    fn restore(&self) -> Option<String> {
        let Resource { catalog, model, names, .. } = *self.resource;
        let doc = self.doc(&format!("Have {} be there again", self.one()), Verb::Restore)?;
        let answer = answer(&names.row, what_returns_is_seen(catalog, model));
        Some(format!(
            "{doc}  restore(id: number, options: ChangeOptions = {{}}): Promise<{answer}> {{\n    \
             return this.addRow({}, \"/{}\", undefined, {{ keyed: {}, options }});\n  }}\n",
            self.row_path("/restore"),
            model.schema.plural,
            self.keyed(Verb::Restore),
        ))
    }

    fn history(&self) -> Option<String> {
        let schema = self.resource.model.schema;
        let doc = self.doc(&format!("What changed in {}", self.one()), Verb::History)?;
        Some(format!(
            "{doc}  history(id: number, options: PageOptions = {{}}): List<RowChange<{}>> {{\n    \
             return new List(this.transport, `${{PREFIX}}/{}/${{id}}/history`, options);\n  }}\n",
            self.resource.names.row, schema.plural
        ))
    }

    /// Its files, each with what can be done with it.
    fn files(&self) -> Option<String> {
        let fields: Vec<_> = self.resource.model.schema.columns.iter().filter(|column| column.file.is_some()).collect();
        let files: String = fields.iter().map(|column| self.file(column)).collect();
        (!files.is_empty()).then(|| {
            format!("  /** The files of a row, by the fields that have them. */\n  readonly files = {{\n{files}  }};\n")
        })
    }

    fn file(&self, column: &Column) -> String {
        let Resource { catalog, model, names, .. } = *self.resource;
        let schema = model.schema;
        let id = if schema.account { "id: number | \"me\"" } else { "id: number" };
        let may = |verb| schema.rule(verb).is_some() || schema.account;
        let (row, field) = (self.row_path(""), column.name);
        let mut text = comment("    ", &format!("{}.", capitalised(&words(field))));
        let _ = writeln!(text, "    {}: {{", camel(field));
        if may(Verb::Update) {
            let answer = answer(&names.row, changes_are_seen(catalog, model));
            let _ = writeln!(
                text,
                "      put: ({id}, file: FileInput, options: RowChangeOptions & {{ readonly name?: string }} = {{}}): Promise<{answer}> =>\n        \
                 this.putFile({row}, \"{field}\", file, options),\n      \
                 delete: ({id}, options: RowChangeOptions = {{}}): Promise<void> =>\n        \
                 this.takeAway({}, {row}, true, options),",
                self.row_path(&format!("/{field}"))
            );
        }
        if may(Verb::Read) {
            let _ = writeln!(
                text,
                "      get: ({id}, options: FileReadOptions = {{}}): Promise<Response> => this.getFile({}, options),",
                self.row_path(&format!("/{field}"))
            );
        }
        text.push_str("    },\n");
        text
    }
}

/// What a change answers, where it is not known that the caller may see it.
fn answer(row: &str, is_seen: bool) -> String {
    if is_seen { row.to_owned() } else { format!("{row} | null") }
}

fn filter(column: &'static Column) -> Field {
    let operators: Vec<_> =
        OPERATORS.iter().filter(|operator| operator.is_for(column)).map(|operator| operator.name).collect();
    let value = type_of(&fields::in_filter(column));
    let names = literals(operators.iter().copied().filter(|name| !name.is_empty()));
    let kind = if operators.contains(&"") { "Filter" } else { "Operated" };
    let doc = if column.read.is_some() { "Only for who is shown the field." } else { "" };
    Field::optional(column.key, doc, format!("{kind}<{value}, {names}>"))
}
