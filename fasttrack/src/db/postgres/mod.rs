//! What is peculiar to `PostgreSQL`.

mod url;

pub use self::url::{PostgresUrl, PostgresUrlError, TlsMode};
