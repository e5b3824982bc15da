//! Who asks: the account of a token.

use std::{env, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use super::problem::Problem;
use crate::Error;

/// What a token is checked with.
pub struct Verifier {
    key: DecodingKey,
    validation: Validation,
}

/// The account that a token speaks for. Whether it is active is not asked here.
pub struct Account(pub i64);

#[derive(Deserialize)]
struct Claims {
    sub: String,
    typ: String,
}

impl Verifier {
    /// For the tokens that are signed with `SECRET_KEY`.
    pub fn from_environment() -> Result<Self, Error> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&["fasttrack"]);
        validation.set_audience(&["fasttrack"]);
        Ok(Self { key: DecodingKey::from_secret(env::var("SECRET_KEY")?.as_bytes()), validation })
    }
}

impl<S: AsRef<Verifier> + Send + Sync> FromRequestParts<Arc<S>> for Account {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<S>) -> Result<Self, Problem> {
        let verifier = shared.as_ref().as_ref();
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or(Problem::Unauthorized)?;
        let decoded = jsonwebtoken::decode::<Claims>(token, &verifier.key, &verifier.validation);
        let claims = decoded.map_err(|_| Problem::Unauthorized)?.claims;
        if claims.typ != "access" {
            return Err(Problem::Unauthorized);
        }
        claims.sub.parse().map(Self).map_err(|_| Problem::Unauthorized)
    }
}
