//! `/admin`: what is declared as tables and forms, offered to who may, by keyboard, to a screen reader, in the dark.

mod account;
mod lists;
mod looks;
pub(crate) mod office;
mod rows;
mod steps;
mod work;

use std::ops::{Deref, DerefMut};

use fasttrack::testing::Login;
use serde_json::json;

use self::office::Office;
use crate::tab::Tab;

const MARKUP: &str = r#"<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>"#;

/// Somebody at the page.
struct Visit(Tab);

impl Visit {
    /// Opens the page, which asks who is there.
    #[track_caller]
    fn open(office: &Office) -> Self {
        let mut visit = Self(Tab::open(&office.host(), "/admin", ""));
        visit.wait_for("!document.getElementById('login').hidden");
        visit
    }

    /// Opens the page and logs in.
    #[track_caller]
    fn of(office: &Office, who: &Login) -> Self {
        let mut visit = Self::open(office);
        visit.log_in(who);
        visit.wait_for_title("tracker");
        visit
    }

    fn log_in(&mut self, who: &Login) {
        self.type_into("#email", &who.email);
        self.type_into("#password", &who.password);
        self.press("Enter", 13);
    }

    /// Goes to a view, until it stands there.
    #[track_caller]
    fn go(&mut self, path: &str) {
        self.evaluate(&format!("location.hash = {}", json!(format!("#{path}"))));
        self.settle();
    }

    /// Waits until the view is that of the address.
    #[track_caller]
    fn settle(&mut self) {
        self.wait_for(
            "document.getElementById('view').dataset.at === location.hash && \
             document.getElementById('view').ariaBusy !== 'true'",
        );
    }

    #[track_caller]
    fn wait_for_title(&mut self, title: &str) {
        self.wait_for(&format!("document.getElementById('title')?.textContent === {}", json!(title)));
        self.settle();
    }

    /// Waits until this is said.
    #[track_caller]
    fn wait_for_notice(&mut self, words: &str) {
        self.wait_for(&format!("document.getElementById('notice').textContent.includes({})", json!(words)));
        self.settle();
    }

    /// Presses what is called so: a button, a link, or what opens a part of the view.
    #[track_caller]
    fn press_on(&mut self, name: &str) {
        let found = format!(
            "[...document.querySelectorAll('button, a, summary')].filter((at) => at.checkVisibility() && \
             (at.ariaLabel ?? at.textContent).trim() === {}).at(-1)",
            json!(name)
        );
        self.wait_for(&format!("{found} !== undefined"));
        self.evaluate(&format!("{{ const at = {found}; at.focus(); at.click(); }}"));
    }

    /// Whether something is called so.
    #[track_caller]
    fn offers(&mut self, name: &str) -> bool {
        let found = format!(
            "[...document.querySelectorAll('button, a, summary')].some((at) => at.checkVisibility() && \
             (at.ariaLabel ?? at.textContent).trim() === {})",
            json!(name)
        );
        self.evaluate(&found) == true
    }

    /// Fills in a field of a form.
    #[track_caller]
    fn fill(&mut self, key: &str, text: &str) {
        let (control, text) = (control(key), json!(text));
        let kind = self.evaluate(&format!("document.querySelector({}).matches('select, [type=date]')", json!(control)));
        if kind == true {
            self.evaluate(&format!(
                "{{ const at = document.querySelector({}); at.value = {text}; \
                 at.dispatchEvent(new Event('change', {{ bubbles: true }})); }}",
                json!(control)
            ));
        } else {
            self.type_into(&control, text.as_str().unwrap());
        }
    }

    /// What a field of a form holds.
    #[track_caller]
    fn held(&mut self, key: &str) -> String {
        let held = self.evaluate(&format!("document.querySelector({}).value", json!(control(key))));
        held.as_str().unwrap().to_owned()
    }

    /// What is said to be wrong with a field.
    #[track_caller]
    fn fault(&mut self, key: &str) -> String {
        self.text(&format!("[data-key={key}] .fault"))
    }

    /// Chooses a row by what is typed.
    #[track_caller]
    fn look_up(&mut self, key: &str, text: &str, expected: &str) {
        self.type_into(&control(key), text);
        self.wait_for(&format!(
            "document.querySelector('[data-key={key}] [role=listbox]').innerText.includes({})",
            json!(expected)
        ));
        self.press("Enter", 13);
    }

    /// The cells of the table, row by row.
    #[track_caller]
    fn cells(&mut self) -> Vec<Vec<String>> {
        let found = self.evaluate(
            "[...document.querySelectorAll('tbody tr')].map((row) => [...row.children].map((cell) => cell.innerText.trim()))",
        );
        serde_json::from_value(found).unwrap()
    }

    /// One column of it.
    #[track_caller]
    fn column(&mut self, title: &str) -> Vec<String> {
        let at = self.heads().iter().position(|head| head == title).unwrap_or_else(|| panic!("no column {title}"));
        self.cells().into_iter().map(|mut row| row.swap_remove(at)).collect()
    }

    fn heads(&mut self) -> Vec<String> {
        let found = self.evaluate(
            "[...document.querySelectorAll('thead th')].map((head) => head.innerText.replace(/[\\u25b2\\u25bc]/g, '').trim())",
        );
        serde_json::from_value(found).unwrap()
    }

    /// What has to hold at the end of every visit.
    #[track_caller]
    fn check_manners(&mut self) {
        assert_eq!(self.faults(false), Vec::<String>::new(), "errors on the console, or violations of the policy");
        assert_eq!(self.foreign_requests(), Vec::<String>::new(), "the page asked another host");
        let kept = self.evaluate("sessionStorage.length + document.cookie.length + location.search.length");
        assert_eq!(kept, 0, "something is kept of who is logged in");
        assert_ne!(self.evaluate("document.title"), "owned");
    }
}

fn control(key: &str) -> String {
    ["input", "select", "textarea"].map(|kind| format!("[data-key={key}] {kind}")).join(", ")
}

impl Deref for Visit {
    type Target = Tab;

    fn deref(&self) -> &Tab {
        &self.0
    }
}

impl DerefMut for Visit {
    fn deref_mut(&mut self) -> &mut Tab {
        &mut self.0
    }
}
