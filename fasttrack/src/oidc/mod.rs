//! Logging in elsewhere: `OpenID` Connect, with the authorization code, PKCE (RFC 7636), `state` and `nonce`.
//!
//! Nothing else names the library that speaks it. A provider is described by itself, and the description is kept for an hour; one
//! whose token is signed with a key that is not known is asked anew.

mod provider;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use openidconnect::{
    AccessToken, AsyncHttpClient, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndUserEmail, EndUserName,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, LocalizedClaim, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope, TokenResponse,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreIdTokenClaims, CoreJwsSigningAlgorithm, CoreProviderMetadata,
        CoreUserInfoClaims,
    },
};
use serde::{Deserialize, Serialize};
use url::Url;

pub use self::provider::Provider;
use crate::{
    clock::{self, SECOND_US},
    error::Error,
    outgoing::{Body, HttpClient, HttpError, HttpRequest as Request, Options, Reach},
};

/// Longest answer of a provider, in bytes.
const MAX_ANSWER_BYTES: usize = 256 * 1024;

/// How its requests are bounded: whoever logs in waits for all of them.
const OPTIONS: Options = Options {
    // The operator has named the providers, and they name their own addresses.
    reach: Reach::Any,
    connect: Duration::from_secs(3),
    total: Duration::from_secs(5),
    silence: Duration::from_secs(3),
};

/// Longest name of somebody at a provider (`OpenID` Connect Core 1.0, section 2: 255).
const MAX_SUBJECT_BYTES: usize = 255;

/// How long the description of a provider holds, in microseconds.
const KEPT_US: i64 = 60 * 60 * SECOND_US;

/// How often it is asked for at most when a signature does not hold.
const AGAIN_US: i64 = 60 * SECOND_US;

/// What tokens may be signed with (RFC 8725, section 3.1): no `none`, and nothing for which both sides need one secret.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// The providers of an application, and what they say of themselves.
pub struct Providers {
    all: Vec<Provider>,
    http: Asker,
    known: Mutex<HashMap<String, Described>>,
}

#[derive(Clone)]
struct Described {
    metadata: Arc<CoreProviderMetadata>,
    at_us: i64,
}

/// What the library sends its requests with.
struct Asker(HttpClient);

impl<'c> AsyncHttpClient<'c> for Asker {
    type Error = HttpError;
    type Future = BoxFuture<'c, Result<HttpResponse, HttpError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        async move {
            let (head, body) = request.into_parts();
            let url = Url::parse(&head.uri.to_string()).map_err(|error| HttpError::Url(error.to_string()))?;
            let request = Request::new(head.method, url).body(Body::whole(body.into()));
            let headers = head.headers.iter();
            let request = headers.fold(request, |request, (name, value)| request.header(name.clone(), value.clone()));
            let answer = self.0.send(request).await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            let mut answered = HttpResponse::new(answer.bytes(MAX_ANSWER_BYTES).await?.to_vec());
            (*answered.status_mut(), *answered.headers_mut()) = (status, headers);
            Ok(answered)
        }
        .boxed()
    }
}

/// What is remembered of a log-in while somebody is at the provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    /// What comes back with who comes back.
    pub state: String,
    /// What stands in the token that is for this log-in.
    nonce: String,
    /// What shows that the code is asked for by whom it was meant for.
    verifier: String,
}

/// Where to go, and what is to be remembered.
#[derive(Debug)]
pub struct Beginning {
    /// The address at the provider.
    pub url: String,
    /// What its answer is compared with.
    pub flow: Flow,
}

/// What a provider says of who has logged in there.
#[derive(Debug)]
pub struct Person {
    /// Who says so.
    pub issuer: String,
    /// Who it is, which never means anybody else.
    pub subject: String,
    /// The e-mail address, if the provider has confirmed that it is his; or why it could not be asked.
    pub verified_email: Result<Option<String>, Error>,
    /// What he is called.
    pub name: Option<String>,
}

