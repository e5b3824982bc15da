//! A second factor: codes of six digits that a device makes of a shared secret and the time (TOTP, RFC 6238), and ten codes to
//! write down for when that is lost.
//!
//! A code is good within a step of 30 s, the one before and the one after; it is used up with all before it, so that nobody who
//! looks on can use it again. Secrets are sealed with a key that is derived from `SECRET_KEY`: the database alone makes no codes.

use std::fmt::Write as _;

use data_encoding::BASE32_NOPAD;
use futures_util::FutureExt;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{Auth, links::hex, seal::fill, throttle::Proof};
use crate::{
    clock::{self, SECOND_US},
    db::Tx,
    error::Error,
    mac,
    principal::Caller,
    sql,
};

/// How long a code stands, in seconds.
const STEP_S: i64 = 30;

/// Bytes of a secret (RFC 4226, section 4, asks for 16 at least, and recommends 20).
const SECRET_BYTES: usize = 20;

/// Recovery codes of an account.
const RECOVERY_CODES: usize = 10;

/// Bytes of one: 120 bits, too many to be tried against a digest that is neither slow nor salted.
const RECOVERY_BYTES: usize = 15;

/// A second factor that is still to be confirmed.
#[derive(Debug)]
pub struct Enrolment {
    /// The secret, as devices take it that are typed on.
    pub secret: String,
    /// The same as a link, for devices that read one.
    pub otpauth_url: String,
}

/// What is kept of a second factor.
struct Kept {
    sealed: String,
    is_on: bool,
    last_step: i64,
}

impl Auth {
    /// Begins a second factor for the caller's account, which is called `address` by `issuer`.
    ///
    /// # Errors
    /// [`Error::Conflict`] when one is on; [`Error::Unavailable`] when the database is busy.
    pub async fn begin_totp(&self, caller: &Caller, issuer: &str) -> Result<Enrolment, Error> {
        let mut secret = [0; SECRET_BYTES];
        fill(&mut secret)?;
        let sealed = self.settings.keys.seal(&sealed_for(caller.id), &secret)?;
        let put_down = sql::begin_totp(caller.id, sealed, clock::format_us(self.now_us()));
        let begun = self.db.write(move |tx| async move { Ok(tx.query(put_down).await?) }.boxed()).await?;
        if begun.is_empty() {
            return Err(Error::Conflict("a second factor is on already; take it away first".into()));
        }
        let rows = self.db.read(self.account.select_address(caller.id)).await?;
        let address = rows.first().and_then(|row| row.text(0)).unwrap_or_default().to_owned();
        let secret = BASE32_NOPAD.encode(&secret);
        let (label, issuer) = (encode(&format!("{issuer}:{address}")), encode(issuer));
        let otpauth_url =
            format!("otpauth://totp/{label}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period={STEP_S}");
        Ok(Enrolment { secret, otpauth_url })
    }

    /// Turns the second factor of the caller's account on with the first code: its recovery codes, which nobody is told again.
    ///
    /// # Errors
    /// [`Error::Conflict`] when none is begun, or one is on; [`Error::Unauthenticated`] for a wrong code;
    /// [`Error::OverLimit`] after too many of them.
    pub async fn confirm_totp(&self, caller: &Caller, code: &str) -> Result<Vec<String>, Error> {
        let kept = self.kept(caller.id).await?.filter(|kept| !kept.is_on);
        let kept = kept.ok_or_else(|| Error::Conflict("no second factor is begun; begin one first".into()))?;
        let attempt = self.throttle.begin(Proof::Code(caller.id)).await?;
        let secret = self.settings.keys.open(&sealed_for(caller.id), &kept.sealed)?;
        let Some(step) = step_of(&secret, code, self.now_us().div_euclid(SECOND_US), kept.last_step) else {
            attempt.fail().await?;
            return Err(wrong_code());
        };
        attempt.succeed().await?;
        let codes = (0..RECOVERY_CODES).map(|_| recovery_code()).collect::<Result<Vec<_>, _>>()?;
        let (account, digests) = (caller.id, codes.iter().map(|code| recovery_digest(code)).collect::<Vec<_>>());
        let turn_on = sql::turn_totp_on(account, kept.sealed, step);
        self.db
            .write(move |tx| {
                async move {
                    if tx.query(turn_on).await?.is_empty() {
                        return Err(Error::Conflict("the second factor was changed meanwhile; begin anew".into()));
                    }
                    tx.query(sql::end_recovery(account)).await?;
                    for digest in digests {
                        tx.query(sql::add_recovery(account, digest)).await?;
                    }
                    Ok(())
                }
                .boxed()
            })
            .await?;
        Ok(codes)
    }

