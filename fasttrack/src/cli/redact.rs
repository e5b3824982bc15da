//! Messages without the passwords of addresses: what somebody wrote on the command line is told again when it is wrong.

/// The text, with `…` for who logs in, and by what, in every address.
pub(super) fn without_passwords(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("://") {
        let (before, from) = rest.split_at(start + "://".len());
        shown.push_str(before);
        // A password may have an `@` of its own, however wrong that is.
        let end = from.find(|c: char| c.is_whitespace() || c == '\'').unwrap_or(from.len());
        let (address, after) = from.split_at(end);
        match address.rsplit_once('@') {
            Some((_, host)) => {
                shown.push_str("…@");
                shown.push_str(host);
            }
            None => shown.push_str(address),
        }
        rest = after;
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_who_logs_in() {
        for (text, expected) in [
            ("nothing here", "nothing here"),
            (
                "unexpected argument 'postgres://u:s3cret@h:5432/d' found",
                "unexpected argument 'postgres://…@h:5432/d' found",
            ),
            ("postgres://u:a@b/c@h/d and postgres://h/d", "postgres://…@h/d and postgres://h/d"),
            ("sqlite://t.db", "sqlite://t.db"),
            ("://", "://"),
        ] {
            assert_eq!(without_passwords(text), expected);
        }
    }
}