impl Providers {
    /// These providers.
    #[must_use]
    pub fn new(all: Vec<Provider>) -> Self {
        Self { all, http: Asker(HttpClient::new(OPTIONS)), known: Mutex::default() }
    }

    /// The one that is called so.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Provider> {
        self.all.iter().find(|provider| provider.name == name)
    }

    /// Begins to log in at a provider, which sends people back to `redirect`.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the provider cannot be asked what it is.
    pub async fn begin(&self, provider: &Provider, redirect: &str) -> Result<Beginning, Error> {
        let described = self.describe(provider, KEPT_US).await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = client(provider, &described.metadata, redirect)?;
        let request = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .set_pkce_challenge(challenge);
        let scopes = ["email", "profile"].map(|scope| Scope::new(scope.to_owned()));
        let (url, state, nonce) = request.add_scopes(scopes).url();
        let flow = Flow { state: state.into_secret(), nonce: nonce.secret().clone(), verifier: verifier.into_secret() };
        Ok(Beginning { url: url.into(), flow })
    }

    /// Who has come back with a code.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when the code or the token is not good; [`Error::Unavailable`] when the provider does not
    /// answer as one.
    pub async fn finish(&self, provider: &Provider, redirect: &str, flow: Flow, code: String) -> Result<Person, Error> {
        let mut described = self.describe(provider, KEPT_US).await?;
        let Flow { nonce, verifier, .. } = flow;
        let exchange = client(provider, &described.metadata, redirect)?;
        let exchange = exchange.exchange_code(AuthorizationCode::new(code)).map_err(|error| away(provider, &error))?;
        let answer = exchange.set_pkce_verifier(PkceCodeVerifier::new(verifier)).request_async(&self.http).await;
        let tokens = answer.map_err(|error| match error {
            openidconnect::RequestTokenError::ServerResponse(answer) => {
                tracing::debug!(provider = provider.name, answer = %answer, "a code was refused");
                Error::Unauthenticated("the provider does not take the code; log in anew".into())
            }
            error => away(provider, &error),
        })?;
        let nonce = Nonce::new(nonce);
        let token = tokens.id_token().ok_or_else(|| refused(provider, &"there is no id_token"))?;
        let read = |metadata: &CoreProviderMetadata| {
            let client = client(provider, metadata, redirect)?;
            let verifier = client.id_token_verifier().set_allowed_algs(ALGORITHMS);
            Ok::<_, Error>(token.claims(&verifier, &nonce).cloned())
        };
        let claims: CoreIdTokenClaims = match read(&described.metadata)? {
            Ok(claims) => claims,
            Err(openidconnect::ClaimsVerificationError::SignatureVerification(_)) => {
                described = self.describe(provider, AGAIN_US).await?;
                read(&described.metadata)?.map_err(|error| refused(provider, &error))?
            }
            Err(error) => return Err(refused(provider, &error)),
        };
        check_whom_it_is_for(provider, &claims)?;
        let mut person = Person {
            issuer: provider.issuer.clone(),
            subject: claims.subject().to_string(),
            verified_email: Ok(confirmed(claims.email(), claims.email_verified())),
            name: named(claims.name()),
        };
        if claims.email().is_none() || claims.email_verified().is_none() {
            let asked = self.ask_more(provider, (&described.metadata, redirect), tokens.access_token(), &claims).await;
            match asked {
                Ok(None) => {}
                Ok(Some((email, name))) => {
                    person.verified_email = Ok(email);
                    person.name = person.name.or(name);
                }
                Err(error) => person.verified_email = Err(error),
            }
        }
        Ok(person)
    }

    /// Asks for what the token does not say: the address, where it is confirmed, and the name.
    async fn ask_more(
        &self,
        provider: &Provider,
        (metadata, redirect): (&CoreProviderMetadata, &str),
        token: &AccessToken,
        claims: &CoreIdTokenClaims,
    ) -> Result<Option<(Option<String>, Option<String>)>, Error> {
        let client = client(provider, metadata, redirect)?;
        let Ok(request) = client.user_info(token.clone(), Some(claims.subject().clone())) else { return Ok(None) };
        let claims: CoreUserInfoClaims =
            request.request_async(&self.http).await.map_err(|error| away(provider, &error))?;
        Ok(Some((confirmed(claims.email(), claims.email_verified()), named(claims.name()))))
    }

    /// What a provider says of itself, not longer ago than that.
    async fn describe(&self, provider: &Provider, within_us: i64) -> Result<Described, Error> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&provider.name).cloned();
        if let Some(known) = known.filter(|known| (0..within_us).contains(&clock::now_us().saturating_sub(known.at_us)))
        {
            return Ok(known);
        }
        let issuer = IssuerUrl::new(provider.issuer.clone()).map_err(|error| away(provider, &error))?;
        let metadata = CoreProviderMetadata::discover_async(issuer, &self.http).await;
        let metadata = Arc::new(metadata.map_err(|error| away(provider, &error))?);
        let described = Described { metadata, at_us: clock::now_us() };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(provider.name.clone(), described.clone());
        Ok(described)
    }
}

