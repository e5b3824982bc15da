//! Names of files, as clients give them: shown to people, and to whoever saves the file. No file of ours is called so.

/// Longest name, in bytes: what file systems take.
const MAX_BYTES: usize = 255;

/// The name that is kept of what a client gave; `None` where nothing is left of it.
///
/// Folders before it, control characters and those that turn the direction of what follows are taken out, so that a name
/// looks like what it is; what some file systems do not take becomes `_`.
pub(crate) fn cleaned(given: &str) -> Option<String> {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept = last.chars().filter(|char| !is_unseen(*char));
    let kept: String = kept.map(|char| if r#"<>:"|?*"#.contains(char) { '_' } else { char }).collect();
    let kept = kept.trim().trim_end_matches(['.', ' ']);
    (!kept.trim_matches('.').is_empty()).then(|| shortened(kept))
}

/// Whether a character is not seen, or changes how others are.
fn is_unseen(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// The beginning of a name that is too long, with its ending.
fn shortened(name: &str) -> String {
    if name.len() <= MAX_BYTES {
        return name.to_owned();
    }
    let (stem, ending) = name.rsplit_once('.').filter(|(_, ending)| ending.len() <= 16).unwrap_or((name, ""));
    let dot = if ending.is_empty() { "" } else { "." };
    let mut room = MAX_BYTES.saturating_sub(dot.len() + ending.len()).min(stem.len());
    while !stem.is_char_boundary(room) {
        room -= 1;
    }
    format!("{}{dot}{ending}", stem.get(..room).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_harmless() {
        #[track_caller]
        fn check(given: &str, expected: Option<&str>) {
            assert_eq!(cleaned(given).as_deref(), expected, "{given:?}");
        }
        check("a.png", Some("a.png"));
        check("Ärger 1.pdf", Some("Ärger 1.pdf"));
        check("../../etc/passwd", Some("passwd"));
        check(r"C:\Users\ada\a.png", Some("a.png"));
        check("a.png/", None);
        check("..", None);
        check(".", None);
        check("", None);
        check("  ", None);
        check("a\0b\r\nc.png", Some("abc.png"));
        check("invoice\u{202e}gnp.exe", Some("invoicegnp.exe"));
        check("\u{2066}a\u{200b}\u{feff}.png", Some("a.png"));
        check("a.png. . ", Some("a.png"));
        check(".htaccess", Some(".htaccess"));
        check("a:b*?\"<>|.txt", Some("a_b______.txt"));
        check("😀.png", Some("😀.png"));
    }

    #[test]
    fn a_name_has_an_end() {
        for (given, length, ending) in [
            (format!("{}.png", "a".repeat(10_000)), 255, "a.png"),
            (format!("{}.png", "é".repeat(10_000)), 254, "é.png"),
            ("a".repeat(300), 255, "a"),
            (format!("a.{}", "b".repeat(300)), 255, "b"),
        ] {
            let name = cleaned(&given).unwrap();
            assert_eq!((name.len(), name.ends_with(ending)), (length, true), "{name}");
        }
    }
}
