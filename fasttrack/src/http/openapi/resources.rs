//! The routes and bodies that follow from the declarations.

use serde_json::{Map, Value, json};

use super::{
    access::{Access, access},
    constraints, expanded,
    fields::{self, Input},
    names::Names,
    operation::{Operation, component},
    pages::{changes, counted, page},
    params,
    relations::Fallout,
};
use crate::{
    http::routes,
    pipeline::{changes_are_seen, shown_inside_others, shown_wherever_seen, what_returns_is_seen},
    schema::{Catalog, Column, Model, Registration, Schema, Verb, span, verb_in_words},
    words::{capitalised, markdown, sentence, with_article, words},
};

/// One resource, as the document speaks of it.
pub(super) struct Resource<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) model: &'a Model,
    pub(super) names: &'a Names,
    /// The names of each resource.
    pub(super) all: &'a [Names],
    noun: String,
    nouns: String,
}

impl<'a> Resource<'a> {
    /// A resource under its names, which are among `all`.
    pub(super) fn new(catalog: &'a Catalog, model: &'a Model, all: &'a [Names]) -> Option<Self> {
        let names = all.get(model.index)?;
        let (noun, nouns) = (words(model.schema.name), words(model.schema.plural));
        Some(Self { catalog, model, names, all, noun, nouns })
    }

    /// The tag that its operations stand under.
    pub(super) fn tag(&self) -> Value {
        let doc = markdown(self.model.schema.doc);
        let description = if doc.is_empty() { format!("{}.", capitalised(&self.nouns)) } else { sentence(&doc) };
        json!({ "name": self.model.schema.plural, "description": description })
    }

    /// Its paths with their operations.
    pub(super) fn paths(&self) -> Vec<(String, Value)> {
        let plural = self.model.schema.plural;
        let row = format!("/api/v1/{plural}/{{id}}");
        let mut paths = vec![(self.collection_path(), self.path_item(&[("post", Verb::Create), ("get", Verb::List)]))];
        if self.model.schema.account {
            let own = json!({ "get": self.get_me().render(), "patch": self.update_me().render() });
            paths.push((format!("/api/v1/{plural}/me"), own));
        }
        paths.push((row, self.path_item(&[("get", Verb::Read), ("patch", Verb::Update), ("delete", Verb::Delete)])));
        paths.push((format!("/api/v1/{plural}/{{id}}/restore"), self.path_item(&[("post", Verb::Restore)])));
        paths.push((format!("/api/v1/{plural}/{{id}}/history"), self.path_item(&[("get", Verb::History)])));
        paths.retain(|(_, item)| item.as_object().is_some_and(|operations| !operations.is_empty()));
        paths.extend(self.file_paths());
        paths
    }

    /// Its component schemas.
    pub(super) fn schemas(&self) -> Vec<(String, Value)> {
        let names = self.names;
        let has = |verb| self.model.schema.rule(verb).is_some();
        let account = self.model.schema.account;
        let opens = account && self.model.schema.registration == Registration::Open;
        let mut schemas = vec![(names.row.clone(), self.row_schema())];
        if expanded::is_apart(self.catalog, self.model) {
            schemas.push((names.expanded.clone(), self.expanded_schema()));
        }
        if has(Verb::List) {
            let description = format!("A page of {}.", self.nouns);
            schemas.push((names.page.clone(), counted(page(&description, &names.row))));
        }
        for (applies, name, input, what) in [
            (opens, &names.registration, Input::Register, "What registers"),
            (has(Verb::Create), &names.create, Input::Create, "What creates"),
            (has(Verb::Update), &names.update, Input::Update, "What changes"),
            (account, &names.update_own, Input::UpdateOwn, "What the caller may change of its own as"),
        ] {
            if applies {
                let description = format!("{what} {}.", with_article(&self.noun));
                schemas.push((name.clone(), self.input_schema(input, &description)));
            }
        }
        schemas
    }

    fn collection_path(&self) -> String {
        let plural = self.model.schema.plural;
        match self.parent() {
            Some(parent) => format!("/api/v1/{}/{{id}}/{plural}", parent.schema.plural),
            None => format!("/api/v1/{plural}"),
        }
    }

