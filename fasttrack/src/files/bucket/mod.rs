//! Files in a bucket of S3, or of whatever speaks its protocol: under the prefix of `FILES`, in the folders that they would
//! have on a disk, so that any tool moves them from one to the other.
//!
//! A file is received on the disk of this machine, without a name there, and sent in one request, whose checksum the bucket
//! compares: it has the whole of it or nothing. (One request carries 5 GiB, more than any field takes.) Requests are signed by `rusty-s3` (AWS Signature Version 4, in the query).

mod fault;
mod reading;
mod walk;

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use data_encoding::{BASE64, HEXLOWER};
use futures_util::stream;
use rusty_s3::{
    Credentials, S3Action, UrlStyle,
    actions::{ListObjectsV2, list_objects_v2::ListObjectsContent},
};
use tokio::{
    sync::Semaphore,
    time::{sleep, timeout},
};
use url::Url;

use self::fault::Fault;
pub(super) use self::{reading::BucketReading, walk::BucketWalk};
use super::{
    error::StoreError,
    key::Key,
    place::{BucketAccess, BucketUrl},
    upload::{Received, Upload, on_disk},
};
use crate::outgoing::{
    Body, HeaderName, HeaderValue, HttpClient, HttpRequest, HttpResponse, Method, Options, Reach, header,
};

/// How long a signature is good for: as long as clocks may differ.
const SIGNED_FOR: Duration = Duration::from_mins(15);

/// What requests keep to, but for those that carry a file.
const KEPT_TO: Options = Options {
    reach: Reach::Any,
    connect: Duration::from_secs(5),
    total: Duration::from_secs(30),
    silence: Duration::from_secs(20),
};

/// Bytes that a file is sent with in a second, at the slowest.
const SLOWEST: u64 = 64 * 1024;

/// How long a file may be read: a client that reads slowly holds it up.
const READ_FOR: Duration = Duration::from_hours(24);

/// How often a request is made that was not answered, or not well.
const TRIES: u32 = 3;

/// The pause before the second time; it doubles.
const PAUSE: Duration = Duration::from_millis(200);

/// The longest page of a list, in bytes: some 400 for each of a thousand keys.
const MOST_LISTED: usize = 2 * 1024 * 1024;

/// How many may wait for the disk at once.
const AT_ONCE: usize = 8;

/// What S3 compares with the bytes that it has got.
const CHECKSUM: &str = "x-amz-checksum-sha256";

/// A bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    addresses: rusty_s3::Bucket,
    credentials: Credentials,
    prefix: String,
    client: HttpClient,
    disk: Arc<Semaphore>,
}

/// A page of a list, and where the next one begins.
type Page = (Vec<ListObjectsContent>, Option<String>);

impl Bucket {
    /// Opens a bucket, which has to be there. One that does not answer is believed to be there later.
    ///
    /// # Errors
    /// A sentence for its operator.
    pub(super) async fn open(url: &BucketUrl, access: &BucketAccess) -> Result<Self, String> {
        let named = |why: &str| format!("FILES names {url}, {why}");
        if access.key_id.is_empty() || access.secret.is_empty() {
            return Err(named("which is opened by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; set both"));
        }
        let this = Self::new(url, access).map_err(|why| named(&format!("which has no address: {why}")))?;
        let received = this.receive().await;
        received.map_err(|cause| named(&format!("and what is sent to it is kept in TMPDIR meanwhile: {cause}")))?;
        match this.probe().await {
            Ok(()) => {}
            Err(Fault::Away(cause)) => tracing::warn!(%url, cause, "the bucket of FILES does not answer"),
            Err(fault) => return Err(named(&format!("which cannot be used: {fault}"))),
        }
        Ok(this)
    }

