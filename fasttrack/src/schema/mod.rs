//! What a declaration means, as data.
//!
//! `#[resource]` expands to one `const` [`Schema`]: columns, rules and triggers built with the `const fn` builders
//! of this module. Nothing here knows HTTP or SQL, and nothing here acts: [`Catalog`] links the schemas of an
//! application at start, the pipeline interprets them.

mod account;
mod added;
mod catalog;
mod column;
mod constraint;
mod figure;
mod file;
mod flow;
mod has;
mod inline;
mod kept;
mod laws;
mod names;
mod never;
pub(crate) mod pairs;
mod path;
mod resources;
mod rule;
mod shown;
mod trigger;
mod ways;
mod words;

use self::{laws::equal, names::assert_table_is_free};
use crate::hooks::HookTable;

#[cfg(test)]
pub(crate) use self::names::{RESERVED, names_besides_the_table};
pub(crate) use self::words::{named_rule, span};
pub use self::{
    account::Registration,
    catalog::{Catalog, LinkError, Model, Parent, Step},
    column::{Column, Fallback},
    constraint::{Check, Condition, Exclusive, Limit, Operand, Unique},
    figure::{Counts, Figure},
    file::{ANY_TYPE, FileField},
    flow::Transition,
    has::Has,
    inline::Inline,
    never::{Forbidden, Never},
    path::{Account, Resource},
    resources::{About, EmbeddedMigration, Resources},
    rule::{Comparison, Grant, Path, Rule, Verb},
    trigger::{Assigned, Assignment, Change, Effect, Payload, RowVersion, Trigger},
    ways::{Asked, Term, Way, both, ways, ways_of_named, whole_way},
    words::{asked_again, rule_in_words, verb_in_words},
};
pub use crate::types::{
    BelongsTo, Choice, CreatedAt, Date, Decimal, DeletedAt, Email, Entity, FieldType, File, Id, Json, Kind, Literal,
    Many, OnDelete, PasswordHash, ReadsJson, RowId, Timestamp, UpdatedAt,
};

// What only generated code needs.
#[doc(hidden)]
pub use self::{
    added::assert_adds,
    inline::assert_takes_along,
    kept::assert_goes_along,
    laws::assert_application,
    never::assert_never,
    pairs::{HoldsMany, pairs},
    path::{
        CallersField, Comparable, Decides, Equated, Field, Fills, Hidden, HoldsActor, HoldsChoice, IsOne, Leads,
        LeadsToMany, Matches, NamedRule, One, OneOfMany, Part, Reaches, RefersTo, Relation, Rows, Set, Shown, Sums,
        Timed, ToMany, Walk, assert_account, assert_alike, assert_refers, roles,
    },
};
#[doc(hidden)]
pub use crate::{
    decimal::Fixed,
    job::Letter,
    types::{Number, deserialize_choice, serialize_choice, words},
};

/// One resource: everything its declaration says.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// Singular name in snake case (`task`): what errors and the command line call one row.
    pub name: &'static str,
    /// Plural name in snake case (`tasks`): the path segment and the table.
    pub plural: &'static str,
    /// The declaration's doc comment, for the `OpenAPI` document.
    pub doc: &'static str,
    /// Name of the relation field under whose target the rows are created and listed.
    pub under: Option<&'static str>,
    /// Whether this is the one entity that can log in.
    pub account: bool,
    /// How rows of it come into being, if it is.
    pub registration: Registration,
    /// Whether a row that may not be read answers 404 instead of 403.
    pub conceal: bool,
    /// How long a row is kept that was deleted, in microseconds; where that is not said, until somebody erases it.
    pub keep_deleted_us: Option<i64>,
    /// Whether it is kept what changes in its rows.
    pub history: bool,
    /// Its plural in an earlier version of the declaration, for migrations.
    pub was: Option<&'static str>,
    /// The fields in the order of the struct, which is the order of the JSON keys.
    pub columns: &'static [Column],
    /// Rows that refer to one of this resource, by name.
    pub has: &'static [Has],
    /// Rules that others may refer to by name.
    pub named_rules: &'static [(&'static str, Rule)],
    /// Who may do what; a verb that is not here has no route.
    pub grants: &'static [Grant],
    /// What has to hold of a row as an update would leave it, where the rule of `update` says so (`BEFORE -> AFTER`).
    pub afterwards: Option<Rule>,
    /// What nobody may do, whatever the rules come to say.
    pub nevers: &'static [Never],
    /// Who hears of changes.
    pub triggers: &'static [Trigger],
    /// Fields of which no two rows hold the same together.
    pub uniques: &'static [Unique],
    /// What has to hold of each row.
    pub checks: &'static [Check],
    /// What rows do not share.
    pub exclusives: &'static [Exclusive],
    /// How many rows there may be.
    pub limits: &'static [Limit],
    /// What of the application runs with its writes.
    pub hooks: Option<HookTable>,
}