    fn parent(&self) -> Option<&'a Model> {
        self.catalog.get(self.model.parent?.index)
    }

    fn path_item(&self, verbs: &[(&str, Verb)]) -> Value {
        let mut item = Map::new();
        for &(method, verb) in verbs {
            if let Some(who) = verb_in_words(verb, self.model.schema, self.catalog) {
                item.insert(method.to_owned(), self.operation(verb, &who).render());
            }
        }
        Value::Object(item)
    }

    fn operation(&self, verb: Verb, who: &str) -> Operation {
        let access = access(self.catalog, self.model, verb);
        let access = if verb == Verb::Create { self.with_inlined(access) } else { access };
        let operation = match verb {
            Verb::Create => self.create(),
            Verb::List => self.list(),
            Verb::Read | Verb::Show => self.read(),
            Verb::Update => self.update(),
            Verb::Delete => self.delete(),
            Verb::Restore => self.restore(),
            Verb::History => self.history(),
        };
        let concealed = verb == Verb::Read && self.model.schema.conceal;
        let is_change = matches!(verb, Verb::Create | Verb::Update | Verb::Delete | Verb::Restore);
        let operation = if is_change { happens_once(operation) } else { operation };
        let operation = operation.anonymous(access.anonymous).explain(who_may(who, access));
        if access.refuses && !concealed { operation.refuses(&[403]) } else { operation }
    }

    fn create(&self) -> Operation {
        let operation = self.start("create").body(&self.names.create);
        let operation = operation.answers(201, &format!("The new {}.", self.noun), &self.names.row).with_header("ETag");
        let operation = self.restricted(self.below_parent(self.located(operation)), Input::Create);
        self.with_what_comes_along(operation)
    }

    /// Says of a creation that it tells where the row is, if that is anywhere.
    pub(super) fn located(&self, operation: Operation) -> Operation {
        if routes::of_row(self.model.schema, 1).is_some() { operation.with_header("Location") } else { operation }
    }

    fn list(&self) -> Operation {
        let schema = self.model.schema;
        let summary = match self.parent() {
            Some(parent) => format!("List the {} of {}", self.nouns, with_article(&words(parent.schema.name))),
            None => format!("List {}", self.nouns),
        };
        let operation = Operation::new(format!("list_{}", schema.plural), schema.plural, summary).refuses(&[400]);
        let operation = self.below_parent(operation).parameters(params::of_list(schema)).parameters(self.shape());
        operation.answers_list(&format!("A page of {}.", self.nouns), &component(&self.names.page))
    }

    fn read(&self) -> Operation {
        let operation = self.of_row(self.start("get")).parameters(self.shape());
        reads_version(operation.answers(200, &format!("The {}.", self.noun), &self.names.row))
    }

    fn update(&self) -> Operation {
        let operation = self.of_row(self.start("update")).explain(MERGE_PATCH).body(&self.names.update);
        let operation = operation.answers(200, &format!("The {} as it is now.", self.noun), &self.names.row);
        let operation = changes_version(operation.with_header("ETag"));
        let operation = if changes_are_seen(self.catalog, self.model) {
            operation
        } else {
            operation.answers_empty(204, &format!("The {} is changed; you may not see it.", self.noun))
        };
        self.restricted(operation, Input::Update)
    }

    fn delete(&self) -> Operation {
        let fallout = Fallout::of(self.catalog, self.model.schema);
        let operation = changes_version(self.of_row(self.start("delete")));
        let operation = operation.answers_empty(204, &format!("The {} is gone.", self.noun));
        let operation = fallout.in_words().into_iter().fold(operation, Operation::explain);
        let kept = self.model.schema.deleted().map(|_| is_kept(self.model.schema));
        let operation = kept.into_iter().fold(operation, Operation::explain);
        let conflicts = fallout.may_conflict() || self.model.schema.account || self.model.schema.hooks.is_some();
        if conflicts { operation.refuses(&[409]) } else { operation }
    }

    fn restore(&self) -> Operation {
        let noun = &self.noun;
        let operation = self.of_row(self.start("restore")).explain(RESTORES);
        let operation = operation.answers(200, &format!("The {noun}, which is there again."), &self.names.row);
        let operation = operation.with_header("ETag");
        let operation = if what_returns_is_seen(self.catalog, self.model) {
            operation
        } else {
            operation.answers_empty(204, &format!("The {noun} is there again; you may not see it."))
        };
        let why = "is not deleted, what it refers to is, or a value of it that is unique has been taken meanwhile.";
        operation.refuses_when(409, format!("The {noun} {why}"))
    }

    fn history(&self) -> Operation {
        let schema = self.model.schema;
        let summary = format!("List what changed in {}", self.one());
        let operation = Operation::new(format!("list_{}_history", schema.name), schema.plural, summary).refuses(&[400]);
        let operation = self.of_row(operation).explain(CHANGES).parameters(params::paging(&["id"]));
        operation.answers_list("A page of changes.", &changes(&self.nouns))
    }

    fn get_me(&self) -> Operation {
        let operation = self.start_own("get").explain(ANYONE_LOGGED_IN).parameters(self.shape());
        reads_version(operation.answers(200, &format!("The {} that is calling.", self.noun), &self.names.row))
    }

    fn update_me(&self) -> Operation {
        let operation = self.start_own("update").explain(MERGE_PATCH).explain(ANYONE_LOGGED_IN);
        let operation = operation.body(&self.names.update_own);
        let operation = operation.answers(200, &format!("The {} as it is now.", self.noun), &self.names.row);
        self.restricted(happens_once(changes_version(operation.with_header("ETag"))), Input::UpdateOwn)
    }

    /// What asks for rows to be shown otherwise.
    fn shape(&self) -> impl IntoIterator<Item = Value> {
        let expand = expanded::parameter(self.catalog, self.all, self.model);
        expand.into_iter().chain([expanded::fields(self.model)])
    }

    fn start(&self, action: &str) -> Operation {
        let schema = self.model.schema;
        let summary = format!("{} {}", capitalised(action), self.one());
        Operation::new(format!("{action}_{}", schema.name), schema.plural, summary)
    }

    fn start_own(&self, action: &str) -> Operation {
        let summary = format!("{} one's own {}", capitalised(action), self.noun);
        Operation::new(format!("{action}_me"), self.model.schema.plural, summary)
    }

    fn one(&self) -> String {
        with_article(&self.noun)
    }

    fn of_row(&self, operation: Operation) -> Operation {
        operation.parameters([params::id(&self.noun)]).refuses(&[404])
    }

    fn below_parent(&self, operation: Operation) -> Operation {
        match self.parent() {
            Some(parent) => operation.parameters([params::id(&words(parent.schema.name))]).refuses(&[404]),
            None => operation,
        }
    }

    /// What the fields of an input add to the answers: a unique value may be taken, a hook may find a conflict, a field
    /// may be another role's.
    pub(super) fn restricted(&self, operation: Operation, input: Input) -> Operation {
        let schema = self.model.schema;
        let unique = schema.columns.iter().any(|column| column.unique && input.takes(schema, column));
        let together = constraints::may_be_taken(schema, input);
        let flows = input == Input::Update && schema.columns.iter().any(|column| column.flow.is_some());
        let conflicts =
            unique || together || flows || schema.hooks.is_some() || (schema.account && input == Input::Update);
        let operation = if conflicts { operation.refuses(&[409]) } else { operation };
        let told = constraints::that_concern(schema, input);
        let operation = told.into_iter().fold(operation, Operation::explain);
        let keys: Vec<_> =
            schema.columns.iter().filter(|column| column.write.is_some()).map(|column| column.key).collect();
        match (keys.as_slice(), input) {
            ([], _) => operation,
            (_, Input::Create | Input::Update) => operation.refuses(&[403]),
            (keys, Input::Register | Input::UpdateOwn) => operation
                .refuses_when(403, format!("`{}` was sent, which only another role may set.", keys.join("` or `"))),
        }
    }

    fn row_schema(&self) -> Value {
        let doc = markdown(self.model.schema.doc);
        let description = if doc.is_empty() { format!("{}.", capitalised(&self.one())) } else { sentence(&doc) };
        self.shown_schema(&description, |column| shown_wherever_seen(self.catalog, self.model, column))
    }

    fn expanded_schema(&self) -> Value {
        let is_there = |column: &Column| shown_inside_others(self.catalog, self.model, column);
        self.shown_schema(&expanded::description(&self.noun), is_there)
    }

    fn shown_schema(&self, description: &str, is_always_there: impl Fn(&Column) -> bool) -> Value {
        let schema = self.model.schema;
        let shown: Vec<_> = schema.columns.iter().filter(|column| !column.hidden).collect();
        let in_answer = |column: &&Column| (column.key.to_owned(), fields::in_answer(self.catalog, schema, column));
        let inlined = self.inlined_in_answer();
        let required = shown.iter().filter(|column| is_always_there(column)).map(|column| column.key.to_owned());
        let required: Vec<_> = required.chain(inlined.keys().cloned()).collect();
        let mut properties: Map<_, _> = shown.iter().map(in_answer).chain(inlined).collect();
        properties.extend(expanded::properties(self.catalog, self.all, self.model));
        json!({ "description": description, "type": "object", "required": required, "properties": properties })
    }

    pub(super) fn input_schema(&self, input: Input, description: &str) -> Value {
        let schema = self.model.schema;
        let taken: Vec<_> = schema.columns.iter().filter(|column| input.takes(schema, column)).collect();
        let (along, needed) = self.inlined_in_input(input);
        let fields =
            taken.iter().map(|column| (column.key.to_owned(), fields::in_input(self.catalog, schema, column, input)));
        let properties: Map<_, _> = fields.chain(along).chain(fields::current_password(schema, input)).collect();
        let required = taken.iter().filter(|column| input.requires(column)).map(|column| column.key);
        let required: Vec<_> = required.chain(needed).collect();
        let mut body = json!({
            "description": description,
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
        });
        if let Some(body) = body.as_object_mut()
            && !required.is_empty()
        {
            body.insert("required".to_owned(), json!(required));
        }
        body
    }
}

