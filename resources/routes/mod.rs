//! The routes that no declaration gives, written by hand.

mod stats;

pub use self::stats::project_stats;