/// What generated code builds it with.
#[doc(hidden)]
impl Schema {
    /// A resource without columns, rules or triggers.
    ///
    /// # Panics
    /// At compile time, where the framework itself has a table or path of this plural.
    #[must_use]
    #[track_caller]
    pub const fn new(name: &'static str, plural: &'static str) -> Self {
        assert_table_is_free(name, plural);
        Self {
            name,
            plural,
            doc: "",
            under: None,
            account: false,
            registration: Registration::Open,
            conceal: false,
            keep_deleted_us: None,
            history: false,
            was: None,
            columns: &[],
            has: &[],
            named_rules: &[],
            grants: &[],
            afterwards: None,
            nevers: &[],
            triggers: &[],
            uniques: &[],
            checks: &[],
            exclusives: &[],
            limits: &[],
            hooks: None,
        }
    }

    /// Sets the description.
    #[must_use]
    pub const fn doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }

    /// Nests creation and lists under the target of a relation field.
    #[must_use]
    pub const fn under(mut self, relation: &'static str) -> Self {
        self.under = Some(relation);
        self
    }

    /// Makes this the entity that can log in.
    #[must_use]
    pub const fn account(mut self) -> Self {
        self.account = true;
        self
    }

    /// Answers 404 where a row may not be read.
    #[must_use]
    pub const fn conceal(mut self) -> Self {
        self.conceal = true;
        self
    }

    /// Erases rows so many microseconds after they were deleted.
    #[must_use]
    pub const fn keep_deleted(mut self, for_us: i64) -> Self {
        self.keep_deleted_us = Some(for_us);
        self
    }

    /// Keeps what changes in its rows.
    #[must_use]
    pub const fn history(mut self) -> Self {
        self.history = true;
        self
    }

    /// Names the plural that it had in an earlier version.
    #[must_use]
    pub const fn was(mut self, plural: &'static str) -> Self {
        self.was = Some(plural);
        self
    }

    /// Sets the columns.
    #[must_use]
    pub const fn columns(mut self, columns: &'static [Column]) -> Self {
        self.columns = columns;
        self
    }

    /// Names the rows that refer here.
    #[must_use]
    pub const fn has(mut self, has: &'static [Has]) -> Self {
        self.has = has;
        self
    }

    /// Sets the named rules.
    #[must_use]
    pub const fn named_rules(mut self, rules: &'static [(&'static str, Rule)]) -> Self {
        self.named_rules = rules;
        self
    }

    /// Sets the rules of the verbs.
    #[must_use]
    pub const fn grants(mut self, grants: &'static [Grant]) -> Self {
        self.grants = grants;
        self
    }

    /// Sets what has to hold of a row as an update would leave it.
    #[must_use]
    pub const fn afterwards(mut self, rule: Rule) -> Self {
        self.afterwards = Some(rule);
        self
    }

    /// Sets the triggers.
    #[must_use]
    pub const fn triggers(mut self, triggers: &'static [Trigger]) -> Self {
        self.triggers = triggers;
        self
    }

    /// Sets which fields are unique together.
    #[must_use]
    pub const fn uniques(mut self, uniques: &'static [Unique]) -> Self {
        self.uniques = uniques;
        self
    }

    /// Sets what has to hold of each row.
    #[must_use]
    pub const fn checks(mut self, checks: &'static [Check]) -> Self {
        self.checks = checks;
        self
    }

    /// Sets what rows do not share.
    #[must_use]
    pub const fn exclusives(mut self, exclusives: &'static [Exclusive]) -> Self {
        self.exclusives = exclusives;
        self
    }

    /// Sets how many rows there may be.
    #[must_use]
    pub const fn limits(mut self, limits: &'static [Limit]) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the hooks.
    #[must_use]
    pub const fn hooks(mut self, hooks: HookTable) -> Self {
        self.hooks = Some(hooks);
        self
    }
}

impl Schema {
    /// The column that says when a row was deleted, where deleted rows are kept.
    #[must_use]
    pub const fn deleted(&self) -> Option<&'static Column> {
        let mut rest = self.columns;
        while let [column, others @ ..] = rest {
            if matches!(column.kind, Kind::DeletedAt) {
                return Some(column);
            }
            rest = others;
        }
        None
    }

    /// The key of that column.
    #[must_use]
    pub const fn deleted_key(&self) -> Option<&'static str> {
        match self.deleted() {
            Some(column) => Some(column.key),
            None => None,
        }
    }

    /// Whether accounts may have the role of this word.
    #[must_use]
    pub fn has_role(&self, word: &str) -> bool {
        self.column("role").is_some_and(|role| matches!(role.kind, Kind::Choice(words) if words.contains(&word)))
    }

    /// The column of the struct field `name`.
    #[must_use]
    pub const fn column(&self, name: &str) -> Option<&'static Column> {
        let mut rest = self.columns;
        while let [column, others @ ..] = rest {
            if equal(column.name, name) {
                return Some(column);
            }
            rest = others;
        }
        None
    }

    /// The rows that refer here which are called `name`.
    #[must_use]
    pub const fn many(&self, name: &str) -> Option<&'static Has> {
        let mut rest = self.has;
        while let [has, others @ ..] = rest {
            if equal(has.name, name) {
                return Some(has);
            }
            rest = others;
        }
        None
    }

    /// The column that holds when a row was created.
    #[must_use]
    pub fn created(&self) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.kind == Kind::CreatedAt)
    }

    /// The column of the JSON key `key`.
    #[must_use]
    pub fn column_of_key(&self, key: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.key == key)
    }
}
