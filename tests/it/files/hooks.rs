//! Code of an application sees what is known of a file, and cannot make one up.

use fasttrack::{prelude::*, testing::json};

use super::{Office, PNG, Seal, shown};

impl Hooks for Seal {
    async fn before_update(old: &Self, new: &mut Self, _: &mut HookContext<'_>) -> Result<(), Refusal> {
        let Some(print) = new.print.as_mut() else { return Ok(()) };
        if print.name == "made up.png" {
            print.sha256 = "0".repeat(64);
        }
        if print.name == "no.png" {
            return Err(Refusal::conflict("not this one"));
        }
        let before = old.print.as_ref().map_or("nothing", |before| before.name.as_str());
        new.seen = format!("{before}, then {} at {}", print.name, print.url);
        Ok(())
    }
}

#[test]
fn a_hook_sees_both_and_may_refuse() {
    let office = Office::new();
    let path = format!("{}/print", office.made("seals"));
    let put = |name: &str| {
        let disposition = format!("attachment; filename=\"{name}\"");
        office.call("PUT", &path).body("image/png", PNG).header("content-disposition", &disposition)
    };
    let row = put("a.png").expect(200).json();
    assert_eq!(row["seen"], format!("nothing, then a.png at /api/v1{path}"));
    let row = put("b.png").expect(200).json();
    assert_eq!(row["seen"], format!("a.png, then b.png at /api/v1{path}"));
    put("no.png").refused(409).says("not this one");
    assert_eq!(put("made up.png").send().status, 500, "that is a mistake of the hook");
    let row = office.get(path.trim_end_matches("/print")).json();
    assert_eq!(shown(&row["print"]).0, "b.png");
    assert_eq!(row["id"], json!(1));
    // Of a 500 nobody can tell what came of it: its bytes wait for the sweep.
    office.wait_for_stored(2);
    office.app.advance(super::A_DAY);
    office.wait_for_stored(1);
}
