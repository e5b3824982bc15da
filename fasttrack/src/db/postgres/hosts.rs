//! The servers that an address names, tried so that one that is dead does not keep those behind it waiting.
//!
//! The driver tries one after the other, each for as long as a connection may take. Here the next one is tried as well
//! when the one before it has not answered for a moment (as RFC 8305 has it for the addresses of one host), and the one that
//! answered last goes first: so it does not matter to a new connection that another server is away.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::time::{sleep, timeout};
use tokio_postgres::{
    Client, Config, Connection, Socket,
    config::{Host, LoadBalanceHosts, TargetSessionAttrs},
    error::SqlState,
    tls::MakeTlsConnect,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{super::DbError, error::Failure};

/// How long a server may take to answer before the next one is tried as well.
const HEAD_START: Duration = Duration::from_millis(300);

/// A connection that may be encrypted.
pub(super) type Encrypted = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

/// What an open connection is made of.
pub(super) type Opened = (Client, Connection<Socket, Encrypted>);

/// The servers that an address names.
pub(super) struct Hosts {
    /// Each with a name for messages.
    all: Vec<(String, Config)>,
    /// Which of them answered last.
    last: AtomicUsize,
    /// How long a connection may take to open.
    limit: Duration,
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) struct Refused {
    /// What was said. One that passes when one waits is [`DbError::Busy`].
    pub(super) error: DbError,
    /// Whether a server has as many connections as it takes.
    pub(super) is_full: bool,
}

impl Hosts {
    /// Those of an address, to each of which a connection may take so long.
    pub(super) fn of(config: &Config, limit: Duration) -> Self {
        let count = config.get_hosts().len().max(config.get_hostaddrs().len());
        let all: Vec<_> = (0..count).map(|index| one_of(config, index)).collect();
        // As libpq has it: whoever asks for it gets another one each time the program is started.
        let mut random = [0];
        if config.get_load_balance_hosts() == LoadBalanceHosts::Random {
            getrandom::fill(&mut random).ok();
        }
        Self { last: AtomicUsize::new(usize::from(random[0]) % all.len().max(1)), all, limit }
    }

    /// Whether a server that may only be read is of no use.
    pub(super) fn have_to_be_written_to(&self) -> bool {
        self.all.iter().all(|(_, config)| config.get_target_session_attrs() == TargetSessionAttrs::ReadWrite)
    }

    /// Opens a connection to the first one that answers as it should.
    ///
    /// # Errors
    /// What each of them said.
    pub(super) async fn open(&self, tls: &MakeRustlsConnect) -> Result<Opened, Refused> {
        let first = self.last.load(Ordering::Relaxed);
        let order = (0..self.all.len()).map(|place| (first + place) % self.all.len());
        let mut waiting = order.filter_map(|index| Some((index, self.all.get(index)?)));
        let mut trying = FuturesUnordered::new();
        let mut refused = Vec::new();
        loop {
            match waiting.next() {
                Some((index, (name, config))) => trying.push(async move {
                    let opened = self.open_one(config, tls).await;
                    opened.map(|opened| (index, opened)).map_err(|failure| (name, failure))
                }),
                None if trying.is_empty() => return Err(in_one(refused)),
                None => {}
            }
            let ended = tokio::select! {
                ended = trying.next() => ended,
                () = sleep(HEAD_START), if waiting.size_hint().1 != Some(0) => None,
            };
            match ended {
                Some(Ok((index, opened))) => {
                    self.last.store(index, Ordering::Relaxed);
                    return Ok(opened);
                }
                Some(Err(failure)) => refused.push(failure),
                None => {}
            }
        }
    }

    async fn open_one(&self, config: &Config, tls: &MakeRustlsConnect) -> Result<Opened, Refused> {
        match timeout(self.limit, config.connect(tls.clone())).await {
            Ok(Ok(opened)) => Ok(opened),
            Ok(Err(error)) => {
                let is_full = error.code() == Some(&SqlState::TOO_MANY_CONNECTIONS);
                Err(Refused { error: Failure::from(error).error, is_full })
            }
            Err(_) => Err(Refused { error: DbError::Busy("the server does not answer".into()), is_full: false }),
        }
    }
}

/// What several servers said, as one; it passes if that of any of them does.
fn in_one(refused: Vec<(&String, Refused)>) -> Refused {
    let is_full = refused.iter().any(|(_, refused)| refused.is_full);
    let passes = refused.iter().any(|(_, refused)| matches!(refused.error, DbError::Busy(_)));
    let alone = refused.len() == 1;
    let words = refused.into_iter().map(
        |(name, Refused { error, .. })| {
            if alone { error.to_string() } else { format!("{name}: {error}") }
        },
    );
    let words = words.collect::<Vec<_>>().join("; ");
    Refused { error: if passes { DbError::Busy(words.into()) } else { DbError::Other(words) }, is_full }
}

/// The settings of the server with this number, and its name. The driver's own way to them is to read them all.
fn one_of(from: &Config, index: usize) -> (String, Config) {
    let mut config = Config::new();
    if let Some(user) = from.get_user() {
        config.user(user);
    }
    if let Some(password) = from.get_password() {
        config.password(password);
    }
    if let Some(name) = from.get_dbname() {
        config.dbname(name);
    }
    if let Some(options) = from.get_options() {
        config.options(options);
    }
    if let Some(name) = from.get_application_name() {
        config.application_name(name);
    }
    if let Some(limit) = from.get_connect_timeout() {
        config.connect_timeout(*limit);
    }
    if let Some(limit) = from.get_tcp_user_timeout() {
        config.tcp_user_timeout(*limit);
    }
    if let Some(interval) = from.get_keepalives_interval() {
        config.keepalives_interval(interval);
    }
    if let Some(retries) = from.get_keepalives_retries() {
        config.keepalives_retries(retries);
    }
    config
        .keepalives(from.get_keepalives())
        .keepalives_idle(from.get_keepalives_idle())
        .ssl_mode(from.get_ssl_mode())
        .ssl_negotiation(from.get_ssl_negotiation())
        .channel_binding(from.get_channel_binding())
        .target_session_attrs(from.get_target_session_attrs());
    let address = from.get_hostaddrs().get(index);
    let mut name = address.map(ToString::to_string).unwrap_or_default();
    match from.get_hosts().get(index) {
        Some(Host::Tcp(host)) => {
            config.host(host);
            name.clone_from(host);
        }
        #[cfg(unix)]
        Some(Host::Unix(path)) => {
            config.host_path(path);
            name = path.display().to_string();
        }
        None => {}
    }
    if let Some(address) = address {
        config.hostaddr(*address);
    }
    // One port counts for all hosts.
    let port = from.get_ports().get(index).or(from.get_ports().first()).copied().unwrap_or(5432);
    config.port(port);
    (format!("{name}:{port}"), config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(address: &str, expected: &[&str]) {
        let hosts = Hosts::of(&address.parse().unwrap(), Duration::from_secs(1));
        let names: Vec<_> = hosts.all.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, expected, "{address}");
    }

    #[test]
    fn each_server_of_an_address_is_one_of_its_own() {
        check("postgres://u:p@h/d", &["h:5432"]);
        check("postgres://u:p@h:6/d", &["h:6"]);
        check("postgres://u@a:1,b:2/d", &["a:1", "b:2"]);
        check("host=a,b port=7 user=u", &["a:7", "b:7"]);
        check("postgres://u@%2Frun/d", &["/run:5432"]);
        check("host=a,b hostaddr=127.0.0.1,127.0.0.2 port=1,2 user=u", &["a:1", "b:2"]);
        check("hostaddr=127.0.0.1 user=u", &["127.0.0.1:5432"]);
    }

    #[test]
    fn every_setting_is_taken_along() {
        let address = "user=u password=p dbname=d options=-ca=b application_name=n sslmode=require host=h port=7 \
                       connect_timeout=3 tcp_user_timeout=4 keepalives=0 keepalives_idle=5 keepalives_interval=6 \
                       keepalives_retries=7 target_session_attrs=read-write channel_binding=require \
                       sslnegotiation=direct";
        let whole: Config = address.parse().unwrap();
        assert_eq!(one_of(&whole, 0).1, whole);
    }
}