/// Who reads a row may say which version he has.
pub(super) fn reads_version(operation: Operation) -> Operation {
    let operation = operation.parameters(params::of_reading()).refuses(&[412]);
    operation.answers_empty(304, "It is the version that `If-None-Match` names.").with_header("ETag")
}

/// Who is logged in may send a change with a key.
pub(super) fn happens_once(operation: Operation) -> Operation {
    operation.parameters([params::key()]).with_header("Idempotency-Replayed")
}

/// Who changes a row may say of which version he knows.
pub(super) fn changes_version(operation: Operation) -> Operation {
    operation.parameters(params::of_changing()).refuses(&[412])
}

/// What becomes of a row that is deleted and kept.
fn is_kept(schema: &Schema) -> String {
    let until = schema.keep_deleted_us.and_then(|us| span(us.unsigned_abs()));
    let until = until.map(|length| format!(" for {length}")).unwrap_or_default();
    let back = if schema.rule(Verb::Restore).is_some() { ", and can be restored" } else { "" };
    format!("It is kept{until}{back}; meanwhile no other route finds it.")
}

pub(super) fn who_may(who: &str, access: Access) -> String {
    let rest = if access.scopes { " Rows for which this does not hold are left out." } else { "" };
    format!("Who may: {who}.{rest}")
}

/// Who may use what every account may.
pub(super) const ANYONE_LOGGED_IN: &str = "Who may: anyone logged in.";

const CHANGES: &str = "Each change says when it was (`at`), who made it (`actor_id`; null for nobody, or who is gone), by which \
                       verb, and of every field that it concerns what it held before and afterwards. What is hidden is left \
                       out. It is kept as long as the row.";

const RESTORES: &str = "Has a row be there again that was deleted and is kept, with what went in the same deletion.";

const MERGE_PATCH: &str = "Changes the keys that are sent and leaves the others as they are (RFC 7396); \
                           `application/merge-patch+json` is taken as well.";
