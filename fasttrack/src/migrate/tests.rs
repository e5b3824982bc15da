//! Differences as data.
