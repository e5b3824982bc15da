//! What an application declares, as it is for callers of one role: what a page needs that shows tables and forms.
//!
//! Fields are told as the document tells them. What their rules never let such a caller do is not there.

use serde_json::{Map, Value, json};

use super::{
    fields::{self, Input},
    names::Names,
    webhooks,
};
use crate::{
    http::{
        CustomRoute,
        routes::{API_PREFIX, of_verb},
    },
    pipeline,
    query::{OPERATORS, filterable, searchable, sortable},
    schema::{Catalog, Column, Has, Inline, Kind, LinkError, Model, Registration, Rule, Schema, Verb},
    sql::{CallerRole, fold, fold_change},
    words::{capitalised, markdown, words},
};

/// Verbs that have routes.
const VERBS: [Verb; 7] =
    [Verb::Create, Verb::List, Verb::Read, Verb::Update, Verb::Delete, Verb::Restore, Verb::History];

/// Fields that a row is called by, where it has one of them: the first that there is.
const LABELS: [&str; 6] = ["title", "name", "display_name", "label", "subject", "email"];

/// The description for callers of this role.
///
/// # Errors
/// [`LinkError`] when the declarations do not fit together.
pub fn described(catalog: &Catalog, custom: &[CustomRoute], role: &'static str) -> Result<Value, LinkError> {
    let names = Names::of(catalog, custom);
    let mut resources = Vec::new();
    for model in catalog.models() {
        let own = Described { catalog, model, names: &names, role: CallerRole::Role(role) };
        resources.extend(own.resource()?);
    }
    let about = catalog.about();
    let account = catalog.account();
    let manages = match account {
        Some(account) => pipeline::managers(catalog, account)?.contains(&role),
        None => false,
    };
    let events: Vec<_> =
        webhooks::offer(catalog).filter(|_| manages).map_or_else(Vec::new, |offer| offer.events.into_iter().collect());
    Ok(json!({
        "title": about.title,
        "version": about.version,
        "role": role,
        "account": account.map(|model| model.schema.plural),
        "registers": account.is_some_and(|model| model.schema.registration == Registration::Open),
        "manages": manages,
        "events": events,
        "resources": resources,
    }))
}

/// What such a caller may do with some row of a resource.
#[derive(Clone, Copy)]
struct May {
    create: bool,
    update: bool,
}

/// One resource for callers of one role.
struct Described<'a> {
    catalog: &'a Catalog,
    model: &'a Model,
    names: &'a [Names],
    role: CallerRole,
}

