//! What the text of a statement says at once: whether each placeholder has its argument, and whether it may write.

use super::{DbError, Statement};

/// Refuses a placeholder that has no argument, which one driver would bind as NULL, and `$0`, on which it dies.
///
/// # Errors
/// [`DbError::Other`], naming the placeholder; also for a comment without an end, since what is put behind the statement
/// would be lost in it.
pub(super) fn check(statement: &Statement) -> Result<(), DbError> {
    let args = statement.args.len();
    let mut bytes = statement.sql.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            // A doubled quote inside a literal ends it and starts the next one.
            b'\'' | b'"' => while bytes.next().is_some_and(|next| next != byte) {},
            b'-' if bytes.peek() == Some(&b'-') => while bytes.next().is_some_and(|next| next != b'\n') {},
            b'/' if bytes.peek() == Some(&b'*') => skip_comment(&mut bytes)?,
            b'$' => {
                let mut number = 0_usize;
                while let Some(digit) = bytes.next_if(u8::is_ascii_digit) {
                    number = number.saturating_mul(10).saturating_add(usize::from(digit - b'0'));
                }
                if number == 0 || number > args {
                    return Err(DbError::Other(format!("placeholder ${number} where {args} arguments are given")));
                }
            }
            b'?' => return Err(DbError::Other("placeholders are written $1, $2, …".into())),
            _ => {}
        }
    }
    Ok(())
}

/// Goes to the end of a comment of which the first slash was read.
fn skip_comment(bytes: &mut impl Iterator<Item = u8>) -> Result<(), DbError> {
    // The star that begins it does not end it.
    bytes.next();
    let mut is_star = false;
    for byte in bytes {
        if is_star && byte == b'/' {
            return Ok(());
        }
        is_star = byte == b'*';
    }
    Err(DbError::Other("a comment has no end".into()))
}

/// Whether a statement may write, as far as its text tells at once.
pub(super) fn may_write(sql: &str) -> bool {
    let reads = sql.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("SELECT"));
    !reads || sql.contains(';')
}

/// Whether a statement surely does not write by itself, as far as its text tells at once.
pub(super) fn reads_only(sql: &str) -> bool {
    let starts_with = |word: &str| {
        let start = sql.trim_start().get(..word.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    // What stands behind WITH may write; it then has to say so.
    let names_writing = || {
        let words = sql.split(|letter: char| !letter.is_ascii_alphabetic());
        let mut words = words.map(str::to_ascii_uppercase);
        words.any(|word| ["INSERT", "UPDATE", "DELETE", "MERGE"].contains(&word.as_str()))
    };
    starts_with("SELECT") || starts_with("WITH") && !names_writing()
}
