//! What bytes lie under: 128 bits of chance, and the id of the row that they were put for.
//!
//! Nothing of it comes from a client. The id is there for the sweep, which asks the database for rows by it; that the row has
//! this very key is what says that the bytes are in use.

use std::fmt::{self, Write as _};

/// Hexadecimal digits of the part that is chance.
const DIGITS: usize = 32;

/// What bytes lie under: `0190b2e07a1c4cc398c4dc0c0c07398f-7`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// A new one, for a file of the row with this id.
    ///
    /// # Errors
    /// When the system has no chance to give.
    pub fn new(row: i64) -> Result<Self, getrandom::Error> {
        let mut chance = [0; DIGITS / 2];
        getrandom::fill(&mut chance)?;
        let mut text = chance.iter().fold(String::with_capacity(DIGITS + 20), |mut text, byte| {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
        let _ = write!(text, "-{row}");
        Ok(Self(text))
    }

    /// Reads one; `None` for what is none in its one spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (chance, row) = text.split_once('-')?;
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_chance = chance.len() == DIGITS && chance.bytes().all(is_digit);
        let is_row = row.bytes().all(|byte| byte.is_ascii_digit()) && !row.starts_with('0');
        let is_key = is_chance && is_row && row.parse::<i64>().is_ok();
        is_key.then(|| Self(text.to_owned()))
    }

    /// The id of the row that the bytes were put for.
    #[must_use]
    pub fn row(&self) -> i64 {
        self.0.split_once('-').and_then(|(_, row)| row.parse().ok()).unwrap_or_default()
    }

    /// The whole of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The two folders that its bytes lie in, one inside the other: so that none holds very many.
    #[must_use]
    pub fn folders(&self) -> [&str; 2] {
        [0..2, 2..4].map(|part| self.0.get(part).unwrap_or_default())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_spelling() {
        let key = Key::new(i64::MAX).unwrap();
        assert_eq!(Key::parse(key.as_str()), Some(key.clone()));
        assert_eq!((key.row(), key.folders()), (i64::MAX, [&key.as_str()[..2], &key.as_str()[2..4]]));
        assert_ne!(Key::new(7).unwrap(), Key::new(7).unwrap());
        let chance = "0190b2e07a1c4cc398c4dc0c0c07398f";
        for text in [
            chance.to_owned(),
            format!("{chance}-"),
            format!("{chance}-0"),
            format!("{chance}-07"),
            format!("{chance}--7"),
            format!("{chance}-+7"),
            format!("{chance}-9223372036854775808"),
            format!("{}-7", chance.to_uppercase()),
            format!("{}-7", &chance[1..]),
            format!("../{}-7", &chance[3..]),
            format!("{chance}-7.part"),
            String::new(),
        ] {
            assert_eq!(Key::parse(&text), None, "{text}");
        }
    }
}
