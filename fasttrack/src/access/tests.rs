//! What nobody may do, solved: over a shop whose rules are of every kind.
#![expect(clippy::large_types_passed_by_value, reason = "a test says its rules on the spot")]

use super::{check_nevers, check_said};
use crate::{
    decimal::Fixed,
    schema::{
        Catalog, Column, Comparison, CreatedAt, Decimal, Forbidden, Grant, Has, Id, Kind, Literal, Never, Path,
        Resources, Rule, Schema, Timestamp, Transition, Verb,
    },
};

const HERE: Path = Path::HERE;
const OWNER: Rule = Rule::Related(HERE.then("shop").then("owner"));
const BUYER: Rule = Rule::Related(HERE.then("buyer"));
const ADMIN: Rule = Rule::Role("admin");
const USER: Rule = Rule::Role("user");
const NOBODY: Rule = Rule::Not(&Rule::Authenticated);
const STAFF: Rule = Rule::AnyOf { path: HERE.then("helpers"), rule: &Rule::Related(HERE.then("user")) };

const fn compare(path: Path, field: &'static str, op: Comparison, value: Literal) -> Rule {
    Rule::Compare { path, field, op, value }
}

const fn word(field: &'static str, op: Comparison, word: &'static str) -> Rule {
    compare(HERE, field, op, Literal::Text(word))
}

const fn int(op: Comparison, value: i64) -> Rule {
    compare(HERE, "size", op, Literal::Int(value))
}

const fn due(op: Comparison, offset_us: i64) -> Rule {
    Rule::Moment { path: HERE, field: "due_at", op, offset_us }
}

const fn shut(op: Comparison) -> Rule {
    compare(HERE.then("other"), "is_shut", op, Literal::Bool(true))
}

fn not(rule: Rule) -> Rule {
    Rule::Not(Box::leak(Box::new(rule)))
}

const fn relation(name: &'static str, key: &'static str, target: &'static str) -> Column {
    Column { kind: Kind::Relation(target), ..Column::new::<i64>(name, key) }
}

const fn maybe(name: &'static str, key: &'static str, target: &'static str) -> Column {
    Column { kind: Kind::Relation(target), ..Column::new::<Option<i64>>(name, key) }
}

const ID: Column = Column::new::<Id<()>>("id", "id");
const STEPS: &[Transition] =
    &[Transition::new("open", &["paid"]).by(BUYER), Transition::new("paid", &["sent"]).by(OWNER)];
const STATE: Column = Column { kind: Kind::Choice(&["open", "paid", "sent"]), ..Column::new::<i64>("state", "state") };
const ACCOUNT: Schema = Schema::new("user", "users")
    .account()
    .columns(&[
        ID,
        Column { kind: Kind::Choice(&["user", "admin"]), write: Some(ADMIN), ..Column::new::<i64>("role", "role") },
        Column::new::<String>("name", "name"),
        Column { kind: Kind::Choice(&["free", "pro"]), ..Column::new::<i64>("plan", "plan") },
    ])
    .grants(&[Grant::new(Verb::Read, ADMIN), Grant::new(Verb::Update, ADMIN)]);
const SHOP: Schema = Schema::new("shop", "shops")
    .columns(&[ID, relation("owner", "owner_id", "user"), Column::new::<bool>("is_shut", "is_shut")])
    .named_rules(&[("boss", Rule::Any(&[Rule::Related(HERE.then("owner")), SHUT]))]);
const SHUT: Rule = compare(HERE, "is_shut", Comparison::Eq, Literal::Bool(true));
const HELPER: Schema = Schema::new("helper", "helpers").columns(&[
    ID,
    relation("sale", "sale_id", "sale"),
    relation("user", "user_id", "user"),
]);
const SALE: Schema = Schema::new("sale", "sales").has(&[Has::new("helpers", "helper", "sale")]).columns(&[
    ID,
    relation("shop", "shop_id", "shop"),
    maybe("other", "other_id", "shop"),
    maybe("buyer", "buyer_id", "user"),
    STATE,
    Column { kind: Kind::Choice(&["low", "high"]), flow: Some(STEPS), ..Column::new::<i64>("step", "step") },
    Column::new::<i64>("size", "size"),
    Column::new::<f64>("weight", "weight"),
    Column::new::<Decimal<2>>("price", "price"),
    Column { write: Some(OWNER), ..Column::new::<Option<String>>("note", "note") },
    Column::new::<Option<Timestamp>>("due_at", "due_at"),
    Column::new::<CreatedAt>("created_at", "created_at"),
]);

