//! What generated code calls besides [`schema`](crate::schema); no part of the public interface.

use std::marker::PhantomData;

use crate::{Application, access, schema::Never};

pub use serde::{self, Deserialize, Deserializer, Serialize, Serializer};

/// What `assert_never!` asserts.
///
/// # Panics
/// With an example, where somebody may do that.
#[track_caller]
#[expect(clippy::panic, reason = "so a test fails")]
pub fn assert_never(application: &Application, resource: Option<&str>, never: &Never) {
    if let Err(why) = access::check_said(&application.resources, resource, never) {
        panic!("{why}");
    }
}

/// A field of type `T` read and written by whatever means the type has. One that has none is told of where its column is
/// declared, and not once more for every line of generated code that it occurs in: `By::<T>::read` is the function here
/// where there is one, and else that of [`ByNoMeans`], which always is.
pub struct By<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> By<T> {
    /// Reads the field.
    ///
    /// # Errors
    /// When what is read does not fit.
    pub fn read<D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        T::deserialize(deserializer)
    }
}

impl<T: Serialize> By<T> {
    /// Writes the field.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn write<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        value.serialize(serializer)
    }
}

/// A length of time as a whole number of seconds.
pub mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};

    /// Reads one.
    ///
    /// # Errors
    /// When what is read is no whole number, or a negative one.
    pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }

    /// Writes one.
    ///
    /// # Errors
    /// When it has a part of a second, which would be lost.
    pub fn write<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        match value.subsec_nanos() {
            0 => value.as_secs().serialize(serializer),
            _ => Err(ser::Error::custom("a length of time has whole seconds: `Duration::from_secs`")),
        }
    }

    /// Reads one that may be null.
    ///
    /// # Errors
    /// Those of [`read`].
    pub fn read_optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        Option::<u64>::deserialize(deserializer).map(|seconds| seconds.map(Duration::from_secs))
    }

    /// Writes one that may be null.
    ///
    /// # Errors
    /// Those of [`write`].
    pub fn write_optional<S: Serializer>(value: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => write(value, serializer),
            None => serializer.serialize_none(),
        }
    }
}

/// For a type that cannot be read or written; that does not compile, elsewhere.
pub trait ByNoMeans {
    /// The type.
    type Type;

    /// Fails.
    ///
    /// # Errors
    /// Always.
    fn read<'de, D: Deserializer<'de>>(_: D) -> Result<Self::Type, D::Error> {
        unread()
    }

    /// Fails.
    ///
    /// # Errors
    /// Always.
    fn write<S: Serializer>(_: &Self::Type, _: S) -> Result<S::Ok, S::Error> {
        unwritten()
    }
}

impl<T> ByNoMeans for By<T> {
    type Type = T;
}

/// What reading answers where the declaration does not compile.
///
/// # Errors
/// Always.
pub fn unread<T, E: serde::de::Error>() -> Result<T, E> {
    Err(E::custom("its declaration does not compile"))
}

/// The same for writing.
///
/// # Errors
/// Always.
pub fn unwritten<T, E: serde::ser::Error>() -> Result<T, E> {
    Err(E::custom("its declaration does not compile"))
}
