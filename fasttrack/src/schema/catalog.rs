//! The schemas of an application, linked.

use std::{collections::HashMap, sync::Arc};

use super::{
    About, Column, Kind, Path, Resources, Schema,
    pairs::{FROM, TO},
};

/// All resources of an application, with their relations resolved.
#[derive(Debug)]
pub struct Catalog {
    /// Those that are declared, then the tables of pairs that follow from them.
    models: Vec<Model>,
    /// How many are declared.
    declared: usize,
    by_name: HashMap<&'static str, usize>,
    about: About,
    base: Arc<str>,
}

/// One resource in its place among the others.
#[derive(Debug)]
pub struct Model {
    /// Position in the catalog.
    pub index: usize,
    /// The declaration.
    pub schema: &'static Schema,
    /// The resource it lies under.
    pub parent: Option<Parent>,
}

/// Where a nested resource hangs.
#[derive(Debug, Clone, Copy)]
pub struct Parent {
    /// Position of the parent in the catalog.
    pub index: usize,
    /// Column that holds the parent's id.
    pub key: &'static str,
}

/// A relation followed: from a row to the one that it refers to, or to the many that refer to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Column of the row that one comes from.
    pub key: &'static str,
    /// Whether it may be null.
    pub nullable: bool,
    /// Table of the rows that one arrives at.
    pub table: &'static str,
    /// Column of those that holds the same: their id; of many rows, the relation that leads back.
    pub target: &'static str,
    /// The field of the row that one comes from which holds these rows, where it leads into the table of that field.
    pub set: Option<&'static str>,
    /// Column of those that says when one was deleted, where such rows are kept: they are not arrived at.
    pub deleted: Option<&'static str>,
}

impl Step {
    /// From a row to the one that its `column` refers to, which is one of `end`.
    #[must_use]
    pub const fn to_one(column: &Column, end: &Schema) -> Self {
        let Column { key, nullable, .. } = *column;
        Self { key, nullable, table: end.plural, target: "id", set: None, deleted: end.deleted_key() }
    }

    /// From a row to those of `end` whose `column` refers to it.
    #[must_use]
    pub const fn to_many(end: &Schema, column: &Column) -> Self {
        let (table, deleted) = (end.plural, end.deleted_key());
        Self { key: "id", nullable: false, table, target: column.key, set: None, deleted }
    }

    /// From a row to the pairs of its `column`, which are in the table `pairs`, and on to the rows in it, which are of `end`.
    #[must_use]
    pub const fn through(column: &Column, pairs: &'static str, end: &Schema) -> [Self; 2] {
        let (table, deleted) = (end.plural, end.deleted_key());
        [
            Self { key: "id", nullable: false, table: pairs, target: FROM, set: Some(column.key), deleted: None },
            Self { key: TO, nullable: false, table, target: "id", set: None, deleted },
        ]
    }

    /// Column of the row that one comes from by which one gets on.
    #[must_use]
    pub fn by(&self) -> &'static str {
        self.set.unwrap_or(self.key)
    }

    /// Whether there may be more than one row at its end.
    #[must_use]
    pub fn is_many(&self) -> bool {
        self.target != "id"
    }
}

/// Why the schemas do not make an application.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct LinkError(String);

impl LinkError {
    /// A name of a declaration that leads nowhere.
    #[must_use]
    pub fn unresolved(resource: &str, name: &str) -> Self {
        Self(format!("{resource}: `{name}` names nothing that is declared"))
    }

    /// A sentence about what nobody may do, though somebody may.
    #[must_use]
    pub fn does_not_hold(resource: &str, sentence: &str, example: &str) -> Self {
        Self(format!("{resource}: that never happens ({sentence}), but {example}"))
    }

    /// A rule that no statement could hold, since it has more than `most`.
    #[must_use]
    pub fn too_large(resource: &str, most: &str) -> Self {
        Self(format!("{resource}: a rule has more than {most}, with the rules that it refers to; say it with fewer"))
    }

    /// Rows that hang on a resource by more relations than one statement can follow.
    #[must_use]
    pub fn too_many_takers(resource: &str, most: usize) -> Self {
        Self(format!(
            "{resource}: what is deleted with it hangs on it by more than {most} relations with `on_delete = cascade`; \
             say `restrict` for some"
        ))
    }
}

