//! What the macro knows of types, as a table; `shape/apart.rs` finds the one of a field by its name.

mod apart;

pub(crate) use self::apart::FieldType;

/// The types a field may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Id,
    Text,
    Bool,
    Int,
    Float,
    Decimal,
    Timestamp,
    Date,
    Duration,
    Uuid,
    Url,
    Texts,
    Integers,
    Json,
    File,
    Choice,
    Relation,
    Many,
    Email,
    PasswordHash,
    CreatedAt,
    UpdatedAt,
    DeletedAt,
}

/// What the macro knows of a type: a new one is a row below, and a file in `fasttrack/src/types/`.
pub(crate) struct TypeSpec {
    pub(crate) shape: Shape,
    /// The last segment of its path; of a choice, which has any name, nothing.
    name: &'static str,
    /// How it is written.
    written: &'static str,
    /// Who sets it.
    pub(crate) set: SetBy,
    /// What a field says of its values beside the type.
    pub(crate) bounds: Bounds,
    /// Whether its values can be compared, and stand in an order in which equal ones are together.
    pub(crate) is_ordered: bool,
    /// How a check compares its values.
    pub(crate) compares: Compares,
    /// Whether `unique` makes sense.
    pub(crate) is_unique: bool,
    /// What a field holds that has a `default` and is not told which, in Rust.
    pub(crate) empty: Empty,
    /// What a constant of it is, for people; nothing where there are none.
    pub(crate) constant: &'static str,
}

/// How values are compared in a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compares {
    /// Not at all.
    Nothing,
    /// By `==` and `!=`.
    Equality,
    /// By whatever there is.
    Order,
}

/// Who sets a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetBy {
    /// Clients, or the server in their place.
    Clients,
    /// Clients, by a request of its own for each value.
    Uploads,
    /// The server alone.
    Server,
}

/// What a field says of its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bounds {
    Nothing,
    /// `len`; it is text that `search` looks into.
    Length,
    /// `range`
    Range,
    /// `max`, and `len` of each value
    Texts,
    /// `max`, and `range` of each value
    Integers,
    /// `max`: it holds any number of values, which lists can be filtered by.
    Count,
}

/// What stands for no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Empty {
    /// There is nothing.
    Nothing,
    /// A value that no client may send.
    Inner,
    /// A value like any other.
    Value,
}

impl Bounds {
    /// Whether they say how many there may be.
    pub(crate) const fn are_of_many(self) -> bool {
        matches!(self, Self::Count | Self::Texts | Self::Integers)
    }
}

const fn plain(shape: Shape, name: &'static str, written: &'static str) -> TypeSpec {
    TypeSpec {
        shape,
        name,
        written,
        set: SetBy::Clients,
        bounds: Bounds::Nothing,
        is_ordered: true,
        compares: Compares::Order,
        is_unique: true,
        empty: Empty::Nothing,
        constant: "",
    }
}

/// One whose values are the same or not.
const fn unordered(shape: Shape, name: &'static str, written: &'static str) -> TypeSpec {
    TypeSpec { compares: Compares::Equality, ..plain(shape, name, written) }
}

/// One of many values, whose name no path ends with: it is known by what it holds.
const fn list(bounds: Bounds, shape: Shape, written: &'static str) -> TypeSpec {
    TypeSpec {
        bounds,
        is_ordered: false,
        compares: Compares::Nothing,
        is_unique: false,
        empty: Empty::Value,
        ..plain(shape, written, written)
    }
}

const fn automatic(shape: Shape, name: &'static str, written: &'static str) -> TypeSpec {
    TypeSpec { set: SetBy::Server, is_unique: false, ..plain(shape, name, written) }
}

/// What has a name that the macro does not know.
const CHOICE: TypeSpec =
    TypeSpec { constant: "the variant of the choice, without quotes", ..unordered(Shape::Choice, "", "Choice") };

