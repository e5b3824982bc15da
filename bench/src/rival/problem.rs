//! What is answered when it does not go well.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// Why a request was refused.
pub enum Problem {
    Malformed(&'static str),
    Unauthorized,
    Forbidden,
    NotFound,
    Invalid(&'static str),
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, detail) = match self {
            Self::Malformed(detail) => (StatusCode::BAD_REQUEST, detail),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "log in"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "it is not yours"),
            Self::NotFound => (StatusCode::NOT_FOUND, "it does not exist"),
            Self::Invalid(detail) => (StatusCode::UNPROCESSABLE_ENTITY, detail),
            Self::Internal(error) => {
                eprintln!("{error}");
                (StatusCode::INTERNAL_SERVER_ERROR, "something went wrong")
            }
        };
        let body = json!({
            "type": "about:blank",
            "title": status.canonical_reason(),
            "status": status.as_u16(),
            "detail": detail
        });
        (status, [(header::CONTENT_TYPE, "application/problem+json")], Json(body)).into_response()
    }
}
