//! The tables of characters that words are told by, against the tokenizer of `SQLite` that is built in.

use fasttrack::{db::Arg, query};

use super::World;
use crate::{driver::sqlite_only, inside::run};

#[test]
fn every_character_is_what_sqlite_takes_it_for() {
    sqlite_only!("it asks the tokenizer of SQLite");
    run(async {
        let world = World::new().await;
        let made = world
            .app
            .rows("SELECT CAST(sql AS BLOB) FROM sqlite_master WHERE name = 'fasttrack_search_sheets'", Vec::new());
        let made = made.await[0].text(0).unwrap().to_owned();
        let tokenize = made[made.find("tokenize").unwrap()..].trim_end_matches(')').to_owned();
        let table = format!("CREATE VIRTUAL TABLE probe USING fts5(a, content='', {tokenize})");
        world
            .execute(vec![
                (table.as_str(), Vec::new()),
                ("CREATE VIRTUAL TABLE seen USING fts5vocab(probe, instance)", Vec::new()),
            ])
            .await;
        let characters: Vec<char> = ('\u{1}'..=char::MAX).collect();
        for block in characters.chunks(0x2000) {
            let (first, last) = (u32::from(block[0]), u32::from(*block.last().unwrap()));
            let fill = "WITH RECURSIVE n(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)
                INSERT INTO probe (rowid, a) SELECT i, 'a' || char(i) || 'b' FROM n WHERE i NOT BETWEEN 55296 AND 57343";
            let args = vec![Arg::Int(first.into()), Arg::Int(last.into())];
            world.execute(vec![("INSERT INTO probe (probe) VALUES ('delete-all')", Vec::new()), (fill, args)]).await;
            let seen = "SELECT doc, CAST(group_concat(term, ' ' ORDER BY offset) AS BLOB) FROM seen GROUP BY doc";
            let seen = world.app.rows(seen, Vec::new()).await;
            assert_eq!(seen.len(), block.len());
            for row in seen {
                let c = char::from_u32(u32::try_from(row.int(0).unwrap()).unwrap()).unwrap();
                assert_eq!(query::words(&format!("a{c}b")).join(" "), row.text(1).unwrap(), "{c:?}");
            }
        }
    });
}
