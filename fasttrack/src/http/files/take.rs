//! `PUT` on the file of a row: its bytes are taken in, looked at, kept, and only then is the row told.
//!
//! Whoever may not have the row changed is told so before anything is read. A crash at any moment leaves the row with the
//! file that it had, or with the new one: what is left beside it is swept.

use std::sync::Arc;

use salvo::{
    http::{HeaderMap, Request, StatusCode, header},
    hyper::body::Body,
};
use tracing::{Instrument, Span};

use super::{Files, disposition};
use crate::{
    db::Meter,
    error::{Error, Fault},
    files::{
        Key, Received, Store,
        media::{Mistaken, kind_of},
        name,
    },
    http::{
        body, conditional,
        endpoint::Endpoint,
        forms,
        grammar::{self, MediaType},
        idempotency,
        progress::Progress,
        reply::Reply,
    },
    pipeline::{Act, Operation, Outcome, Pipeline, Target},
    precondition::Preconditions,
    principal::Principal,
    schema::{Column, FileField},
    types::StoredFile,
    wire::Params,
};

/// What a request says of the file that it brings.
struct Said {
    name: Option<String>,
    media_type: Option<String>,
    preconditions: Preconditions,
}

impl Endpoint {
    /// Takes a file for a row.
    ///
    /// # Errors
    /// What the change would be refused with; 413, 415 and 422 for what is no file that the field takes; 400 where it does
    /// not arrive whole; 503.
    pub(super) async fn take_file(&self, req: &mut Request, who: &Principal) -> Result<Reply, Error> {
        let of = self.file_of(req, who)?;
        let field = of.column.file.ok_or_else(|| Error::Internal("a route of no file was taken for one".into()))?;
        let mut faults = forms::unknown_parameters(Params::parse(req.uri().query()), "none");
        idempotency::key(req, &self.route, who, &mut faults);
        let said = said(req, &mut faults);
        self.site.pipeline.may_replace(of).await?;
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        check_it_comes_as_it_is(req.headers())?;
        let said = said?;
        let files = self.files()?;
        let mut received = self.receive(req, files, (of.column, field)).await?;
        let kind = kind_of(&mut received, said.media_type.as_deref(), field.takes_any()).await?;
        let kind = kind.map_err(|mistaken| Error::UnsupportedMediaType(mistake(field, &mistaken).into()))?;
        if !field.takes(kind.name) {
            return Err(Error::UnsupportedMediaType(refused(field, kind.name).into()));
        }
        let name = said.name.or_else(|| name::cleaned(&format!("{}.{}", of.column.name, kind.extension)));
        let file = StoredFile {
            name: name.unwrap_or_default(),
            media_type: kind.name.to_owned(),
            bytes: received.bytes(),
            sha256: received.sha256().to_owned(),
            key: String::new(),
        };
        let file = self.put(req, files, (of.target, who), (file, received)).await?;
        let keeping = Keeping {
            store: files.store.clone(),
            pipeline: Arc::clone(&self.site.pipeline),
            who: self.still(who).await,
            said: said.preconditions,
        };
        let meter = Meter::here().unwrap_or_default();
        let work = keeping.attach((of.resource, of.target, of.column), file);
        // Whoever goes away meanwhile leaves nothing half done.
        let kept = tokio::spawn(async move { meter.watch(work).await }.instrument(Span::current())).await;
        match kept.map_err(|cause| Error::Internal(cause.to_string()))?? {
            Outcome::Changed(changed) if changed.is_seen => Ok(Reply::row(StatusCode::OK, changed.json)),
            _ => Ok(Reply::empty()),
        }
    }

    /// Puts the bytes where files lie. That ends with the request: who was told that it took too long has nothing put in the row
    /// afterwards, in the place of what somebody has sent since.
    async fn put(
        &self,
        req: &Request,
        files: &Files,
        (target, who): (Target, &Principal),
        (mut file, received): (StoredFile, Received),
    ) -> Result<StoredFile, Error> {
        let row = match target {
            Target::Id(id) => id,
            Target::Oneself => who.caller().map_or(0, |caller| caller.id),
        };
        let key = Key::new(row).map_err(|cause| Error::Internal(cause.to_string()))?;
        key.as_str().clone_into(&mut file.key);
        let progress = req.extensions().get::<Progress>().cloned();
        let gets_on = move |bytes| {
            if let Some(progress) = &progress {
                progress.make(bytes);
            }
        };
        files.store.put(received.watched(gets_on), &key).await?;
        Ok(file)
    }

