//! The reference application: users own projects, projects hold tasks, tasks hold comments.
//!
//! Each file beside this one declares one entity, and is the whole of it.

fasttrack::resources!();
