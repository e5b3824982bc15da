//! The service routes, and what every answer carries.

mod cors;
mod documents;
mod first_look;
mod health;
mod log;
mod metrics;
mod public;

/// Every route of the contract that this stage serves.
pub(crate) const ROUTES: [(&str, &str); 54] = [
    ("POST", "/api/v1/auth/register"),
    ("POST", "/api/v1/auth/login"),
    ("POST", "/api/v1/auth/refresh"),
    ("POST", "/api/v1/auth/logout"),
    ("POST", "/api/v1/auth/password"),
    ("POST", "/api/v1/auth/forgot"),
    ("POST", "/api/v1/auth/reset"),
    ("POST", "/api/v1/auth/verify"),
    ("POST", "/api/v1/auth/verify/send"),
    ("GET", "/api/v1/auth/sessions"),
    ("DELETE", "/api/v1/auth/sessions/{id}"),
    ("POST", "/api/v1/auth/totp"),
    ("POST", "/api/v1/auth/totp/confirm"),
    ("DELETE", "/api/v1/auth/totp"),
    ("POST", "/api/v1/auth/keys"),
    ("GET", "/api/v1/auth/keys"),
    ("DELETE", "/api/v1/auth/keys/{id}"),
    ("GET", "/api/v1/users/me"),
    ("PATCH", "/api/v1/users/me"),
    ("GET", "/api/v1/users"),
    ("GET", "/api/v1/users/{id}"),
    ("PATCH", "/api/v1/users/{id}"),
    ("POST", "/api/v1/projects"),
    ("GET", "/api/v1/projects"),
    ("GET", "/api/v1/projects/{id}"),
    ("PATCH", "/api/v1/projects/{id}"),
    ("DELETE", "/api/v1/projects/{id}"),
    ("GET", "/api/v1/projects/{id}/stats"),
    ("POST", "/api/v1/projects/{id}/tasks"),
    ("GET", "/api/v1/projects/{id}/tasks"),
    ("GET", "/api/v1/tasks/{id}"),
    ("PATCH", "/api/v1/tasks/{id}"),
    ("DELETE", "/api/v1/tasks/{id}"),
    ("POST", "/api/v1/tasks/{id}/comments"),
    ("GET", "/api/v1/tasks/{id}/comments"),
    ("DELETE", "/api/v1/comments/{id}"),
    ("POST", "/api/v1/batch"),
    ("GET", "/api/v1/notifications"),
    ("POST", "/api/v1/webhooks"),
    ("GET", "/api/v1/webhooks"),
    ("GET", "/api/v1/webhooks/{id}"),
    ("PATCH", "/api/v1/webhooks/{id}"),
    ("DELETE", "/api/v1/webhooks/{id}"),
    ("GET", "/api/v1/webhooks/{id}/deliveries"),
    ("POST", "/api/v1/webhooks/{id}/deliveries/{n}/retry"),
    ("GET", "/ws"),
    ("GET", "/health"),
    ("GET", "/ready"),
    ("GET", "/metrics"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/live"),
    ("GET", "/reset"),
    ("GET", "/verify"),
];