    /// Takes the bytes in, as long as they come and are not too many.
    async fn receive(
        &self,
        req: &mut Request,
        files: &Files,
        (column, field): (&Column, &FileField),
    ) -> Result<Received, Error> {
        let empty = || Error::fault(column.key, "empty", "a file has one byte at least; `DELETE` takes it away");
        let max_bytes = usize::try_from(field.max_bytes).unwrap_or(usize::MAX);
        if req.body().is_end_stream() {
            return Err(empty());
        }
        if Body::size_hint(req.body()).lower() > field.max_bytes {
            return Err(Error::TooLarge { max_bytes });
        }
        let _turn = files.turn().await?;
        // From here on nobody waits to be told to go ahead.
        req.headers_mut().remove(header::EXPECT);
        let progress = req.extensions().get::<Progress>().cloned();
        let mut upload = files.store.receive().await?;
        let mut bytes = 0_u64;
        while let Some(frame) = body::next(req.body_mut(), &self.site.intake.stop).await? {
            let frame = frame.map_err(|_| Error::Malformed("the file did not arrive whole".into()))?;
            let Ok(part) = frame.into_data() else { continue };
            bytes = bytes.saturating_add(part.len() as u64);
            if bytes > field.max_bytes {
                return Err(Error::TooLarge { max_bytes });
            }
            upload.write(&part).await?;
            if let Some(progress) = &progress {
                progress.make(part.len());
            }
        }
        if bytes == 0 {
            return Err(empty());
        }
        let received = upload.finish().await?;
        // What follows has all the time that other requests have.
        if let Some(progress) = &progress {
            progress.make_some();
        }
        Ok(received)
    }

    /// Who is calling, if he still may: the file may have taken long.
    async fn still(&self, who: &Principal) -> Result<Principal, Error> {
        match who.caller() {
            Some(caller) => Ok(Principal::Account(self.site.auth.recheck(caller).await?)),
            None => Ok(Principal::Anonymous),
        }
    }
}

/// Has a row hold a file, whose bytes are there.
struct Keeping {
    store: Store,
    pipeline: Arc<Pipeline>,
    /// Who is calling, if he still may.
    who: Result<Principal, Error>,
    said: Preconditions,
}

impl Keeping {
    async fn attach(
        self,
        (resource, target, column): (usize, Target, &'static Column),
        file: StoredFile,
    ) -> Result<Outcome, Error> {
        let Self { store, pipeline, who, said } = self;
        let outcome = match who {
            Ok(who) => {
                let act = Act::Attach { target, column, file: Some(&file) };
                pipeline.carry_out(Operation { resource, who: &who, preconditions: &said, act }).await
            }
            Err(error) => Err(error),
        };
        // Of what may have been committed nothing is taken away: the sweep asks the row.
        let is_known = !matches!(outcome, Err(Error::Unavailable(_) | Error::Internal(_)));
        if outcome.is_err()
            && is_known
            && let Some(key) = Key::parse(&file.key)
            && let Err(error) = store.remove(&key).await
        {
            tracing::warn!(%error, "a file that no row took was not taken out; it will be swept");
        }
        outcome
    }
}

/// What the headers say of the file; what is wrong with them is among the faults, or what is returned.
fn said(req: &Request, faults: &mut Vec<Fault>) -> Result<Said, Error> {
    let headers = req.headers();
    let name = disposition::given(headers, faults);
    let preconditions = conditional::read(req, faults);
    if headers.contains_key(header::CONTENT_RANGE) {
        faults.push(Fault::new("Content-Range", "not_taken", "is not taken: a file is sent whole"));
    }
    let media_type = if headers.contains_key(header::CONTENT_TYPE) {
        let parsed = grammar::single(headers, &header::CONTENT_TYPE).and_then(MediaType::parse);
        let malformed =
            || Error::UnsupportedMediaType("send the type of the file as `Content-Type`, such as image/png".into());
        Some(parsed.ok_or_else(malformed)?.essence())
    } else {
        None
    };
    Ok(Said { name, media_type, preconditions })
}

fn check_it_comes_as_it_is(headers: &HeaderMap) -> Result<(), Error> {
    if body::is_plain(headers) {
        return Ok(());
    }
    Err(Error::UnsupportedMediaType("send the file as it is: neither compressed nor coded otherwise".into()))
}

fn refused(field: &FileField, name: &str) -> String {
    format!("a file of the type {name} is not taken here; send {}", field.types.join(", "))
}

fn mistake(field: &FileField, mistaken: &Mistaken) -> String {
    match mistaken {
        Mistaken::Contradicted { said, found: Some(found) } => {
            format!("`Content-Type` says {said}, and the file begins as one of {found} does")
        }
        Mistaken::Contradicted { said, found: None } => {
            format!("`Content-Type` says {said}, and the file is none of that type")
        }
        Mistaken::Unknown => {
            format!("nothing tells of which type the file is; send {}, with its `Content-Type`", field.types.join(", "))
        }
    }
}