    fn new(url: &BucketUrl, access: &BucketAccess) -> Result<Self, String> {
        let region = access.region.clone();
        let amazon = || Url::parse(&format!("https://s3.{region}.amazonaws.com")).map_err(|cause| cause.to_string());
        // A name with a dot in it is none of the names that the certificate is for.
        let style =
            if access.endpoint.is_some() || url.name.contains('.') { UrlStyle::Path } else { UrlStyle::VirtualHost };
        let endpoint = access.endpoint.clone().map_or_else(amazon, Ok)?;
        let addresses = rusty_s3::Bucket::new(endpoint, style, url.name.clone(), region.clone());
        Ok(Self {
            addresses: addresses.map_err(|cause| cause.to_string())?,
            credentials: Credentials::new(access.key_id.as_str(), access.secret.as_str()),
            prefix: url.prefix.clone(),
            client: HttpClient::new(KEPT_TO),
            disk: Arc::new(Semaphore::new(AT_ONCE)),
        })
    }

    /// Lists, writes and takes out: what is needed later on.
    async fn probe(&self) -> Result<(), Fault> {
        self.page(1, None).await?;
        let key = Key::new(1).map_err(|cause| Fault::Away(cause.to_string()))?;
        let object = format!("{}probe-{key}", self.prefix);
        let url = self.addresses.put_object(Some(&self.credentials), &object).sign(SIGNED_FOR);
        self.ask(KEPT_TO.total, || HttpRequest::new(Method::PUT, url.clone())).await?;
        self.delete(&object).await
    }

    pub(super) async fn receive(&self) -> Result<Upload, StoreError> {
        let disk = Arc::clone(&self.disk);
        on_disk(&self.disk, move || Ok(Upload::new(tempfile::tempfile()?, None, disk))).await
    }

    pub(super) async fn put(&self, received: Received, key: &Key) -> Result<(), StoreError> {
        let object = self.object(key);
        let checksum = HEXLOWER.decode(received.sha256().as_bytes()).map(|digest| BASE64.encode(&digest));
        let checksum = checksum.map_err(|cause| StoreError::Away(cause.to_string()))?;
        let mut action = self.addresses.put_object(Some(&self.credentials), &object);
        action.headers_mut().insert(CHECKSUM, checksum.as_str());
        let url = action.sign(SIGNED_FOR);
        let checksum = HeaderValue::try_from(checksum).map_err(|cause| StoreError::Away(cause.to_string()))?;
        let limit = KEPT_TO.total + Duration::from_secs(received.bytes() / SLOWEST);
        let received = Arc::new(received);
        self.ask(limit, || {
            let request =
                HttpRequest::new(Method::PUT, url.clone()).header(HeaderName::from_static(CHECKSUM), checksum.clone());
            request.body(carried(&received)).within(limit)
        })
        .await?;
        Ok(())
    }

    pub(super) async fn remove(&self, key: &Key) -> Result<(), StoreError> {
        Ok(self.delete(&self.object(key)).await?)
    }

