//! What the tests drive the application with: the server as a process, requests, people and their rows.

mod app;
mod bucket;
mod client;
mod database;
mod jwt;
mod provider;
mod random;
mod raw;
mod receiver;
mod redis;
mod smtp;
mod socket;
mod streams;
mod world;

pub(crate) use self::{
    app::{Refusal, Settings, TestApp, shared, wait_until},
    bucket::{Bucket, Trouble, hex},
    client::{Reply, encode, without_values},
    database::{adapted, dialect, server_only, sqlite_only},
    jwt::{Algorithm, sign, sign_bytes, sign_with_header},
    provider::{Provider, Signed, query},
    random::Random,
    raw::{RawReply, exchange, parse_reply, request_head},
    receiver::{Answer, Posted, Receiver},
    redis::{PASSWORD as REDIS_PASSWORD, Redis, redis_only},
    smtp::{Letter, Sink},
    socket::{Heard, Refused, Socket},
    streams::{CSV, NDJSON, Stream, Table, rows_of, whole},
    world::{Pair, Person, unique, unique_email},
};
