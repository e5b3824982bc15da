//! How a database is opened.

use std::time::Duration;

/// How a database is opened. The defaults are meant for a server; a command that runs once can do with fewer readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DbOptions {
    /// Connections that read a file; opened when first needed. One more writes.
    pub readers: usize,
    /// Connections to a server, which read and write; opened when first needed.
    pub pool: usize,
    /// Whether statements are prepared on a server and kept there. A pooler that lends connections by the transaction
    /// has others run what one prepares.
    pub prepares: bool,
    /// Writes that may wait; one more is refused with [`DbError::QueueFull`](super::DbError::QueueFull).
    pub queue: usize,
    /// Writes that share a transaction, at most.
    pub group: usize,
    /// Snapshots that may be held at a time, each on a connection of its own beside the others; opened when first needed.
    pub snapshots: usize,
    /// How long one may be held.
    pub snapshot_limit: Duration,
    /// How long a server is waited for, when the database is opened, that takes no connection yet, or no further one.
    pub start_wait: Duration,
    /// How long a read waits for a connection.
    pub reader_wait: Duration,
    /// How long a read may take once it has its connection.
    pub statement_limit: Duration,
    /// How long one statement of the writer may take. Everybody else's writes wait for it.
    pub write_limit: Duration,
    /// How long one unit of the writer may take, however many statements it has.
    pub unit_limit: Duration,
    /// How long the writer waits for another process that writes.
    pub busy_timeout: Duration,
    /// Whether what was answered outlives a loss of power. Without, nothing waits for the disk: for a test, whose database
    /// outlives nothing.
    pub is_durable: bool,
    /// A table that a database of ours holds. A file that has tables, and not this one, is refused and left untouched.
    pub marker: Option<String>,
    /// Whether this is not the process that serves the file, though it may write, for a moment: then it leaves the log to
    /// be copied to that one, and does not listen for what others write.
    pub beside: bool,
}

impl Default for DbOptions {
    fn default() -> Self {
        Self {
            readers: 8,
            pool: 16,
            prepares: true,
            queue: 4096,
            group: 512,
            snapshots: 8,
            snapshot_limit: Duration::from_mins(5),
            start_wait: Duration::ZERO,
            reader_wait: Duration::from_secs(3),
            statement_limit: Duration::from_secs(5),
            write_limit: Duration::from_secs(10),
            unit_limit: Duration::from_mins(1),
            busy_timeout: Duration::from_secs(4),
            is_durable: true,
            marker: None,
            beside: false,
        }
    }
}
