//! Values of fields as text, for what people are told: a mail, a line of a log, a path.

use std::fmt;

use super::{BelongsTo, CreatedAt, Date, Email, Id, Timestamp, UpdatedAt, Url};

/// Types that are text all through.
macro_rules! text {
    ($($type:ty),* $(,)?) => {
        $(
            /// As it is in JSON.
            impl fmt::Display for $type {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.pad(&self.0)
                }
            }

            impl AsRef<str> for $type {
                fn as_ref(&self) -> &str {
                    &self.0
                }
            }
        )*
    };
}

text![Timestamp, Date, Email, CreatedAt, UpdatedAt, Url];

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

/// The number of the row that it leads to.
impl<T> fmt::Display for BelongsTo<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_as_it_is_in_json() {
        let (at, on) = ("2026-11-22T16:10:00.123456Z".to_owned(), "2026-12-24".to_owned());
        for (shown, expected) in [
            (Timestamp(at.clone()).to_string(), at.as_str()),
            (CreatedAt(at.clone()).to_string(), &at),
            (UpdatedAt(at.clone()).to_string(), &at),
            (Date(on.clone()).to_string(), &on),
            (format!("{:>12}", Date(on.clone())), "  2026-12-24"),
            (Email("ada@example.com".to_owned()).to_string(), "ada@example.com"),
            (BelongsTo::<()>::to(7).to_string(), "7"),
            (BelongsTo::<()>::to(7).id().to_string(), "7"),
        ] {
            assert_eq!(shown, expected);
        }
    }
}
