//! Logging in and what the tokens are worth afterwards.

mod forgery;
mod login;
mod password;
mod races;
mod refresh;
mod register;
mod sessions;
mod standing;