impl Catalog {
    /// Links the schemas.
    ///
    /// # Errors
    /// [`LinkError`] when a relation leads to a resource that is not among them, or there is not exactly one account.
    pub fn link(schemas: &[&'static Schema]) -> Result<Self, LinkError> {
        let by_name: HashMap<_, _> = schemas.iter().enumerate().map(|(index, schema)| (schema.name, index)).collect();
        let mut models = Vec::with_capacity(schemas.len());
        for (index, &schema) in schemas.iter().enumerate() {
            models.push(Model { index, schema, parent: parent_of(schema, &by_name)? });
        }
        let pairs = schemas.iter().flat_map(|schema| schema.columns).filter_map(|column| column.pairs);
        let pairs = pairs.zip(schemas.len()..).map(|(schema, index)| Model { index, schema, parent: None });
        models.extend(pairs);
        if schemas.iter().filter(|schema| schema.account).count() != 1 {
            return Err(LinkError("exactly one resource has to be declared with #[resource(account)]".into()));
        }
        Ok(Self { models, declared: schemas.len(), by_name, about: About::NOTHING, base: Arc::from("") })
    }

    /// Links the schemas of an application, with what heads their documentation.
    ///
    /// # Errors
    /// As [`Self::link`].
    pub fn of(resources: &Resources) -> Result<Self, LinkError> {
        Ok(Self { about: resources.about(), ..Self::link(resources.schemas())? })
    }

    /// With the address below which its resources are served.
    #[must_use]
    pub fn served_at(self, base: &str) -> Self {
        Self { base: base.into(), ..self }
    }

    /// The address below which its resources are served: what those of files begin with.
    #[must_use]
    pub const fn base(&self) -> &Arc<str> {
        &self.base
    }

    /// Its fields that hold a file, with the place of each resource.
    pub fn files(&self) -> impl Iterator<Item = (&Model, &'static Column)> {
        let of = |model: &Model| model.schema.columns.iter().filter(|column| column.file.is_some());
        self.models().iter().flat_map(move |model| of(model).map(move |column| (model, column)))
    }

    /// What heads the documentation of the application.
    #[must_use]
    pub const fn about(&self) -> &About {
        &self.about
    }

    /// All resources, in the order of the table.
    #[must_use]
    pub fn models(&self) -> &[Model] {
        self.models.get(..self.declared).unwrap_or_default()
    }

    /// Everything that has a table: all resources, and behind them the pairs of their fields that hold many rows.
    #[must_use]
    pub fn tables(&self) -> &[Model] {
        &self.models
    }

    /// The resource of this singular name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Model> {
        self.by_name.get(name).and_then(|&index| self.models.get(index))
    }

    /// The one entity that can log in.
    #[must_use]
    pub fn account(&self) -> Option<&Model> {
        self.models().iter().find(|model| model.schema.account)
    }

    /// The resource that `column` refers to, once or any number of times.
    #[must_use]
    pub fn target(&self, column: &Column) -> Option<&Model> {
        match column.kind {
            Kind::Relation(name) | Kind::Many(name) => self.find(name),
            _ => None,
        }
    }

    /// Follows a path from a row of `model`.
    ///
    /// # Errors
    /// [`LinkError`] when a step is none.
    pub fn walk<'a>(&'a self, model: &'a Model, path: &Path) -> Result<(Vec<Step>, &'a Model), LinkError> {
        let mut at = model;
        let mut steps = Vec::with_capacity(path.steps().len());
        for name in path.steps() {
            let (way, target) =
                self.step(at.schema, name).ok_or_else(|| LinkError::unresolved(at.schema.name, name))?;
            steps.extend(way);
            at = target;
        }
        Ok((steps, at))
    }

    /// The declaration at the end of a path from a row of `schema`; `None` when a step is none.
    #[must_use]
    pub fn arrive<'a>(&'a self, schema: &'a Schema, path: &Path) -> Option<&'a Schema> {
        path.steps().iter().try_fold(schema, |at, name| Some(self.step(at, name)?.1.schema))
    }

    /// The field at the end of these names from a row of `model`, and the relations before it; `None` where there is none.
    #[must_use]
    pub fn field(&self, model: &Model, trail: &[&'static str]) -> Option<(Vec<Step>, &'static Column)> {
        let (last, before) = trail.split_last()?;
        let (mut steps, mut end) = (Vec::new(), model);
        for name in before {
            let (further, next) = self.walk(end, &Path::HERE.then(name)).ok()?;
            steps.extend(further);
            end = next;
        }
        Some((steps, end.schema.column(last)?))
    }

    /// What `name` leads to from a row of `schema`.
    fn step(&self, schema: &Schema, name: &str) -> Option<(Vec<Step>, &Model)> {
        if let Some(column) = schema.column(name) {
            let target = self.target(column)?;
            let steps = column.pairs.map_or_else(
                || vec![Step::to_one(column, target.schema)],
                |pairs| Step::through(column, pairs.plural, target.schema).into(),
            );
            return Some((steps, target));
        }
        let has = schema.many(name)?;
        let target = self.find(has.resource)?;
        let step = Step::to_many(target.schema, target.schema.column(has.relation)?);
        Some((vec![step], target))
    }

    /// The resource at this position.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Model> {
        self.models.get(index)
    }
}

fn parent_of(schema: &'static Schema, by_name: &HashMap<&'static str, usize>) -> Result<Option<Parent>, LinkError> {
    let Some(relation) = schema.under else { return Ok(None) };
    let column = schema
        .column(relation)
        .ok_or_else(|| LinkError(format!("{}: `under = {relation}` names no field", schema.name)))?;
    let Kind::Relation(target) = column.kind else {
        return Err(LinkError(format!("{}: `under = {relation}` names no relation", schema.name)));
    };
    let index = *by_name.get(target).ok_or_else(|| {
        LinkError(format!("{}: `{relation}` leads to `{target}`, which is not declared", schema.name))
    })?;
    Ok(Some(Parent { index, key: column.key }))
}
