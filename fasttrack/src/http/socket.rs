//! `/ws`: from a handshake to a conversation.
//!
//! What a browser's script could not tell from a network fault is said in a close frame (a bad token, `since` that is no
//! number); everything else is refused like on any other route, before the connection changes.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use salvo::{
    conn::ConnCtrl,
    http::{HeaderValue, Request, Response, StatusCode, header},
    hyper::upgrade::OnUpgrade,
};

use super::{
    Site,
    edge::Actor,
    gate,
    handshake::{self, SocketQuery},
    reply::Reply,
    websocket::WebSocket,
};
use crate::{
    auth::Admission,
    config::PublicUrl,
    error::Error,
    notify::{
        Hub, Outbox, Refused,
        socket::{self, Connection, Services},
    },
};

/// What sockets stand on.
#[derive(Clone)]
pub struct Sockets {
    /// Who is connected.
    pub hub: Arc<Hub>,
    /// What they are told.
    pub outbox: Outbox,
    /// What their conversations need.
    pub services: Services,
    /// Sockets of one account, at most.
    pub per_account: usize,
    /// Origins whose pages may connect, `*` for all.
    pub origins: Vec<String>,
    /// Where the server is for its clients: pages of that origin may connect, too.
    pub public_url: Option<PublicUrl>,
}

/// What becomes of an upgraded connection.
type Talk = Box<dyn FnOnce(WebSocket) -> BoxFuture<'static, ()> + Send>;

/// Opens a socket.
///
/// # Errors
/// Why not, where that is for whoever sees the answer to the handshake.
pub(super) async fn open(site: &Site, req: &mut Request, res: &mut Response) -> Result<Reply, Error> {
    let (query, faults) = SocketQuery::parse(req.uri().query());
    let entry = site.gate.admit_socket(req, query.token.as_deref()).await;
    gate::write_allowance(res.headers_mut(), entry.allowance);
    let visitor = match entry.outcome {
        Err(Error::Unauthenticated(reason)) => Err(reason),
        Err(error) => return Err(error),
        Ok(visitor) => Ok(visitor),
    };
    if !faults.is_empty() {
        return Err(Error::Invalid(faults));
    }
    let accept = handshake::accept(req)?;
    handshake::check_origin(req.headers(), &site.sockets.origins, site.sockets.public_url.as_ref())?;
    let talk = match (visitor, query.since) {
        (Err(reason), _) => refuse(socket::UNAUTHENTICATED, reason.into_owned()),
        (Ok(_), Err(_)) => refuse(socket::POLICY, "since has to be the id of a message, or 0".to_owned()),
        (Ok(visitor), Ok(since)) => {
            req.extensions_mut().insert(Actor(visitor.caller.id));
            converse(&site.sockets, visitor, since).await?
        }
    };
    upgrade(req, accept, talk)
}

fn refuse(code: u16, reason: String) -> Talk {
    Box::new(move |websocket| Box::pin(socket::refuse(websocket, code, reason.into())))
}

/// Reserves a place, and looks how far the account has been told: what is committed from here on is heard.
async fn converse(sockets: &Sockets, visitor: Admission, since: Option<i64>) -> Result<Talk, Error> {
    let Admission { caller, expires_at_us, .. } = visitor;
    let subscription = sockets.hub.reserve(caller.id).map_err(|refused| match refused {
        Refused::AccountFull => Error::TooManySockets { most: sockets.per_account },
        Refused::ServerFull => Error::Unavailable("there are too many sockets; try again later".into()),
        Refused::Stopping => Error::Unavailable("the server is stopping".into()),
    })?;
    let last = sockets.outbox.last(caller.id).await?;
    let after = since.map_or(last, |since| since.min(last));
    let connection = Connection { caller, expires_at_us, after, is_newest: after == last };
    let services = sockets.services.clone();
    Ok(Box::new(move |websocket| Box::pin(socket::converse(websocket, subscription, connection, services))))
}

/// Answers 101, and talks once the connection has changed.
fn upgrade(req: &mut Request, accept: HeaderValue, talk: Talk) -> Result<Reply, Error> {
    let upgrade = req.extensions_mut().remove::<OnUpgrade>().ok_or(Error::UpgradeRequired)?;
    // Silence is no fault of a socket, and a client that does not read is the conversation's affair.
    if let Some(connection) = req.extensions().get::<ConnCtrl>() {
        connection.relax_timeouts();
    }
    tokio::spawn(async move {
        match upgrade.await {
            Ok(upgraded) => talk(WebSocket::new(upgraded).await).await,
            Err(error) => tracing::debug!(%error, "a client went away during the handshake"),
        }
    });
    Ok(Reply::without_body(StatusCode::SWITCHING_PROTOCOLS)
        .header(header::CONNECTION, HeaderValue::from_static("upgrade"))
        .header(header::UPGRADE, HeaderValue::from_static("websocket"))
        .header(header::SEC_WEBSOCKET_ACCEPT, accept))
}
