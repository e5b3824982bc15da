//! Who asks: the account of a token.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{header, request::Parts},
};
use serde::Deserialize;

use super::{Shared, problem::Problem};

/// The account that a token speaks for. Whether it is active is asked in the statement.
pub struct Account(pub i64);

#[derive(Deserialize)]
struct Claims {
    sub: String,
    typ: String,
}

impl FromRequestParts<Arc<Shared>> for Account {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Problem> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or(Problem::Unauthorized)?;
        let decoded = jsonwebtoken::decode::<Claims>(token, &shared.key, &shared.validation);
        let claims = decoded.map_err(|_| Problem::Unauthorized)?.claims;
        if claims.typ != "access" {
            return Err(Problem::Unauthorized);
        }
        claims.sub.parse().map(Self).map_err(|_| Problem::Unauthorized)
    }
}
