//! What a field of the type `File` says of the files that it takes.

#![expect(clippy::indexing_slicing, reason = "runs at compile time only; const code has neither iterators nor get")]

use super::{
    Schema, Verb,
    laws::{equal, fail},
};

/// The media type that stands for whichever there are.
pub const ANY_TYPE: &str = "*/*";

/// What files a field takes, and where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileField {
    /// Below which path their rows are: the plural of the resource.
    pub plural: &'static str,
    /// The last part of their own: the field.
    pub name: &'static str,
    /// The longest, in bytes.
    pub max_bytes: u64,
    /// Their media types; [`ANY_TYPE`] alone for all.
    pub types: &'static [&'static str],
}

impl FileField {
    /// Whether it takes files of whatever type.
    #[must_use]
    pub fn takes_any(&self) -> bool {
        self.types == [ANY_TYPE]
    }

    /// Whether it takes files of this type.
    #[must_use]
    pub fn takes(&self, media_type: &str) -> bool {
        self.takes_any() || self.types.contains(&media_type)
    }
}

/// Asserts that nothing else is found where the files of a resource are.
#[track_caller]
pub(super) const fn assert_files_are_apart(schemas: &[&Schema], schema: &Schema) {
    let mut i = 0;
    while i < schema.columns.len() {
        let column = &schema.columns[i];
        if column.file.is_some() {
            if schema.history && equal(column.name, Verb::History.name()) {
                fail(&["`", schema.name, ".history` would be where the history of its rows is; rename the field"]);
            }
            let mut j = 0;
            while j < schemas.len() {
                if equal(schemas[j].plural, column.name) && lies_under(schemas[j], schema) {
                    let rest = "`, which lie under it; rename the field";
                    fail(&["`", schema.name, ".", column.name, "` would be where its `", schemas[j].plural, rest]);
                }
                j += 1;
            }
        }
        i += 1;
    }
}

/// Whether rows of a resource are created and listed below rows of another one.
const fn lies_under(schema: &Schema, parent: &Schema) -> bool {
    let Some(under) = schema.under else { return false };
    let mut i = 0;
    while i < schema.columns.len() {
        if equal(schema.columns[i].name, under) {
            return equal(schema.columns[i].kind.target(), parent.name);
        }
        i += 1;
    }
    false
}
