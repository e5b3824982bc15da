//! Access and refresh tokens: JSON Web Tokens (RFC 7519), signed with HS256.
//!
//! Signing is deterministic: the same pair gives the same bytes, so that a pair can be given out again without being
//! kept. Whether the session of a token is alive is not asked here.

use std::{fmt, sync::Arc};

use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};

use super::{
    Keys, Settings,
    jws::{self, Flaw},
};
use crate::error::Error;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Use {
    Access,
    Refresh,
}

/// What a pair of tokens is made of, besides the keys and the lifetimes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    /// Random, and in the `jti` of both tokens.
    pub(super) id: String,
    pub(super) session: i64,
    pub(super) user: i64,
    pub(super) role: String,
    pub(super) issued_at_s: i64,
}

/// A token whose signature and times are right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Use,
    pub(super) user: i64,
    pub(super) session: i64,
    /// The pair that it is one half of.
    pub(super) pair: String,
    pub(super) expires_at_s: i64,
    /// When it was issued, where that is still to come: the clock was set back, or somebody else has signed it.
    pub(super) issued_later_s: Option<i64>,
}

/// Signs and verifies.
pub(super) struct Tokens {
    keys: Keys,
    access_s: i64,
    refresh_s: i64,
    /// What those say whose signature was right: a client sends the same one over and over, and it cannot come to say
    /// something else.
    signed: Cache<String, Arc<Claims>>,
}

/// The claims, in the order in which they are written.
#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    sid: i64,
    typ: Use,
    role: String,
    iss: String,
    aud: String,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
}

/// The answer to a login or a refresh.
#[derive(Serialize)]
struct Body {
    access_token: String,
    refresh_token: String,
    token_type: &'static str,
    expires_in: i64,
}

/// `iss` and `aud` of every token.
const NAME: &str = "fasttrack";

/// How far ahead the clock of the node that issued a token may be. Expiry has no leeway: it is the issuer's own promise.
const CLOCK_SKEW_S: i64 = 5;

/// How far the clock may have been set back since a token was issued. A token lives so much longer by it, so that this is
/// no more than the usual life of one.
const SET_BACK_S: i64 = 15 * 60;

/// How many tokens are remembered, each of less than a kilobyte.
const MAX_SIGNED: usize = 2_048;

/// Longer than any token that is issued; what is longer is not worth a signature check.
pub(super) const MAX_BYTES: usize = 2_048;

impl Tokens {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            keys: settings.keys.clone(),
            // A token that outlives its session would promise more than it keeps.
            access_s: settings.access_lifetime_s.min(settings.refresh_lifetime_s),
            refresh_s: settings.refresh_lifetime_s,
            signed: Cache::new(MAX_SIGNED),
        }
    }

    /// The pair as the JSON that is answered at the second `now_s`.
    pub(super) fn render(&self, pair: &Pair, now_s: i64) -> Result<Vec<u8>, Error> {
        let body = Body {
            access_token: self.sign(pair, Use::Access)?,
            refresh_token: self.sign(pair, Use::Refresh)?,
            token_type: "bearer",
            // A pair may be given out again a while after it was made.
            expires_in: pair.issued_at_s.saturating_add(self.access_s).saturating_sub(now_s),
        };
        serde_json::to_vec(&body).map_err(|error| Error::Internal(error.to_string()))
    }

    /// When the refresh token of a pair expires, and with it the session.
    pub(super) fn refresh_expiry_s(&self, issued_at_s: i64) -> i64 {
        issued_at_s.saturating_add(self.refresh_s)
    }

    /// Checks a token at the second `now_s`, whatever its use. One that is [issued later](Token::issued_later_s) is good
    /// only if its session was given just this one.
    pub(super) fn verify(&self, token: &str, now_s: i64) -> Result<Token, Error> {
        if token.len() > MAX_BYTES {
            return Err(refused("the token is malformed"));
        }
        let claims = self.signed_claims(token)?;
        if claims.exp <= now_s {
            return Err(refused("the token has expired"));
        }
        let begins_s = claims.nbf.max(claims.iat);
        let issued_later_s = (begins_s > now_s.saturating_add(CLOCK_SKEW_S)).then_some(begins_s);
        let is_ours = claims.nbf == claims.iat && begins_s <= now_s.saturating_add(SET_BACK_S);
        if issued_later_s.is_some() && !is_ours {
            return Err(not_valid_yet());
        }
        let user = claims.sub.parse().map_err(|_| refused("the token is malformed"))?;
        // `jti` is `<pair>.<typ>`: each token has one of its own, and both tell their pair.
        let pair = claims.jti.split_once('.').map_or("", |(pair, _)| pair).to_owned();
        Ok(Token { kind: claims.typ, user, session: claims.sid, pair, expires_at_s: claims.exp, issued_later_s })
    }

    /// The claims of a token that one of the keys has signed.
    fn signed_claims(&self, token: &str) -> Result<Arc<Claims>, Error> {
        if let Some(claims) = self.signed.get(token) {
            return Ok(claims);
        }
        let keys = std::iter::once(&self.keys.token).chain(&self.keys.previous);
        let payload = jws::verify(token, keys).map_err(|flaw| refused(reason(flaw)))?;
        let claims: Claims = serde_json::from_slice(&payload).map_err(|_| refused(reason(Flaw::Malformed)))?;
        if claims.iss != NAME || claims.aud != NAME {
            return Err(refused("the token was not issued for this API"));
        }
        let claims = Arc::new(claims);
        self.signed.insert(token.to_owned(), Arc::clone(&claims));
        Ok(claims)
    }

    fn sign(&self, pair: &Pair, kind: Use) -> Result<String, Error> {
        let (word, lifetime_s) = match kind {
            Use::Access => ("access", self.access_s),
            Use::Refresh => ("refresh", self.refresh_s),
        };
        let claims = Claims {
            sub: pair.user.to_string(),
            sid: pair.session,
            typ: kind,
            role: pair.role.clone(),
            iss: NAME.into(),
            aud: NAME.into(),
            iat: pair.issued_at_s,
            nbf: pair.issued_at_s,
            exp: pair.issued_at_s.saturating_add(lifetime_s),
            jti: format!("{}.{word}", pair.id),
        };
        let claims = serde_json::to_vec(&claims);
        let claims = claims.map_err(|error| Error::Internal(format!("signing a token: {error}")))?;
        Ok(jws::sign(&claims, &self.keys.token))
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tokens").field("access_s", &self.access_s).finish_non_exhaustive()
    }
}

/// An id for a new pair: 128 random bits in hexadecimal.
pub(super) fn random_id() -> Result<String, Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Error::Internal(format!("no randomness: {error}")))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// The time of the token is still to come.
pub(super) fn not_valid_yet() -> Error {
    refused("the token is not valid yet")
}

fn refused(reason: &'static str) -> Error {
    Error::Unauthenticated(reason.into())
}

const fn reason(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::Malformed => "the token is malformed",
        Flaw::Algorithm => "the token is not signed with HS256",
        Flaw::Critical => "the token asks for extensions (crit), and none is supported",
        Flaw::Signature => "the signature of the token does not match",
    }
}
