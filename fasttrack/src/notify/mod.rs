//! Who hears of it: messages from the outbox to the sockets of this server.
//!
//! What is told is a row of the outbox, written by the change itself; nothing here can lose it. The [`Hub`] knows how
//! far each connected account has heard, reads on when it is rung for, and hands what it finds to the account's sockets; a
//! [`socket`] catches up from the outbox by itself before it listens to the hub. Whether an account may still see a message
//! is asked by the statement that reads it. Nothing here knows HTTP: a socket is a stream of [frames](wire).

mod dispatch;
mod feed;
mod hub;
mod outbox;
mod retention;
mod seat;
pub mod socket;
#[cfg(test)]
mod tests;
pub mod wire;

pub use self::{
    dispatch::dispatch,
    hub::{Hub, Limits, Refused},
    outbox::{Messages, Numbered, Outbox, Page},
    retention::keep_tidy,
    seat::Seat,
};
