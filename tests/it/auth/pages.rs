//! The pages of this server to which links in mails lead.

use super::with_mail;
use crate::driver::shared;

#[test]
fn the_pages_run_nothing_but_their_own_files_and_tell_nobody_where_one_is() {
    let app = shared();
    for page in ["/reset", "/verify"] {
        let reply = app.at("GET", page).send().expect(200);
        assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"), "{reply}");
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"), "{reply}");
        let policy = reply.header("content-security-policy").unwrap_or_default().to_owned();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"), "{policy}");
        for file in ["style.css", "link.js"] {
            app.at("GET", &format!("{page}/{file}")).send().expect(200);
        }
        app.at("GET", &format!("{page}/none.js")).send().problem(404);
        // Below the path that a proxy leaves, too.
        let (below, _sink) = with_mail();
        below.at("GET", &format!("/tracker{page}")).send().expect(200);
    }
}

#[test]
fn a_password_is_typed_unseen_and_may_be_pasted_or_kept() {
    let app = shared();
    for (page, scripts, kept_as) in [
        ("/reset", &["reset.js", "link.js"][..], "new-password"),
        ("/live", &["page.js"], "current-password"),
        ("/admin", &["page.js", "controls.js"], "current-password"),
    ] {
        let html = app.at("GET", page).send().expect(200).text();
        let field = html.split('<').find(|tag| tag.starts_with("input") && tag.contains("name=\"password\""));
        let field = field.unwrap_or_else(|| panic!("no password in {html}"));
        assert!(field.contains("type=\"password\""), "{field}");
        assert!(field.contains(&format!("autocomplete=\"{kept_as}\"")) && !field.contains("readonly"), "{field}");
        let texts = scripts.iter().map(|script| app.at("GET", &format!("{page}/{script}")).send().expect(200).text());
        for text in texts.chain([html.clone()]) {
            assert!(!text.contains("paste") && !text.contains("beforeinput"), "{page} hears of what is pasted");
        }
    }
}

#[test]
fn nothing_that_is_sent_comes_back() {
    let app = shared();
    let reply = app.at("GET", "/reset?token=%3Cscript%3E").send();
    assert_eq!(reply.status, 422, "{reply}");
    assert!(!reply.text().contains("<script>"), "{reply}");
    assert!(!app.log().contains("%3Cscript%3E"), "a query string is in the log");
}
