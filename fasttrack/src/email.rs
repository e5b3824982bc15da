//! What an e-mail address is, and when two are the same.
//!
//! The grammar is the one of the HTML standard ("valid e-mail address"), which every browser checks forms against: no
//! quoted local parts, comments or address literals. Beyond it the domain has a dot, as no mail can be sent to one
//! without. Whether anybody reads mail there is not asked.

/// Longest address, in characters; all of them are ASCII.
pub const MAX_CHARS: usize = 255;

const MAX_DOMAIN: usize = 253;
const MAX_LABEL: usize = 63;

/// Checks an address and gives it back as it is stored: as it was, with the domain in lower case.
///
/// # Errors
/// A sentence for people that says what is wrong.
pub fn validate(address: &str) -> Result<String, &'static str> {
    if address.len() > MAX_CHARS {
        return Err(if address.chars().count() > MAX_CHARS { "at most 255 characters" } else { ASCII_ONLY });
    }
    if !address.is_ascii() {
        return Err(ASCII_ONLY);
    }
    let (local, domain) = address.rsplit_once('@').ok_or("not an e-mail address: there is no @ in it")?;
    check_local(local)?;
    check_domain(domain)?;
    Ok(format!("{local}@{}", domain.to_ascii_lowercase()))
}

/// The form in which addresses are compared: two are the same when they differ in the case of ASCII letters alone.
#[must_use]
pub fn comparison_key(address: &str) -> String {
    address.to_ascii_lowercase()
}

const ASCII_ONLY: &str = "only ASCII characters are taken";

fn check_local(local: &str) -> Result<(), &'static str> {
    if local.is_empty() {
        return Err("not an e-mail address: nothing stands before the @");
    }
    if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Err("not an e-mail address: a dot before the @ has to stand between other characters");
    }
    if !local.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte)) {
        return Err("not an e-mail address: a character before the @ is not allowed there");
    }
    Ok(())
}

fn check_domain(domain: &str) -> Result<(), &'static str> {
    const WRONG: &str = "not an e-mail address: what follows the @ is no domain name";
    let top = domain.rsplit_once('.').ok_or(WRONG)?.1;
    // A last label of digits makes an IPv4 address, which is none of a domain's names (RFC 3696, section 2).
    if domain.len() > MAX_DOMAIN || !domain.split('.').all(is_label) || top.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(WRONG);
    }
    Ok(())
}

fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_keep_all_but_the_case_of_their_domain() {
        for (given, stored) in [
            ("ada@example.com", "ada@example.com"),
            ("Ada.Lovelace@Example.COM", "Ada.Lovelace@example.com"),
            ("a+tag@b.co", "a+tag@b.co"),
            ("o'brien!#$%&*/=?^_`{|}~-@a-b.example", "o'brien!#$%&*/=?^_`{|}~-@a-b.example"),
            ("1@2.3com", "1@2.3com"),
            ("x@xn--bcher-kva.example", "x@xn--bcher-kva.example"),
        ] {
            assert_eq!(validate(given).as_deref(), Ok(stored));
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for given in [
            "",
            "@",
            "ada",
            "ada@",
            "@example.com",
            "ada@example",
            "ada@example.",
            "ada@.com",
            "ada@a..b",
            "ada@-a.com",
            "ada@a-.com",
            "ada@1.2.3.4",
            "ada@[1.2.3.4]",
            "ada@exa mple.com",
            "ada @example.com",
            " ada@example.com",
            "ada@example.com ",
            "ada@example.com\n",
            "a\0da@example.com",
            ".ada@example.com",
            "ada.@example.com",
            "a..da@example.com",
            "a@b@example.com",
            "\"ada\"@example.com",
            "Ada <ada@example.com>",
            "a,b@example.com",
            "ada@exam_ple.com",
            "adä@example.com",
            "ada@exämple.com",
        ] {
            assert!(validate(given).is_err(), "{given:?}");
        }
    }

    #[test]
    fn lengths_are_bounded() {
        for (local, fits) in [(243, true), (244, false)] {
            assert_eq!(validate(&format!("{}@example.com", "a".repeat(local))).is_ok(), fits, "{local}");
        }
        assert!(validate(&format!("a@{}.example", "d".repeat(64))).is_err());
        assert_eq!(validate(&"ä".repeat(255)), Err(ASCII_ONLY));
        assert_eq!(validate(&"ä".repeat(256)), Err("at most 255 characters"));
    }

    #[test]
    fn case_does_not_tell_addresses_apart() {
        assert_eq!(comparison_key("Ada@Example.COM"), comparison_key("aDA@example.com"));
        assert_ne!(comparison_key("ada@example.com"), comparison_key("ad.a@example.com"));
    }
}