/// Checks of a token that is genuine what the library does not: whom it was made for (`OpenID` Connect Core 1.0, 3.1.3.7), and
/// that it means somebody.
fn check_whom_it_is_for(provider: &Provider, claims: &CoreIdTokenClaims) -> Result<(), Error> {
    if claims.authorized_party().is_some_and(|party| **party != provider.client_id) {
        return Err(refused(provider, &"it was made for another client (azp)"));
    }
    let subject = claims.subject().as_str();
    if subject.is_empty() || subject.len() > MAX_SUBJECT_BYTES || subject.chars().any(char::is_control) {
        return Err(refused(provider, &"its sub means nobody"));
    }
    Ok(())
}

fn client(provider: &Provider, metadata: &CoreProviderMetadata, redirect: &str) -> Result<Client, Error> {
    let redirect = RedirectUrl::new(redirect.to_owned())
        .map_err(|error| Error::Internal(format!("{redirect} is no address to come back to: {error}")))?;
    let (id, secret) = (provider.client_id.clone(), provider.client_secret.clone());
    let client =
        CoreClient::from_provider_metadata(metadata.clone(), ClientId::new(id), Some(ClientSecret::new(secret)));
    Ok(client.set_redirect_uri(redirect))
}

fn confirmed(email: Option<&EndUserEmail>, is_verified: Option<bool>) -> Option<String> {
    email.filter(|_| is_verified == Some(true)).map(|email| email.to_string())
}

fn named(name: Option<&LocalizedClaim<EndUserName>>) -> Option<String> {
    name.and_then(|name| name.get(None)).map(|name| name.to_string())
}

/// A provider that does not answer as one. What it has answered stays out of the log.
fn away(provider: &Provider, error: &(dyn std::error::Error + 'static)) -> Error {
    let causes = || std::iter::successors(error.source(), |error| error.source());
    let is_silent = std::iter::once(error).chain(causes()).any(<dyn std::error::Error>::is::<HttpError>);
    let causes = causes().fold(error.to_string(), |text, cause| format!("{text}: {cause}"));
    tracing::warn!(provider = provider.name, error = causes, "a provider of OpenID Connect does not answer as one");
    Error::Unavailable(if is_silent {
        "the provider does not answer; try again".into()
    } else {
        "the provider's answer makes no sense; should that go on, tell whoever runs this server".into()
    })
}

fn refused(provider: &Provider, why: &dyn std::fmt::Display) -> Error {
    tracing::warn!(provider = provider.name, %why, "a token of a provider of OpenID Connect is not good");
    Error::Unauthenticated("the provider's token is not good; log in anew".into())
}