/// What is said of a sale of which these may do something, where who they may not be is said.
fn found(granted: Rule, denied: Rule, forbidden: Forbidden) -> Option<String> {
    let grants: &'static [Grant] = vec![Grant::new(forbidden.verb, granted)].leak();
    let never: &'static [Never] = vec![Never::new(denied, vec![forbidden].leak())].leak();
    let sale: &'static Schema = Box::leak(Box::new(SALE.grants(grants).nevers(never)));
    let catalog = Catalog::link(vec![&ACCOUNT, &SHOP, &HELPER, sale].leak()).unwrap();
    let refused = check_nevers(&catalog).err()?.to_string();
    let (_, example) = refused.split_once(", but ").expect("a sentence with an example");
    Some(example.to_owned())
}

#[track_caller]
fn check(granted: Rule, denied: Rule, expected: Option<&str>) {
    assert_eq!(found(granted, denied, Forbidden::new(Verb::Delete)).as_deref(), expected);
}

/// Checks two conditions of the row: that they go together, or do not.
#[track_caller]
fn together(one: Rule, other: Rule, expected: bool) {
    let example = found(one, other, Forbidden::new(Verb::Delete));
    assert_eq!(example.is_some(), expected, "{one:?} and {other:?}: {example:?}");
}

#[test]
fn roles_and_relations_are_told_apart() {
    const OWN: Rule = Rule::Any(&[OWNER, ADMIN]);
    check(OWN, NOBODY, None);
    check(OWN, USER, Some("a user who is shop.owner may delete sales"));
    check(OWN, Rule::All(&[USER, Rule::Not(&OWNER)]), None);
    check(OWN, Rule::Not(&OWNER), Some("an admin may delete sales where not shop.owner"));
    check(OWN, Rule::All(&[USER, BUYER]), Some("a user who is buyer and shop.owner may delete sales"));
    check(Rule::Authenticated, NOBODY, None);
    check(Rule::Anyone, NOBODY, Some("somebody who is not logged in may delete sales"));
    check(Rule::All(&[USER, ADMIN]), Rule::Anyone, None);
}

/// Also where the row of which it is asked may not be there.
#[test]
fn a_rule_is_not_what_its_name_denies() {
    const BOSS: Rule = Rule::Named { path: HERE.then("other"), rule: "boss" };
    const ANY: Rule = Rule::Any(&[BOSS, BUYER]);
    check(ANY, Rule::All(&[Rule::Not(&BOSS), Rule::Not(&BUYER)]), None);
    check(BOSS, Rule::Not(&BOSS), None);
    let example = found(ANY, Rule::Not(&BOSS), Forbidden::new(Verb::Delete)).unwrap();
    assert!(example.starts_with("a user who is buyer may delete sales where not (other.owner"), "{example}");
    let example = found(ANY, Rule::Not(&BUYER), Forbidden::new(Verb::Delete)).unwrap();
    assert!(example.contains("other.owner") || example.contains("other.is_shut"), "{example}");
}

/// Who is not logged in belongs to nothing.
#[test]
fn nobody_is_one_of_many() {
    const OPEN: Rule = word("state", Comparison::Eq, "open");
    let read = |granted, denied| found(granted, denied, Forbidden::new(Verb::Read));
    check(STAFF, NOBODY, None);
    check(Rule::Not(&STAFF), NOBODY, None);
    let paid = Rule::All(const { &[NOBODY, word("state", Comparison::Eq, "paid")] });
    assert_eq!(read(Rule::Any(&[STAFF, OPEN]), paid), None);
    let open = read(Rule::Any(&[STAFF, OPEN]), NOBODY);
    assert_eq!(open.as_deref(), Some("somebody who is not logged in may read sales where state is open"));
    let many = Rule::AnyOf { path: HERE.then("helpers"), rule: &Rule::Anyone };
    assert!(read(many, NOBODY).is_some(), "there may be one, whoever asks");
}