    async fn delete(&self, object: &str) -> Result<(), Fault> {
        let url = self.addresses.delete_object(Some(&self.credentials), object).sign(SIGNED_FOR);
        match self.ask(KEPT_TO.total, || HttpRequest::new(Method::DELETE, url.clone())).await {
            Ok(_) | Err(Fault::Missing) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// Asks for the bytes from `first` to `last` under a key.
    async fn get(&self, key: &Key, [first, last]: [u64; 2]) -> Result<HttpResponse, Fault> {
        let object = self.object(key);
        let url = self.addresses.get_object(Some(&self.credentials), &object).sign(SIGNED_FOR);
        let range =
            HeaderValue::try_from(format!("bytes={first}-{last}")).map_err(|cause| Fault::Away(cause.to_string()))?;
        let request =
            || HttpRequest::new(Method::GET, url.clone()).header(header::RANGE, range.clone()).within(READ_FOR);
        self.ask(KEPT_TO.total, request).await
    }

    /// Lists as many objects as are asked for, from where a page before has ended.
    async fn page(&self, limit: usize, after: Option<&str>) -> Result<Page, Fault> {
        let mut action = self.addresses.list_objects_v2(Some(&self.credentials));
        action.with_prefix(self.prefix.as_str());
        action.with_max_keys(limit);
        if let Some(after) = after {
            action.with_continuation_token(after);
        }
        let url = action.sign(SIGNED_FOR);
        let answer = self.ask(KEPT_TO.total, || HttpRequest::new(Method::GET, url.clone())).await?;
        let listed = answer.bytes(MOST_LISTED).await.map_err(|cause| Fault::Away(cause.to_string()))?;
        let unreadable = |cause: &dyn std::fmt::Display| Fault::Away(format!("its list cannot be read: {cause}"));
        let listed = str::from_utf8(&listed).map_err(|cause| unreadable(&cause))?;
        let page = ListObjectsV2::parse_response(listed).map_err(|cause| unreadable(&cause))?;
        Ok((page.contents, page.next_continuation_token))
    }

    /// Sends a request, and sends it again where there is no answer within so long, or none that means anything: all of
    /// them may be made twice.
    async fn ask(&self, within: Duration, request: impl Fn() -> HttpRequest) -> Result<HttpResponse, Fault> {
        let mut pause = PAUSE;
        for _ in 1..TRIES {
            match self.once(within, request()).await {
                Err(Fault::Away(_)) => sleep(pause).await,
                answer => return answer,
            }
            pause *= 2;
        }
        self.once(within, request()).await
    }

    async fn once(&self, within: Duration, request: HttpRequest) -> Result<HttpResponse, Fault> {
        match timeout(within, self.client.send(request)).await {
            Ok(Ok(answer)) if answer.status().is_success() => Ok(answer),
            Ok(Ok(answer)) => Err(Fault::read(answer).await),
            Ok(Err(cause)) => Err(Fault::Away(cause.to_string())),
            Err(_) => Err(Fault::Away(format!("no answer within {} s", within.as_secs()))),
        }
    }

    /// What an object is called whose bytes lie under a key.
    fn object(&self, key: &Key) -> String {
        let [outer, inner] = key.folders();
        format!("{}{outer}/{inner}/{key}", self.prefix)
    }

    /// The key of an object, if it is one of ours and lies where it is looked for.
    fn key(&self, object: &str) -> Option<Key> {
        let key = Key::parse(object.rsplit_once('/')?.1)?;
        (self.object(&key) == object).then_some(key)
    }
}

/// All of a file that was received, as a request carries it.
fn carried(received: &Arc<Received>) -> Body {
    let pieces = stream::try_unfold((Arc::clone(received), 0), async |(received, at)| {
        let piece = Bytes::from(received.piece(at).await.map_err(io::Error::other)?);
        let next = at.saturating_add(piece.len() as u64);
        Ok((!piece.is_empty()).then_some((piece, (received, next))))
    });
    Body::streamed(received.bytes(), pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_has_a_host_of_its_own_at_amazon_alone() {
        let access = |endpoint: &str| BucketAccess {
            endpoint: (!endpoint.is_empty()).then(|| endpoint.parse().unwrap()),
            region: "eu-central-1".to_owned(),
            key_id: "id".to_owned(),
            secret: "secret".to_owned(),
        };
        let key = Key::parse(&format!("ab01{}-7", "0".repeat(28))).unwrap();
        for (endpoint, name, prefix, expected) in [
            ("", "attic", "", "https://attic.s3.eu-central-1.amazonaws.com/ab/01/"),
            ("", "the.attic", "x/", "https://s3.eu-central-1.amazonaws.com/the.attic/x/ab/01/"),
            ("http://127.0.0.1:9000", "attic", "x/y/", "http://127.0.0.1:9000/attic/x/y/ab/01/"),
            ("https://example.com/s3/", "attic", "", "https://example.com/s3/attic/ab/01/"),
        ] {
            let url = BucketUrl { name: name.to_owned(), prefix: prefix.to_owned() };
            let bucket = Bucket::new(&url, &access(endpoint)).unwrap();
            let object = bucket.object(&key);
            assert_eq!(bucket.addresses.object_url(&object).as_str(), format!("{expected}{key}"));
            assert_eq!(bucket.key(&object), Some(key.clone()));
            for other in
                [format!("y{object}"), object.replace("/01/", "/02/"), format!("{prefix}{key}"), key.to_string()]
            {
                assert_eq!(bucket.key(&other), None, "{other}");
            }
        }
    }
}