    /// Takes the second factor of the caller's account away.
    ///
    /// # Errors
    /// [`Error::NotFound`] when none is on; [`Error::Unauthenticated`] for a wrong password or code; [`Error::OverLimit`]
    /// after too many of them.
    pub async fn end_totp(&self, caller: &Caller, code: &str, current: &str) -> Result<(), Error> {
        if !self.has_second_factor(caller.id).await? {
            return Err(Error::NotFound("no second factor is on".into()));
        }
        self.compare(caller, current).await?;
        self.check_code(caller.id, code).await?;
        self.reset_totp(caller.id).await.map(drop)
    }

    /// Takes the second factor of an account away, on behalf of whoever runs the server; whether one was on.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is busy.
    pub async fn reset_totp(&self, account: i64) -> Result<bool, Error> {
        self.db
            .write(move |tx| {
                async move {
                    let ended = tx.query(sql::end_totp(account)).await?;
                    tx.query(sql::end_recovery(account)).await?;
                    Ok(!ended.is_empty())
                }
                .boxed()
            })
            .await
    }

    /// Whether an account has a second factor that is on.
    pub(super) async fn has_second_factor(&self, account: i64) -> Result<bool, Error> {
        Ok(self.kept(account).await?.is_some_and(|kept| kept.is_on))
    }

    /// Asks for the second factor of an account whose password was right, if it has one.
    ///
    /// # Errors
    /// [`Error::SecondFactor`] without a code; [`Error::Unauthenticated`] for a wrong one; [`Error::OverLimit`] after too
    /// many of them.
    pub(super) async fn check_second_factor(&self, account: i64, code: Option<&str>) -> Result<(), Error> {
        if !self.has_second_factor(account).await? {
            return Ok(());
        }
        match code {
            Some(code) => self.check_code(account, code).await,
            None => Err(Error::SecondFactor { ticket: None }),
        }
    }

    async fn check_code(&self, account: i64, code: &str) -> Result<(), Error> {
        let attempt = self.throttle.begin(Proof::Code(account)).await?;
        if self.use_up(account, code).await? {
            return attempt.succeed().await;
        }
        attempt.fail().await?;
        Err(wrong_code())
    }

    /// Uses a code up; whether it was good.
    async fn use_up(&self, account: i64, code: &str) -> Result<bool, Error> {
        let Some(kept) = self.kept(account).await?.filter(|kept| kept.is_on) else { return Ok(false) };
        let by_device = match self.settings.keys.open(&sealed_for(account), &kept.sealed) {
            Ok(secret) => step_of(&secret, code, self.now_us().div_euclid(SECOND_US), kept.last_step),
            // Recovery codes are good also where the key is another one.
            Err(error) => {
                tracing::error!(%error, account, "a second factor cannot be read; SECRET_KEY_PREVIOUS may help");
                None
            }
        };
        let digest = recovery_digest(code);
        self.db.write(move |tx| async move { use_up(tx, account, by_device, digest).await }.boxed()).await
    }

    async fn kept(&self, account: i64) -> Result<Option<Kept>, Error> {
        let rows = self.db.read(sql::find_totp(self.db.dialect(), account)).await?;
        Ok(rows.first().and_then(|row| {
            Some(Kept { sealed: row.text(0)?.to_owned(), is_on: row.int(1) == Some(1), last_step: row.int(2)? })
        }))
    }
}

