//! The declaration language of fasttrack.
