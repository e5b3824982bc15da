//! Texts that are ASCII, of which a server reads the words by itself where it can.

use super::World;
use crate::inside::run;

/// Words longer than a server takes, and than can be asked for; and texts of nothing but what stands between words, or that
/// begin or end with it.
#[test]
fn plain_texts_are_read_as_others_are() {
    run(async {
        let mut world = World::new().await;
        let row = |rank: String, body: &str| [rank, body.to_owned(), "A memo".to_owned()];
        let lengths = [199, 200, 201, 202, 203, 2_046, 2_047, 5_000];
        let mut rows: Vec<_> = lengths.iter().map(|length| row("z".repeat(*length), "a:1b it's")).collect();
        rows.extend(
            ["-- ", " b", "b\\ ", "'b'", "A B", "a", " \u{7f}\u{1}\t\n"].map(|text| row(text.to_owned(), text)),
        );
        rows.push(row(format!("{}é {}", "y".repeat(250), "x".repeat(250)), &format!("c {}", "w ".repeat(150))));
        world.hold(&rows).await;
        for asked in ["z", "a", "b", "c", "w", "1b", "it", "s", "memo", "a b", "b a", "y", "x"] {
            world.check(asked, 4).await;
        }
        for length in [198, 199, 200] {
            world.check(&"z".repeat(length), 3).await;
            world.check(&"Z".repeat(length), 3).await;
            world.check(&"y".repeat(length), 3).await;
            world.check(&"x".repeat(length), 3).await;
        }
    });
}
