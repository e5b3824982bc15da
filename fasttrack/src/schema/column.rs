//! One field of a resource, and the meaning of every `#[field(…)]` option.

use super::{
    Choice, FieldType, Figure, FileField, Kind, Literal, OnDelete, ReadsJson, Rule, Schema, Transition,
    flow::assert_each_is_reached,
};
use crate::{
    decimal::Fixed,
    types::{Bounds, Storage},
};

/// What a field holds when the client says nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fallback {
    /// The client has to say it.
    Required,
    /// The empty value of the type: `""`, `0`, `false`; null where it may be null.
    Empty,
    /// This value.
    Value(Literal),
}

/// One field of a resource.
#[expect(clippy::struct_excessive_bools, reason = "each is one word of a declaration, and they are independent")]
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Name of the struct field (`project`).
    pub name: &'static str,
    /// JSON key and column name (`project_id` for a relation, else the name).
    pub key: &'static str,
    /// The field's doc comment, for the `OpenAPI` document.
    pub doc: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether JSON text is a value of it; on [`Kind::Json`].
    pub reads: Option<ReadsJson>,
    /// Smallest and largest length of text, in Unicode scalar values.
    pub len: Option<(u32, u32)>,
    /// Smallest and largest integer; of a decimal, in units of its last place.
    pub int_range: Option<(i64, i64)>,
    /// Smallest and largest number.
    pub float_range: Option<(f64, f64)>,
    /// What it holds when the client says nothing.
    pub fallback: Fallback,
    /// No two rows hold the same value (e-mail addresses: without regard to case).
    pub unique: bool,
    /// Lists can be filtered by it.
    pub filter: bool,
    /// Further names of its filter.
    pub filter_aliases: &'static [&'static str],
    /// Lists can be sorted by it.
    pub sort: bool,
    /// `q` looks into it.
    pub search: bool,
    /// Never shown.
    pub hidden: bool,
    /// Who is shown it, among those who may read the row.
    pub read: Option<Rule>,
    /// Never taken from a client.
    pub read_only: bool,
    /// Taken on creation only.
    pub write_once: bool,
    /// Filled with the caller's id on creation, never from input.
    pub actor: bool,
    /// Who may set it, beyond the rule of the verb.
    pub write: Option<Rule>,
    /// Most values; of one that holds many.
    pub max: Option<u32>,
    /// The table of pairs that it is kept in, and not in a column of the row's own.
    pub pairs: Option<&'static Schema>,
    /// What files it holds.
    pub file: Option<&'static FileField>,
    /// What the server keeps in it.
    pub figure: Option<&'static Figure>,
    /// What happens when the row referred to goes; relations only.
    pub on_delete: Option<OnDelete>,
    /// Which word may follow which; choices only.
    pub flow: Option<&'static [Transition]>,
    /// Has an index of its own.
    pub index: bool,
    /// Its JSON key in an earlier version of the declaration, for migrations.
    pub was: Option<&'static str>,
}

/// What generated code builds it with.
#[doc(hidden)]
impl Column {
    /// A field of type `T` with no option set. One that may be null need not be said; any other has to be.
    #[must_use]
    pub const fn new<T: FieldType>(name: &'static str, key: &'static str) -> Self {
        Self {
            name,
            key,
            doc: "",
            kind: T::KIND,
            nullable: T::NULLABLE,
            reads: T::READS,
            len: None,
            int_range: None,
            float_range: None,
            fallback: if T::NULLABLE || matches!(T::KIND, Kind::Many(_)) {
                Fallback::Empty
            } else {
                Fallback::Required
            },
            unique: false,
            filter: false,
            filter_aliases: &[],
            sort: false,
            search: false,
            hidden: false,
            read: None,
            read_only: false,
            write_once: false,
            actor: false,
            write: None,
            max: None,
            pairs: None,
            file: None,
            figure: None,
            on_delete: None,
            flow: None,
            index: false,
            was: None,
        }
    }

    /// A field of a type that the macro does not know by its name: it has to be a choice.
    #[must_use]
    pub const fn choice<T: Choice>(name: &'static str, key: &'static str) -> Self {
        Self::new::<T>(name, key)
    }

    /// The same for one that may be null.
    #[must_use]
    pub const fn optional_choice<T: Choice>(name: &'static str, key: &'static str) -> Self {
        Self::new::<Option<T>>(name, key)
    }

