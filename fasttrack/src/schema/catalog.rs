//! The schemas of an application, linked.

use std::collections::HashMap;

use super::Schema;

/// All resources of an application, with their relations resolved.
#[derive(Debug)]
pub struct Catalog {
    models: Vec<Model>,
    by_name: HashMap<&'static str, usize>,
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

/// Why the schemas do not make an application.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct LinkError(String);

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
        if schemas.iter().filter(|schema| schema.account).count() != 1 {
            return Err(LinkError("exactly one resource has to be declared with #[resource(account)]".into()));
        }
        Ok(Self { models, by_name })
    }

    /// All resources, in the order of the table.
    #[must_use]
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The resource of this singular name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Model> {
        self.by_name.get(name).and_then(|&index| self.models.get(index))
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
    let super::Kind::Relation(target) = column.kind else {
        return Err(LinkError(format!("{}: `under = {relation}` names no relation", schema.name)));
    };
    let index = *by_name.get(target).ok_or_else(|| {
        LinkError(format!("{}: `{relation}` leads to `{target}`, which is not declared", schema.name))
    })?;
    Ok(Some(Parent { index, key: column.key }))
}