#[test]
fn what_a_field_can_hold_decides() {
    use Comparison::{Eq, Ge, Gt, Le, Lt, Ne};
    together(word("state", Eq, "open"), word("state", Eq, "paid"), false);
    together(word("state", Ne, "open"), word("state", Ne, "paid"), true);
    let either = Rule::All(const { &[word("state", Ne, "open"), word("state", Ne, "paid")] });
    together(either, word("state", Ne, "sent"), false);
    check(
        either,
        USER,
        Some("a user may delete sales where state is not open and state is not paid and state is sent"),
    );
    together(int(Lt, 3), int(Ge, 3), false);
    together(int(Le, 3), int(Ge, 3), true);
    together(int(Gt, 3), int(Lt, 5), true);
    together(int(Gt, 3), int(Lt, 4), false);
    together(int(Lt, 3), not(int(Le, 2)), false);
    let weight = |op, value| compare(HERE, "weight", op, Literal::Float(value));
    together(weight(Gt, 3.0), weight(Lt, 4.0), true);
    together(weight(Lt, -1.0), weight(Gt, -0.5), false);
    together(weight(Lt, 0.0), weight(Gt, -0.5), true);
    together(weight(Eq, 0.0), weight(Eq, -0.0), true);
    let price = |op, units| compare(HERE, "price", op, Literal::Decimal(Fixed::new(units, 2)));
    together(price(Gt, 990), price(Lt, 991), false);
    together(price(Gt, 990), price(Lt, 992), true);
    together(word("note", Eq, "a"), word("note", Ne, "b"), true);
    together(word("note", Eq, "a"), word("note", Eq, "b"), false);
    together(word("note", Ne, "a"), compare(HERE, "note", Eq, Literal::Null), true);
    together(word("note", Eq, "a"), compare(HERE, "note", Eq, Literal::Null), false);
    together(compare(HERE, "note", Eq, Literal::Null), compare(HERE, "note", Ne, Literal::Null), false);
}

#[test]
fn instants_lie_to_the_present_on_one_line() {
    use Comparison::{Ge, Gt, Le, Lt};
    const DAY: i64 = 86_400_000_000;
    together(due(Lt, 0), due(Gt, DAY), false);
    together(due(Gt, 0), due(Lt, DAY), true);
    together(due(Ge, DAY), due(Le, DAY), true);
    together(due(Lt, 0), not(due(Le, DAY)), false);
    // Where it is null neither holds.
    together(not(due(Lt, DAY)), not(due(Ge, 0)), true);
}

#[test]
fn a_row_that_is_not_there_is_like_none() {
    use Comparison::{Eq, Ne};
    together(shut(Eq), shut(Ne), false);
    together(not(shut(Eq)), not(shut(Ne)), true);
    together(not(shut(Eq)), shut(Eq), false);
}

#[test]
fn what_is_not_looked_into_may_hold() {
    check(STAFF, Rule::Not(&STAFF), None);
    check(
        STAFF,
        BUYER,
        Some(
            "a user who is any of helpers (user) and buyer may delete sales; whether any of helpers (user) goes with the \
             rest is not decided, so say the rule without it",
        ),
    );
    let plan = |word| &*Box::leak(Box::new(compare(HERE, "plan", Comparison::Eq, Literal::Text(word))));
    together(Rule::OfCaller(plan("pro")), Rule::OfCaller(plan("free")), false);
    together(Rule::OfCaller(plan("pro")), Rule::Not(&BUYER), true);
}

#[test]
fn a_field_asks_its_own_rule_and_a_flow_its_steps() {
    let update = |field, who| found(Rule::Any(&[OWNER, BUYER]), who, Forbidden::new(Verb::Update).field(field));
    let buyer = Rule::All(&[BUYER, Rule::Not(&OWNER)]);
    assert_eq!(update("note", buyer), None);
    assert_eq!(
        update("size", buyer).as_deref(),
        Some(
            "a user who is buyer may update size of sales where not shop.owner and the same where a new shop_id leads"
        )
    );
    assert_eq!(update("step", Rule::All(&[Rule::Not(&OWNER), Rule::Not(&BUYER)])), None);
    assert!(update("step", buyer).is_some());
}

#[test]
fn everybody_has_his_own_account_and_makes_one() {
    const UPDATE: Forbidden = Forbidden::new(Verb::Update);
    const CREATE: Forbidden = Forbidden::new(Verb::Create);
    let said = |rule, forbidden: &'static [Forbidden]| {
        let resources = Resources::from(&*vec![&ACCOUNT].leak());
        check_said(&resources, Some("user"), &Never::new(rule, forbidden)).map_err(|error| error.to_string())
    };
    assert_eq!(said(USER, const { &[UPDATE.field("role"), CREATE] }), Ok(()));
    assert_eq!(said(NOBODY, const { &[UPDATE, CREATE.field("role")] }), Ok(()));
    let refused = said(USER, &[UPDATE]).unwrap_err();
    assert!(refused.ends_with("but a user who is the account itself may update users"), "{refused}");
    assert_eq!(said(Rule::All(&[USER, Rule::Not(&Rule::Oneself)]), &[UPDATE]), Ok(()));
    let refused = said(NOBODY, const { &[CREATE.field("name")] }).unwrap_err();
    assert!(refused.ends_with("somebody who is not logged in may register with name"), "{refused}");
    for (rule, field, mentions) in [(Rule::Role("boss"), "role", "role: `boss`"), (USER, "rank", "user: `rank`")] {
        let refused = said(rule, vec![UPDATE.field(field)].leak()).unwrap_err();
        assert!(refused.contains(mentions), "{refused}");
    }
}