async fn use_up(tx: &mut Tx, account: i64, step: Option<i64>, digest: String) -> Result<bool, Error> {
    let used = match step {
        Some(step) => tx.query(sql::use_totp_step(account, step)).await?,
        None => tx.query(sql::use_recovery(account, digest)).await?,
    };
    Ok(!used.is_empty())
}

/// The code that a device shows at an instant, in seconds since the Unix epoch, which knows the secret as it is typed; `None`
/// where that is none. For tests.
#[must_use]
pub fn totp_code(secret: &str, at_s: i64) -> Option<String> {
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).ok()?;
    Some(digits(&secret, at_s.div_euclid(STEP_S)))
}

/// The step of a code that is good at `now_s`, if it comes after the last that was used.
fn step_of(secret: &[u8], code: &str, now_s: i64, last_step: i64) -> Option<i64> {
    let step = now_s.div_euclid(STEP_S);
    let is_it = |step: &i64| mac::equal(digits(secret, *step).as_bytes(), code.as_bytes());
    // Every one is compared, so that the time does not tell which it was.
    let found: Vec<_> = (step - 1..=step + 1).filter(is_it).collect();
    found.into_iter().find(|step| *step > last_step)
}

/// The code of a step (RFC 4226, section 5.3).
fn digits(secret: &[u8], step: i64) -> String {
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret) else { return String::new() };
    mac.update(&step.to_be_bytes());
    let code = mac.finalize().into_bytes();
    let offset = usize::from(code.last().copied().unwrap_or_default() & 0xf);
    let word = code.iter().skip(offset).take(4).fold(0_u32, |word, &byte| (word << 8) | u32::from(byte));
    format!("{:06}", (word & 0x7fff_ffff) % 1_000_000)
}

/// Six groups of four letters and digits.
fn recovery_code() -> Result<String, Error> {
    let mut bytes = [0; RECOVERY_BYTES];
    fill(&mut bytes)?;
    let text = BASE32_NOPAD.encode(&bytes).to_ascii_lowercase();
    let groups: Vec<_> = text.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    Ok(groups.join("-"))
}

/// What is kept of a recovery code, however it was typed.
fn recovery_digest(code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    hex(&Sha256::digest(plain.to_ascii_lowercase().as_bytes()))
}

/// What the second factor of an account is sealed for.
#[must_use]
pub const fn sealed_for(account: i64) -> [u8; 8] {
    account.to_be_bytes()
}

/// What stands in an address for a text.
fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

fn wrong_code() -> Error {
    Error::Unauthenticated("the code is wrong, or was used before".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, cut to six digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = b"12345678901234567890";
        for (now_s, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(digits(secret, now_s / STEP_S), code, "{now_s}");
            let step = now_s / STEP_S;
            for (later_s, last_step, expected) in [
                (0, 0, Some(step)),
                (STEP_S, 0, Some(step)),
                (-STEP_S, 0, Some(step)),
                (2 * STEP_S, 0, None),
                (-2 * STEP_S, 0, None),
                (0, step, None),
                (0, step - 1, Some(step)),
            ] {
                assert_eq!(step_of(secret, code, now_s + later_s, last_step), expected, "{now_s} {later_s}");
            }
        }
        for wrong in ["", "28708", "2870821", "287083", " 287082"] {
            assert_eq!(step_of(secret, wrong, 59, 0), None, "{wrong}");
        }
    }

    #[test]
    fn recovery_codes_are_known_however_they_are_typed() {
        let code = recovery_code().unwrap();
        assert_eq!((code.len(), code.matches('-').count()), (29, 5));
        assert_ne!(code, recovery_code().unwrap());
        for typed in [code.to_uppercase(), code.replace('-', ""), code.replace('-', " ")] {
            assert_eq!(recovery_digest(&typed), recovery_digest(&code));
        }
    }
}
