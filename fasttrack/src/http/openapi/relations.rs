//! What deleting a row does to others.

use std::collections::BTreeSet;

use crate::{
    schema::{Catalog, Kind, OnDelete, Schema},
    words::{with_article, words},
};

/// What happens to other rows when one of a resource is deleted.
#[derive(Debug, Default)]
pub(super) struct Fallout {
    /// Resources whose rows go too, in words.
    deleted: Vec<String>,
    /// What refuses the deletion, in words.
    blockers: Vec<String>,
}

impl Fallout {
    /// Follows the relations that lead to the resource.
    pub(super) fn of(catalog: &Catalog, schema: &Schema) -> Self {
        let mut fallout = Self::default();
        fallout.follow(catalog, schema, &mut BTreeSet::from([schema.name]));
        fallout
    }

    /// Whether a deletion can be refused because other rows refer to the row.
    pub(super) fn may_conflict(&self) -> bool {
        !self.blockers.is_empty()
    }

    /// As a paragraph; nothing when nothing happens.
    pub(super) fn in_words(&self) -> Option<String> {
        let deleted = (!self.deleted.is_empty()).then(|| format!("Deletes with it: {}.", self.deleted.join(", ")));
        let refused = self.may_conflict().then(|| format!("Refused (409) while it is {}.", self.blockers.join(" or ")));
        let sentences: Vec<_> = deleted.into_iter().chain(refused).collect();
        (!sentences.is_empty()).then(|| sentences.join(" "))
    }

    fn follow<'a>(&mut self, catalog: &'a Catalog, gone: &Schema, seen: &mut BTreeSet<&'a str>) {
        for other in catalog.models().iter().map(|model| model.schema) {
            let relations = other.columns.iter().filter(|column| column.kind == Kind::Relation(gone.name));
            for relation in relations {
                match relation.on_delete {
                    Some(OnDelete::Cascade) if seen.insert(other.name) => {
                        self.deleted.push(words(other.plural));
                        self.follow(catalog, other, seen);
                    }
                    Some(OnDelete::Restrict) => {
                        self.blockers.push(format!(
                            "the {} of {}",
                            words(relation.name),
                            with_article(&words(other.name))
                        ));
                    }
                    _ => {}
                }
            }
        }
    }
}
