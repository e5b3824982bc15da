//! The table of `#[field(…)]` options: it drives parsing, the messages, and the code generated.
//!
//! An option without an argument becomes a call of the builder of its name on `fasttrack::schema::Column`, so that a
//! new one needs a row here and its meaning there.

use crate::{
    names,
    shape::{Bounds, SetBy, Shape, TypeSpec},
};

/// One option.
#[derive(Debug)]
pub(crate) struct OptionSpec {
    /// Its word.
    pub(crate) name: &'static str,
    /// What follows it.
    pub(crate) argument: Argument,
    /// How it is written.
    pub(crate) form: &'static str,
    /// The types that it fits.
    fit: Fit,
    /// What it says, in one line.
    pub(crate) doc: &'static str,
}

/// What follows an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Argument {
    /// Nothing.
    Nothing,
    /// `= MIN..=MAX`
    Bounds,
    /// Nothing, or `= CONSTANT`
    Constant,
    /// Nothing, or `(also = NAME, …)`
    Aliases,
    /// `= INTEGER`
    Number,
    /// `(ROWS: RULE)`
    Count,
    /// `(ROWS: FIELD)`
    Sum,
    /// `= RULE`
    Rule,
    /// `= cascade | restrict | set_null`
    OnDelete,
    /// `= NAME`
    Name,
    /// `(FROM -> TO | TO: RULE, …)`
    Flow,
    /// `("image/png", …)`
    Types,
}

impl Argument {
    /// Whether it is nothing but what stands in parentheses.
    pub(crate) const fn is_in_parentheses(self) -> bool {
        matches!(self, Self::Flow | Self::Count | Self::Sum | Self::Types)
    }
}

/// Types that have an option.
type Fit = fn(&TypeSpec) -> bool;

const FILTERED: Fit = |spec| spec.is_ordered || spec.bounds.are_of_many();
const COUNTED: Fit = |spec| spec.bounds.are_of_many();
const ORDERED: Fit = |spec| spec.is_ordered;
const INPUT: Fit = |spec| matches!(spec.set, SetBy::Clients);
const LONG: Fit = |spec| matches!(spec.bounds, Bounds::Length | Bounds::Texts);
const TEXT: Fit = |spec| matches!(spec.bounds, Bounds::Length);
const RANGED: Fit = |spec| matches!(spec.bounds, Bounds::Range | Bounds::Integers);
const COUNT: Fit = |spec| matches!(spec.shape, Shape::Int);
const SUM: Fit = |spec| matches!(spec.shape, Shape::Int | Shape::Decimal);
const UNIQUE: Fit = |spec| spec.is_unique;
const RELATION: Fit = |spec| matches!(spec.shape, Shape::Relation);
const CHOICE: Fit = |spec| matches!(spec.shape, Shape::Choice);
const WRITTEN: Fit = |spec| !matches!(spec.set, SetBy::Server);
const FILE: Fit = |spec| matches!(spec.shape, Shape::File);
const NAMED: Fit = |spec| !matches!(spec.shape, Shape::Id);

const fn row(name: &'static str, argument: Argument, form: &'static str, fit: Fit, doc: &'static str) -> OptionSpec {
    OptionSpec { name, argument, form, fit, doc }
}

/// All options, in the order in which they are documented.
pub(crate) const OPTIONS: &[OptionSpec] = &[
    row("len", Argument::Bounds, "len = 1..=300", LONG, "smallest and largest length, in characters"),
    row("range", Argument::Bounds, "range = 0..=100", RANGED, "smallest and largest value"),
    row("max", Argument::Number, "max = 50", COUNTED, "most rows or values that it holds"),
    row("default", Argument::Constant, "default, default = Todo", INPUT, "what it holds when the client says nothing"),
    row("unique", Argument::Nothing, "unique", UNIQUE, "no two rows hold the same"),
    row("filter", Argument::Aliases, "filter, filter(also = NAME)", FILTERED, "lists can be filtered by it"),
    row("sort", Argument::Nothing, "sort", ORDERED, "lists can be sorted by it"),
    row("search", Argument::Nothing, "search", TEXT, "`q` finds words in it"),
    row("hidden", Argument::Nothing, "hidden", INPUT, "never shown"),
    row("read", Argument::Rule, "read = role(Admin)", NAMED, "who is shown it, among those who may read the row"),
    row("read_only", Argument::Nothing, "read_only", INPUT, "never taken from a client"),
    row("write_once", Argument::Nothing, "write_once", INPUT, "taken on creation only"),
    row("actor", Argument::Nothing, "actor", RELATION, "filled with the caller on creation, never from input"),
    row("write", Argument::Rule, "write = role(Admin)", WRITTEN, "who may set it, beyond the rule of the verb"),
    row("on_delete", Argument::OnDelete, "on_delete = cascade", RELATION, "what happens when the row referred to goes"),
    row(
        "flow",
        Argument::Flow,
        "flow(Todo -> Doing, Doing -> Done: owner)",
        CHOICE,
        "which value may follow which, and by whom; a row begins with the default",
    ),
    row(
        "count",
        Argument::Count,
        "count(tasks: status != Done)",
        COUNT,
        "how many of the rows that refer here there are, of which this holds; kept by the server",
    ),
    row(
        "sum",
        Argument::Sum,
        "sum(lines: amount)",
        SUM,
        "what this field of the rows that refer here comes to; kept by the server",
    ),
    row("max_bytes", Argument::Number, "max_bytes = 10_000_000", FILE, "the longest file that it takes, in bytes"),
    row("types", Argument::Types, "types(\"image/png\", \"image/jpeg\")", FILE, "the media types that it takes"),
    row("index", Argument::Nothing, "index", ORDERED, "has an index of its own"),
    row("was", Argument::Name, "was = old_name", NAMED, "its JSON key before it was renamed, for migrations"),
];

/// What `on_delete` may say, with the variant of `fasttrack::schema::OnDelete`.
pub(crate) const ON_DELETE: &[(&str, &str)] =
    &[("cascade", "Cascade"), ("restrict", "Restrict"), ("set_null", "SetNull")];

impl OptionSpec {
    /// The option of this word, or what to do about it.
    pub(crate) fn find(name: &str) -> Result<&'static Self, String> {
        OPTIONS.iter().find(|option| option.name == name).ok_or_else(|| {
            let words: Vec<&str> = OPTIONS.iter().map(|option| option.name).collect();
            format!("`{name}` is no option of a field; {}", names::advice(name, &words))
        })
    }

    /// Whether it fits a type.
    pub(crate) fn fits(&self, shape: Shape) -> bool {
        (self.fit)(shape.spec())
    }

    /// The types that it fits, for people.
    pub(crate) fn fitting(&self) -> String {
        let words: Vec<&str> =
            TypeSpec::all().filter(|spec| (self.fit)(spec)).map(|spec| spec.shape.written()).collect();
        names::list(&words)
    }
}