/// All types.
const TYPES: &[TypeSpec] = &[
    TypeSpec { compares: Compares::Equality, ..automatic(Shape::Id, "Id", "Id<T>") },
    TypeSpec {
        bounds: Bounds::Length,
        empty: Empty::Value,
        constant: "text in quotes",
        ..unordered(Shape::Text, "String", "String")
    },
    TypeSpec {
        is_unique: false,
        empty: Empty::Value,
        constant: "`true` or `false`",
        ..unordered(Shape::Bool, "bool", "bool")
    },
    TypeSpec { bounds: Bounds::Range, empty: Empty::Value, constant: "an integer", ..plain(Shape::Int, "i64", "i64") },
    TypeSpec {
        bounds: Bounds::Range,
        is_unique: false,
        empty: Empty::Value,
        constant: "a number",
        ..plain(Shape::Float, "f64", "f64")
    },
    TypeSpec {
        bounds: Bounds::Range,
        empty: Empty::Value,
        constant: "a number, such as 12.30",
        ..plain(Shape::Decimal, "Decimal", "Decimal<S>")
    },
    plain(Shape::Timestamp, "Timestamp", "Timestamp"),
    plain(Shape::Date, "Date", "Date"),
    TypeSpec {
        bounds: Bounds::Range,
        empty: Empty::Value,
        constant: "a whole number of seconds",
        ..plain(Shape::Duration, "Duration", "Duration")
    },
    unordered(Shape::Uuid, "Uuid", "Uuid"),
    TypeSpec { bounds: Bounds::Length, empty: Empty::Inner, ..unordered(Shape::Url, "Url", "Url") },
    list(Bounds::Texts, Shape::Texts, "Vec<String>"),
    list(Bounds::Integers, Shape::Integers, "Vec<i64>"),
    TypeSpec {
        is_ordered: false,
        compares: Compares::Nothing,
        is_unique: false,
        ..plain(Shape::Json, "Json", "Json<T>")
    },
    TypeSpec {
        set: SetBy::Uploads,
        is_ordered: false,
        compares: Compares::Nothing,
        is_unique: false,
        ..plain(Shape::File, "File", "File")
    },
    CHOICE,
    unordered(Shape::Relation, "BelongsTo", "BelongsTo<T>"),
    TypeSpec {
        bounds: Bounds::Count,
        is_ordered: false,
        compares: Compares::Nothing,
        is_unique: false,
        empty: Empty::Value,
        ..plain(Shape::Many, "Many", "Many<T>")
    },
    TypeSpec { bounds: Bounds::Length, empty: Empty::Inner, ..unordered(Shape::Email, "Email", "Email") },
    TypeSpec {
        is_ordered: false,
        compares: Compares::Nothing,
        is_unique: false,
        empty: Empty::Inner,
        ..plain(Shape::PasswordHash, "PasswordHash", "PasswordHash")
    },
    automatic(Shape::CreatedAt, "CreatedAt", "CreatedAt"),
    // Every change moves it, whatever it is about.
    TypeSpec { compares: Compares::Nothing, ..automatic(Shape::UpdatedAt, "UpdatedAt", "UpdatedAt") },
    // Null for every row that anybody sees.
    TypeSpec {
        is_ordered: false,
        compares: Compares::Nothing,
        ..automatic(Shape::DeletedAt, "DeletedAt", "DeletedAt")
    },
];

impl TypeSpec {
    /// All types.
    pub(crate) fn all() -> impl Iterator<Item = &'static Self> {
        TYPES.iter()
    }

    /// How it is written.
    pub(crate) const fn written(&self) -> &'static str {
        self.written
    }

    /// The types that the macro knows by name.
    fn known() -> impl Iterator<Item = &'static Self> {
        TYPES.iter().filter(|spec| !spec.name.is_empty())
    }
}

impl Shape {
    /// What the macro knows of it.
    pub(crate) fn spec(self) -> &'static TypeSpec {
        TYPES.iter().find(|spec| spec.shape == self).unwrap_or(&CHOICE)
    }

    /// Whether its values lie before or after `now`.
    pub(crate) const fn is_timed(self) -> bool {
        matches!(self, Self::Timestamp | Self::Date | Self::CreatedAt | Self::UpdatedAt)
    }

    /// How the type is written.
    pub(crate) fn written(self) -> &'static str {
        self.spec().written()
    }

    /// The names that the macro knows.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        TypeSpec::known().map(|spec| spec.name)
    }

    /// The shapes that the macro knows by name.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        TypeSpec::known().map(|spec| spec.shape)
    }

    /// The longest text, where a declaration says nothing; `None` where it has to.
    pub(crate) const fn longest(self) -> Option<u32> {
        match self {
            // What a path holds without its angle brackets (RFC 5321, section 4.5.3.1.3).
            Self::Email => Some(254),
            // What servers and browsers take, by and large.
            Self::Url => Some(2_048),
            _ => None,
        }
    }

    /// Whether it is a list of values that stand in the row itself.
    pub(crate) const fn is_list(self) -> bool {
        matches!(self, Self::Texts | Self::Integers)
    }

    /// Whether the server alone sets it.
    pub(crate) fn is_automatic(self) -> bool {
        self.spec().set == SetBy::Server
    }
}