impl Described<'_> {
    /// All of it; nothing, where such a caller can do nothing with any of its rows.
    fn resource(&self) -> Result<Option<Value>, LinkError> {
        let schema = self.model.schema;
        let mut paths = Map::new();
        for verb in VERBS {
            if self.may(verb)?
                && let Some(route) = of_verb(self.catalog, schema.name, verb)
            {
                let path = route.path.strip_prefix(API_PREFIX).unwrap_or(&route.path);
                paths.insert(verb.name().to_owned(), json!(path));
            }
        }
        if paths.is_empty() && !schema.account {
            return Ok(None);
        }
        let may = May { create: paths.contains_key("create"), update: paths.contains_key("update") };
        let mut told = Vec::new();
        for column in schema.columns {
            told.extend(self.field(column, may)?);
        }
        let parent = self.model.parent.and_then(|parent| self.catalog.get(parent.index));
        let under = schema.under.and_then(|under| schema.column(under)).map(|column| column.key);
        let doc = markdown(schema.doc);
        Ok(Some(json!({
            "name": schema.name,
            "plural": schema.plural,
            "noun": words(schema.name),
            "title": capitalised(&words(schema.plural)),
            "description": if doc.is_empty() { Value::Null } else { json!(doc) },
            "label": label(schema),
            "parent": parent.map(|parent| json!({ "resource": parent.schema.plural, "field": under })),
            "paths": paths,
            "searches": searchable(schema).next().is_some(),
            "keeps_deleted": schema.deleted().is_some(),
            "rights": self.names.get(self.model.index).map(|names| names.can.clone()).unwrap_or_default(),
            "fields": told,
            "inline": schema.taken_along().filter_map(|along| self.along(along)).collect::<Vec<_>>(),
        })))
    }

    /// Whether there is a row with which such a caller may do this.
    fn may(&self, verb: Verb) -> Result<bool, LinkError> {
        let Some(rule) = self.model.schema.rule(verb) else { return Ok(false) };
        let after = self.model.schema.afterwards.as_ref().filter(|_| verb == Verb::Update);
        Ok(self.may_hold(verb, Some(rule))? && self.may_hold(Verb::Read, after)?)
    }

    /// Whether a rule may hold for such a caller, asked as if it were that of `verb`.
    fn may_hold(&self, verb: Verb, rule: Option<&Rule>) -> Result<bool, LinkError> {
        let Some(rule) = rule else { return Ok(true) };
        let fold = if verb.changes() { fold_change } else { fold };
        fold(self.catalog, self.model, rule, self.role).map(|predicate| !predicate.is_never())
    }

    /// A field, where he is shown it, or may send it.
    fn field(&self, column: &Column, may: May) -> Result<Option<Value>, LinkError> {
        let schema = self.model.schema;
        let is_shown = !column.hidden && self.may_hold(Verb::Read, column.read.as_ref())?;
        let writes = self.may_hold(Verb::Read, column.write.as_ref())?;
        let takes = |input: Input| writes && column.file.is_none() && input.takes(schema, column);
        let (creates, updates) = (may.create && takes(Input::Create), may.update && takes(Input::Update));
        let is_own = schema.account && takes(Input::UpdateOwn);
        if !(is_shown || creates || updates) {
            return Ok(None);
        }
        let told = if creates {
            fields::in_input(self.catalog, schema, column, Input::Create)
        } else {
            fields::in_answer(self.catalog, schema, column)
        };
        let mut field = Map::from_iter([
            ("key".to_owned(), json!(column.key)),
            ("title".to_owned(), json!(capitalised(&words(column.name)))),
            ("schema".to_owned(), told),
        ]);
        if let Some(target) = self.catalog.target(column) {
            field.insert("to".to_owned(), json!(target.schema.plural));
            field.insert("expand".to_owned(), json!(column.name));
        }
        let flags = [
            ("shown", is_shown),
            ("create", creates),
            ("required", creates && Input::Create.requires(column)),
            ("update", updates),
            ("own", is_own),
            ("nullable", column.nullable),
            ("many", matches!(column.kind, Kind::Many(_))),
            ("sort", is_shown && sortable(schema).any(|other| other.key == column.key)),
        ];
        field.extend(flags.into_iter().filter(|(_, is)| *is).map(|(name, _)| (name.to_owned(), json!(true))));
        if is_shown && filterable(schema).any(|other| other.key == column.key) {
            let fitting = OPERATORS.iter().filter(|operator| operator.is_for(column));
            field.insert("filter".to_owned(), json!(fitting.map(|operator| operator.name).collect::<Vec<_>>()));
        }
        if let Some(file) = column.file {
            let told = json!({
                "max_bytes": file.max_bytes,
                "types": file.types,
                "path": format!("/{}/{{id}}/{}", schema.plural, file.name),
                "send": writes && !column.read_only && may.update,
            });
            field.insert("file".to_owned(), told);
        }
        if let Some(flow) = column.flow {
            let steps: Map<_, _> = flow.iter().fold(Map::new(), |mut steps, step| {
                let to = steps.entry(step.from).or_insert_with(|| json!([]));
                to.as_array_mut().into_iter().for_each(|to| to.extend(step.to.iter().map(|&word| json!(word))));
                steps
            });
            field.insert("flow".to_owned(), Value::Object(steps));
        }
        Ok(Some(Value::Object(field)))
    }

    /// Rows that are created along with one.
    fn along(&self, (has, inline): (&Has, Inline)) -> Option<Value> {
        let target = self.catalog.find(has.resource)?;
        let key = target.schema.column(has.relation)?.key;
        let is_shown = |column: &&Column| !column.hidden && column.key != key;
        let told = target.schema.columns.iter().filter(is_shown).map(|column| {
            let takes = Input::Create.takes(target.schema, column);
            json!({
                "key": column.key,
                "title": capitalised(&words(column.name)),
                "schema": if takes {
                    fields::in_input(self.catalog, target.schema, column, Input::Create)
                } else {
                    fields::in_answer(self.catalog, target.schema, column)
                },
                "to": self.catalog.target(column).map(|target| target.schema.plural),
                "create": takes,
                "required": takes && Input::Create.requires(column),
                "nullable": column.nullable,
                "many": matches!(column.kind, Kind::Many(_)),
                "shown": true,
            })
        });
        Some(json!({
            "key": has.name,
            "title": capitalised(&words(has.name)),
            "noun": words(target.schema.name),
            "resource": target.schema.plural,
            "min": inline.min,
            "max": inline.max,
            "fields": told.collect::<Vec<_>>(),
        }))
    }
}

/// The field that a row is called by.
fn label(schema: &'static Schema) -> Option<&'static str> {
    let is_text = |column: &&Column| !column.hidden && column.kind.facts().is_text;
    let named = LABELS.iter().find_map(|&name| schema.column_of_key(name).filter(is_text));
    named.or_else(|| searchable(schema).find(is_text)).map(|column| column.key)
}
