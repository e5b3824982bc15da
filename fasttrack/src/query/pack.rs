//! Sort keys as few bytes.
//!
//! Text is written either as UTF-8 or as the differences between its code points, whichever is shorter: a title of 300
//! emoji is 1,200 bytes of UTF-8, and 600 of differences.

use crate::{db::Arg, decimal::Fixed};

const NULL: u8 = 0;
const INT: u8 = 1;
const FLOAT: u8 = 2;
const UTF8: u8 = 3;
const DIFFERENCES: u8 = 4;
const DECIMAL: u8 = 5;

/// Appends `keys` to `bytes`.
pub(super) fn write(keys: &[Arg], bytes: &mut Vec<u8>) {
    for key in keys {
        match key {
            Arg::Null => bytes.push(NULL),
            Arg::Int(value) => {
                bytes.push(INT);
                bytes.extend(value.to_be_bytes());
            }
            Arg::Float(value) => {
                bytes.push(FLOAT);
                bytes.extend(value.to_be_bytes());
            }
            Arg::Decimal(value) => {
                bytes.extend([DECIMAL, value.scale]);
                bytes.extend(value.units.to_be_bytes());
            }
            Arg::Text(text) => write_text(text, bytes),
        }
    }
}

/// Reads what [`write`] wrote; `None` for anything else.
pub(super) fn read(mut bytes: &[u8]) -> Option<Vec<Arg>> {
    let mut keys = Vec::new();
    while let Some((&tag, rest)) = bytes.split_first() {
        bytes = rest;
        keys.push(match tag {
            NULL => Arg::Null,
            INT => Arg::Int(i64::from_be_bytes(take(&mut bytes)?)),
            FLOAT => Arg::Float(f64::from_be_bytes(take(&mut bytes)?)),
            DECIMAL => {
                let [scale] = take(&mut bytes)?;
                Arg::Decimal(Fixed::new(i64::from_be_bytes(take(&mut bytes)?), scale))
            }
            UTF8 => {
                let length = usize::try_from(read_number(&mut bytes)?).ok()?;
                let (text, rest) = bytes.split_at_checked(length)?;
                bytes = rest;
                Arg::Text(std::str::from_utf8(text).ok()?.to_owned())
            }
            DIFFERENCES => Arg::Text(read_differences(&mut bytes)?),
            _ => return None,
        });
    }
    Some(keys)
}

/// As many of `keys` as fit in `room` bytes; of the first that does not, if it is text, as long a beginning as fits.
pub(super) fn cut(keys: &[Arg], room: usize) -> Vec<Arg> {
    let size = |keys: &[Arg]| {
        let mut bytes = Vec::new();
        write(keys, &mut bytes);
        bytes.len()
    };
    let mut kept: Vec<Arg> = Vec::new();
    for key in keys {
        kept.push(key.clone());
        if size(&kept) <= room {
            continue;
        }
        kept.pop();
        if let Arg::Text(text) = key {
            let fits = |characters: usize| {
                let start: String = text.chars().take(characters).collect();
                size(&[kept.as_slice(), &[Arg::Text(start)]].concat()) <= room
            };
            let longest: Vec<usize> = (0..text.chars().count()).collect();
            let characters = longest.partition_point(|characters| fits(*characters)).saturating_sub(1);
            kept.push(Arg::Text(text.chars().take(characters).collect()));
        }
        break;
    }
    kept
}

fn write_text(text: &str, bytes: &mut Vec<u8>) {
    let mut differences = Vec::new();
    let mut before = 0_u32;
    for character in text.chars() {
        let (from, to) = (i64::from(before), i64::from(u32::from(character)));
        write_number(zigzag(to - from), &mut differences);
        before = u32::from(character);
    }
    if differences.len() < text.len() {
        bytes.push(DIFFERENCES);
        write_number(text.chars().count() as u64, bytes);
        bytes.extend(differences);
    } else {
        bytes.push(UTF8);
        write_number(text.len() as u64, bytes);
        bytes.extend(text.as_bytes());
    }
}

fn read_differences(bytes: &mut &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut at = 0_i64;
    for _ in 0..read_number(bytes)? {
        at = at.checked_add(unzigzag(read_number(bytes)?))?;
        text.push(char::from_u32(u32::try_from(at).ok()?)?);
    }
    Some(text)
}

/// LEB128: seven bits a byte, the lowest first.
fn write_number(mut value: u64, bytes: &mut Vec<u8>) {
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
}

fn read_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..63).step_by(7) {
        let [byte] = take(bytes)?;
        value |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)).cast_unsigned()
}

const fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}
