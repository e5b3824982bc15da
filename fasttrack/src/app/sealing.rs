//! Secrets that are kept sealed are sealed anew at the start after `SECRET_KEY` was changed, so that the key before it can be
//! forgotten as soon as nothing else needs it.

use futures_util::FutureExt;

use crate::{
    auth::{self, Keys},
    db::Db,
    error::Error,
    sql::Sealed,
    webhooks,
};

/// Secrets that are dealt with at a time.
const STEP: u16 = 500;

/// Seals with the key in use what was sealed with the one before, where there is one.
///
/// # Errors
/// What the database says.
pub(super) async fn renew(db: &Db, keys: &Keys) -> Result<(), Error> {
    if !keys.has_previous() {
        return Ok(());
    }
    let mut renewed = 0;
    for place in Sealed::ALL {
        let mut last = 0;
        loop {
            let rows = db.read(place.after(db.dialect(), last, STEP)).await?;
            let found: Vec<_> = rows.iter().filter_map(|row| row.int(0).zip(row.text(1).map(str::to_owned))).collect();
            let Some((end, _)) = found.last() else { break };
            last = *end;
            let mut replaced = Vec::new();
            for (id, sealed) in found {
                let anew = match place {
                    Sealed::Totp => keys.reseal(&auth::sealed_for(id), &sealed)?,
                    Sealed::Webhook | Sealed::OldWebhook => keys.reseal(webhooks::SEALED_FOR, &sealed)?,
                };
                replaced.extend(anew.map(|anew| place.replace(id, sealed, anew)));
            }
            renewed += replaced.len();
            db.write(move |tx| {
                async move {
                    for statement in replaced {
                        tx.query(statement).await?;
                    }
                    Ok(())
                }
                .boxed()
            })
            .await?;
        }
    }
    if renewed > 0 {
        tracing::info!(secrets = renewed, "what was sealed with the key before this one is sealed with this one");
    }
    Ok(())
}