    /// Sets the description.
    #[must_use]
    pub const fn doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }

    /// `len = min..=max`, in Unicode scalar values.
    #[must_use]
    pub const fn len(mut self, min: u32, max: u32) -> Self {
        self.len = Some((min, max));
        self
    }

    /// `range = min..=max` on an integer; on a decimal, in units of its last place.
    #[must_use]
    pub const fn int_range(mut self, min: i64, max: i64) -> Self {
        self.int_range = Some((min, max));
        self
    }

    /// `range = min..=max` on a number.
    #[must_use]
    pub const fn float_range(mut self, min: f64, max: f64) -> Self {
        self.float_range = Some((min, max));
        self
    }

    /// `default`.
    #[must_use]
    pub const fn default_empty(mut self) -> Self {
        self.fallback = Fallback::Empty;
        self
    }

    /// `default = value`.
    #[must_use]
    pub const fn default_value(mut self, value: Literal) -> Self {
        self.fallback = Fallback::Value(value);
        self
    }

    /// `unique`.
    #[must_use]
    pub const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    /// `filter`, with its further names.
    #[must_use]
    pub const fn filter(mut self, aliases: &'static [&'static str]) -> Self {
        self.filter = true;
        self.filter_aliases = aliases;
        self
    }

    /// `sort`.
    #[must_use]
    pub const fn sort(mut self) -> Self {
        self.sort = true;
        self
    }

    /// `search`.
    #[must_use]
    pub const fn search(mut self) -> Self {
        self.search = true;
        self
    }

    /// `hidden`.
    #[must_use]
    pub const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// `read = rule`.
    #[must_use]
    pub const fn read(mut self, rule: Rule) -> Self {
        self.read = Some(rule);
        self
    }

    /// `read_only`.
    #[must_use]
    pub const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    /// `write_once`.
    #[must_use]
    pub const fn write_once(mut self) -> Self {
        self.write_once = true;
        self
    }

    /// `actor`.
    #[must_use]
    pub const fn actor(mut self) -> Self {
        self.actor = true;
        self
    }

    /// `write = rule`.
    #[must_use]
    pub const fn write(mut self, rule: Rule) -> Self {
        self.write = Some(rule);
        self
    }

    /// `max = …`.
    #[must_use]
    pub const fn max(mut self, max: u32) -> Self {
        self.max = Some(max);
        self
    }

    /// Says which table it is kept in.
    #[must_use]
    pub const fn pairs(mut self, pairs: &'static Schema) -> Self {
        self.pairs = Some(pairs);
        self
    }

    /// `max_bytes = …`, `types(…)`, on what holds a file.
    #[must_use]
    pub const fn file(mut self, file: &'static FileField) -> Self {
        self.file = Some(file);
        self
    }

    /// `count(…)`, `sum(…)`.
    #[must_use]
    pub const fn figure(mut self, figure: &'static Figure) -> Self {
        self.figure = Some(figure);
        self.fallback = Fallback::Empty;
        self
    }

    /// `on_delete = …`.
    #[must_use]
    pub const fn on_delete(mut self, on_delete: OnDelete) -> Self {
        self.on_delete = Some(on_delete);
        self
    }

    /// `flow(…)`, after the default.
    ///
    /// # Panics
    /// At compile time, when a row could never hold one of the words.
    #[must_use]
    #[track_caller]
    pub const fn flow(mut self, flow: &'static [Transition]) -> Self {
        assert_each_is_reached(self.kind, self.fallback, flow);
        self.flow = Some(flow);
        self
    }

    /// `index`.
    #[must_use]
    pub const fn index(mut self) -> Self {
        self.index = true;
        self
    }

    /// `was = key`.
    #[must_use]
    pub const fn was(mut self, key: &'static str) -> Self {
        self.was = Some(key);
        self
    }
}

impl Column {
    /// As what it is stored.
    #[must_use]
    pub const fn storage(&self) -> Storage {
        self.kind.storage()
    }

    /// What it says of its values beside their type.
    #[must_use]
    pub const fn bounds(&self) -> Bounds {
        Bounds {
            len: self.len,
            int_range: self.int_range,
            float_range: self.float_range,
            max: self.max,
            reads: self.reads,
        }
    }

    /// Whether it is a column of the table.
    #[must_use]
    pub const fn is_stored(&self) -> bool {
        self.pairs.is_none()
    }

    /// The bounds of a decimal.
    #[must_use]
    pub fn decimal_range(&self) -> Option<(Fixed, Fixed)> {
        let scale = self.kind.scale();
        let (min, max) = self.int_range.filter(|_| scale > 0)?;
        Some((Fixed::new(min, scale), Fixed::new(max, scale)))
    }

    /// Whether the server alone sets it, whatever its options say.
    #[must_use]
    pub const fn is_automatic(&self) -> bool {
        self.actor || self.figure.is_some() || self.kind.facts().is_automatic
    }
}
