//! Requests that this program sends: the one HTTP client of it.
//!
//! Whoever has it call an address that somebody else has chosen gives it [`Reach::Public`]: then a connection is opened to
//! no address of the machine or its networks, whatever name leads there. A name is looked up once for each connection, which
//! goes to an address that was looked at; redirects are answers like others, and not followed. All that may take time or
//! memory has a bound. Of what is sent and answered it knows nothing, and it does not try again. Proxies that the environment
//! names are not asked: they would look up names themselves.

mod address;
mod body;
mod client;
mod connector;
mod error;
#[cfg(test)]
mod tests;

/// The words of HTTP, for those who send.
pub use hyper::{
    HeaderMap, Method, StatusCode,
    header::{self, HeaderName, HeaderValue},
};

pub use self::{
    address::{Reach, is_public},
    body::Body,
    client::{HttpClient, HttpRequest, HttpResponse, Options},
    error::HttpError,
};
