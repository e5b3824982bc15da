//! What settings become: keys, what authentication is told, where mail goes and what it says.

use std::sync::Arc;

use tokio::sync::Notify;

use super::StartError;
use crate::{
    access,
    auth::{self, Changed, Keys, Links},
    config::{Config, PublicUrl, SecretError, SecretKey},
    db::Db,
    files::Store,
    http::{self, routes::API_PREFIX},
    job,
    mails::{AccountMails, InEnglish},
    notify::{AppServices, FileKeeper, Hub, Letters, Limits, LinksLead, Mailer},
    pipeline::{Accounts, Pipeline, PipelineOptions},
    query::CursorKey,
    schema::{Catalog, LinkError, Resources},
    webhooks::Webhooks,
};

/// Who may be connected.
pub(super) fn hub(config: &Config) -> Arc<Hub> {
    Arc::new(Hub::new(Limits { per_account: config.sockets_per_user, in_total: http::socket_limit() }))
}

/// What jobs and handlers of an application may use, where mail goes to `mailer` and that to accounts says what `mails` has
/// it say.
pub(super) fn services(
    (catalog, db): (&Catalog, &Db),
    config: &Config,
    accounts: Accounts,
    mailer: Mailer,
    mails: Option<Arc<dyn AccountMails>>,
) -> Result<Arc<dyn job::Services>, StartError> {
    let account = catalog.account().ok_or_else(|| LinkError::unresolved("application", "account"))?.schema;
    let lead = LinksLead {
        public_url: config.public_url.clone(),
        reset_url: config.reset_url.clone(),
        verify_url: config.verify_url.clone(),
    };
    let letters = Letters {
        application: catalog.about().title.to_owned(),
        account,
        links: Links::new(db.clone(), account)?,
        lead,
        mails: mails.unwrap_or_else(|| Arc::new(InEnglish)),
    };
    let services = AppServices::new(catalog, db.clone(), mailer, accounts).linking_to(config.public_url.clone());
    Ok(Arc::new(services.writing(letters)))
}

/// What is declared, if nobody may do what is said that nobody does.
pub(super) fn catalog(resources: &Resources, config: &Config) -> Result<Arc<Catalog>, LinkError> {
    let catalog = Catalog::of(resources)?.served_at(&base(config));
    access::check_nevers(&catalog)?;
    Ok(Arc::new(catalog))
}

/// Below which address resources are served.
fn base(config: &Config) -> String {
    format!("{}{API_PREFIX}", config.public_url.as_ref().map_or("", PublicUrl::as_str))
}

/// Who looks after the files of rows, where there may be any.
pub(super) async fn files(
    catalog: &Catalog,
    config: &Config,
    (pipeline, unused): (&Arc<Pipeline>, Arc<Notify>),
) -> Result<Option<FileKeeper>, StartError> {
    if catalog.files().next().is_none() {
        return Ok(None);
    }
    let store = Store::open(&config.files, &config.bucket).await.map_err(StartError::Files)?;
    Ok(Some(FileKeeper::new(store, Arc::clone(pipeline), unused)))
}

/// Where mail goes.
pub(super) fn mailer(config: &Config) -> Result<Mailer, StartError> {
    match (&config.smtp_url, &config.mail_from) {
        (Some(url), Some(from)) => Mailer::smtp(url, from).map_err(StartError::Mail),
        _ => Ok(Mailer::log()),
    }
}

/// The key, which is made where there is none.
pub(super) fn secret(config: &Config) -> Result<SecretKey, SecretError> {
    config.secret_key.clone().map_or_else(|| SecretKey::load_or_make(&config.database), Ok)
}

/// What is derived from the secret, and believes what the one before it has signed.
pub(super) fn derive_keys(config: &Config, secret: &SecretKey) -> (Keys, CursorKey) {
    let (keys, cursor_key) = (Keys::new(secret.as_bytes()), CursorKey::derive(secret.as_bytes()));
    match &config.secret_key_previous {
        Some(previous) => (keys.with_previous(previous.as_bytes()), cursor_key.with_previous(previous.as_bytes())),
        None => (keys, cursor_key),
    }
}

/// What authentication is told, and whom it tells.
pub(super) fn auth_settings(config: &Config, keys: &Keys, hub: &Arc<Hub>, webhooks: &Webhooks) -> auth::Settings {
    let (hub, webhooks) = (Arc::clone(hub), webhooks.clone());
    auth::Settings {
        access_lifetime_s: i64::from(config.access_token_expire_minutes) * 60,
        refresh_lifetime_s: i64::from(config.refresh_token_expire_days) * 24 * 60 * 60,
        session_max_s: i64::from(config.session_max_days) * 24 * 60 * 60,
        refresh_grace_s: i64::from(config.refresh_grace_s),
        bcrypt_cost: config.bcrypt_cost,
        on_change: Arc::new(move |changed| {
            match changed {
                Changed::Account(account) => hub.recheck(account),
                Changed::Anything => hub.recheck_all(),
                Changed::Webhooks | Changed::Unknown => {}
            }
            webhooks.changed(changed);
        }),
        ..auth::Settings::new(keys.clone())
    }
}

/// What the pipeline is told.
pub(super) fn pipeline_options(config: &Config, cursor_key: CursorKey, letters_within_us: i64) -> PipelineOptions {
    PipelineOptions {
        cursor_key,
        bcrypt_cost: config.bcrypt_cost,
        max_body_bytes: config.max_body_bytes,
        letters_within_us,
    }
}
