//! What an update is asked: of the row as it is, of where it would hang, and with `->` of the row as it would be.
//!
//! `read` and `update` of each thing are in `things`.

use fasttrack::{
    db::Statement,
    error::Error,
    pipeline::Target,
    principal::{Caller, Principal},
    schema::{Column, Comparison, Grant, Literal, Path, Rule, Schema, Verb},
};

use super::{Inside, id, run, things::check};

#[test]
fn a_state_is_left_for_good() {
    check(
        "file",
        r#"
        owner {"note": "a"} 200
        owner {"state": "closed", "note": "b"} 200
        owner {"note": "c"} 403
        owner {"state": "open"} 403
        owner {} 403

        other {"state": "closed"} 403
        holder {"note": "a"} 403
        nobody {"note": "a"} 401
        "#,
    );
}

#[test]
fn what_is_held_is_handed_on() {
    check(
        "ticket",
        r#"
        holder {"note": "a", "holder_id": @holder} 200
        holder {"holder_id": @other} 204
        holder {"note": "b"} 403
        holder {"holder_id": @holder} 403
        other {"note": "b"} 200
        other {"holder_id": null, "note": "c"} 204
        other {"note": "d"} 403

        boss {"holder_id": @other} 200
        boss {"holder_id": null} 200

        rival {"holder_id": @rival} 403
        rival {"shelf_id": @foreign} 403

        holder {"holder_id": @none} 422 holder_id
        holder {"holder_id": @other, "shelf_id": @foreign} 204

        holder {"shelf_id": @foreign} 200
        rival {"shelf_id": @here} 403 shelf_id
        boss {"note": "a"} 403
        "#,
    );
}

#[test]
fn a_move_needs_the_right_there_too() {
    check(
        "parcel",
        r#"
        boss {"note": "a"} 200
        boss {"shelf_id": @there} 200
        boss {"shelf_id": @locked} 200
        boss {"shelf_id": @foreign} 403 shelf_id
        boss {"shelf_id": @hidden} 403 shelf_id
        boss {"shelf_id": @none} 403 shelf_id
        boss {"shelf_id": null} 403 shelf_id
        boss {"shelf_id": @foreign, "note": 7} 403 shelf_id
        boss {"shelf_id": "there"} 422 shelf_id
        boss {"shelf_id": @there, "beside_id": @none} 422 beside_id
        boss {"shelf_id": @foreign, "beside_id": @none} 403 shelf_id
        boss {"beside_id": @foreign, "holder_id": @rival} 200
        owner {"shelf_id": @there} 403
        rival {"shelf_id": @foreign} 403
        "#,
    );
}

#[test]
fn a_move_by_way_of_two_relations_at_once() {
    check(
        "vase",
        r#"
        boss {"shelf_id": @there, "beside_id": @there} 200
        boss {"shelf_id": @foreign} 403 shelf_id
        boss {"shelf_id": @here, "beside_id": @foreign} 403 shelf_id and beside_id
        boss {"shelf_id": @foreign, "beside_id": @here} 403 shelf_id and beside_id
        "#,
    );
    // Each alone leaves one by which the rule holds, both together leave none.
    check(
        "pair",
        r#"
        boss {"shelf_id": @foreign, "beside_id": @foreign} 403 shelf_id and beside_id
        boss {"shelf_id": @foreign} 200
        boss {"beside_id": @foreign} 403 beside_id
        boss {"shelf_id": @there, "beside_id": @foreign} 200

        boss {"beside_id": null, "shelf_id": null} 403 beside_id and shelf_id
        boss {"beside_id": null} 200
        "#,
    );
}

#[test]
fn the_rest_counts_as_it_was_while_a_row_moves() {
    check(
        "draft",
        r#"
        boss {"state": "closed", "shelf_id": @foreign} 403 shelf_id
        boss {"state": "closed", "shelf_id": @there} 200
        boss {"shelf_id": @here} 403
        "#,
    );
    check(
        "tool",
        r#"
        boss {"shelf_id": @locked} 403 shelf_id
        boss {"shelf_id": @there} 200
        "#,
    );
}

#[test]
fn a_row_of_the_same_kind_is_another_place_too() {
    check(
        "bag",
        r#"
        holder {"above_id": @itself} 200
        owner {"note": "a"} 200
        owner {"above_id": null} 403 above_id
        owner {"above_id": @none} 403 above_id
        holder {"above_id": null} 200
        owner {"note": "b"} 403
        "#,
    );
}

#[test]
fn an_arrow_may_ask_for_less() {
    check(
        "gift",
        r#"
        boss {"note": "a"} 200
        boss {"shelf_id": @foreign} 204
        boss {"note": "b"} 403
        rival {"shelf_id": null} 204

        boss {"shelf_id": @hidden} 422 shelf_id
        nobody {"note": "c"} 401
        "#,
    );
    check(
        "wall",
        r#"
        nobody {"note": "a"} 200
        nobody {"state": "closed"} 401
        other {"state": "closed"} 403 ->
        owner {"state": "closed"} 204
        owner {"note": "b"} 403
        "#,
    );
}

#[test]
fn an_arrow_may_ask_for_more() {
    check(
        "deed",
        r#"
        owner {"note": "a"} 403 ->
        owner {"holder_id": @owner, "state": "closed"} 403 ->
        owner {"holder_id": @owner} 200
        owner {"note": "b"} 200
        owner {"holder_id": @other} 403 ->
        owner {} 200
        holder {"holder_id": @holder} 403
        "#,
    );
    check(
        "prize",
        r#"
        other {"note": "a"} 403 ->
        other {"holder_id": @rival} 403 ->
        other {"holder_id": @other} 200
        other {"holder_id": null} 403 ->
        rival {"holder_id": @rival, "note": "b"} 200
        "#,
    );
    check(
        "hoard",
        r#"
        boss {"shelf_id": @foreign} 403 ->
        boss {"shelf_id": @hidden} 403 ->
        boss {"shelf_id": @hidden, "note": 7} 403 ->
        boss {"shelf_id": 0} 422 shelf_id
        boss {"shelf_id": @there, "beside_id": @none} 422 beside_id
        boss {"shelf_id": @there} 200
        "#,
    );
    check(
        "case",
        r#"
        owner {} 200
        owner {"note": "a"} 403 ->
        owner {"state": "closed"} 200
        owner {"note": "b"} 200
        owner {"state": "open"} 403 ->
        "#,
    );
    check("relic", r#"owner {"note": "a"} 403"#);
}

#[test]
fn a_path_that_comes_back_finds_the_row_as_it_has_become() {
    check(
        "nest",
        r#"
        owner {"above_id": @itself, "state": "closed"} 403 ->
        owner {"above_id": @itself} 200
        owner {"state": "closed"} 403 ->
        "#,
    );
    check(
        "mirror",
        r#"
        holder {"above_id": @itself} 200
        owner {"note": "a"} 200
        owner {"state": "closed"} 204
        owner {"note": "b"} 403
        "#,
    );
}

#[test]
fn the_answer_is_for_who_may_see_it_then() {
    check(
        "notice",
        r#"
        owner {"note": "a"} 200
        owner {"state": "closed"} 204
        owner {} 204
        owner {"note": "b"} 204
        owner {"state": "open"} 200
        "#,
    );
}

#[test]
fn the_rule_of_a_verb_has_its_name() {
    check(
        "cup",
        r#"
        other {"note": "a"} 200
        other {"shelf_id": @hidden} 403 shelf_id
        rival {"shelf_id": @hidden} 200
        other {"note": "b"} 403
        nobody {"note": "c"} 401
        rival {"state": "closed", "note": "d"} 200
        rival {"note": "e"} 403

        boss {"shelf_id": null} 403 shelf_id
        nobody {"note": "c"} 401
        "#,
    );
    check(
        "jar",
        r#"
        other {"note": "a"} 200
        other {"state": "closed"} 204
        other {"note": "b"} 403
        owner {"note": "c"} 200
        nobody {"note": "d"} 401
        "#,
    );
}

/// To read what one may change takes what a change takes: somebody who is known.
#[test]
fn who_is_not_logged_in_is_let_by_a_verb_as_the_verb_lets_him() {
    const OPEN: Rule =
        Rule::Compare { path: Path::HERE, field: "is_open", op: Comparison::Eq, value: Literal::Bool(true) };
    const UPDATE: Rule = Rule::Named { path: Path::HERE, rule: "update" };
    const ID: Column = Column::new::<fasttrack::schema::Id<()>>("id", "id");
    run(async {
        for (rule, update, is_read) in [
            (UPDATE, OPEN, false),
            (Rule::Not(&UPDATE), Rule::Not(&OPEN), true),
            (UPDATE, Rule::All(&[Rule::Anyone, OPEN]), true),
            (Rule::Any(&[UPDATE, OPEN]), OPEN, true),
        ] {
            let user = resources::RESOURCES.iter().find(|schema| schema.account).unwrap();
            let grants = [(Verb::Create, Rule::Authenticated), (Verb::Read, rule), (Verb::Update, update)];
            let grants = grants.map(|(verb, rule)| Grant::new(verb, rule)).to_vec().leak();
            let columns = vec![ID, Column::new::<bool>("is_open", "is_open")].leak();
            let box_ = Box::leak(Box::new(Schema::new("box", "boxes").columns(columns).grants(grants)));
            let app = Inside::new(&[*user, box_]).await;
            let somebody = app.register("somebody").await;
            let made = app.create("box", None, &somebody, r#"{"is_open": true}"#).await.unwrap();
            let found = app.pipeline.read(app.index("box"), Target::Id(made), &Principal::Anonymous).await;
            assert_eq!(found.is_ok(), is_read, "{rule:?} {update:?}");
        }
    });
}

#[test]
fn a_step_may_have_a_rule_of_its_own() {
    check(
        "seal",
        r#"
        holder {"state": "closed"} 403
        owner {"state": "closed"} 200
        owner {"state": "open"} 403
        owner {"state": "open", "note": 7} 403
        owner {"note": "a", "state": "closed"} 200
        holder {"state": "open", "holder_id": @other, "note": "b"} 200
        other {"state": "closed"} 403
        owner {"state": "closed", "note": "c"} 200
        nobody {"state": "open"} 401
        rival {"state": "open"} 403
        other {"state": "open"} 200
        "#,
    );
    check(
        "lid",
        r#"
        owner {"state": "closed"} 403
        owner {"shelf_id": @foreign} 200
        boss {"state": "closed"} 403
        rival {"state": "closed", "shelf_id": @here} 403 shelf_id
        rival {"state": "closed"} 200
        rival {"state": "open"} 409
        owner {"state": "open"} 409
        "#,
    );
    check(
        "door",
        r#"
        nobody {"note": "a"} 204
        nobody {"state": "closed"} 401
        other {"state": "closed"} 200
        "#,
    );
}

/// The last active account that may change accounts stays, however the rule says who that is.
#[test]
fn who_manages_accounts_stays_whatever_the_rule_looks_like() {
    const ADMIN: Rule = Rule::Role("admin");
    const MANAGER: Rule = Rule::Named { path: Path::HERE, rule: "manager" };
    const ACTIVE: Rule =
        Rule::Compare { path: Path::HERE, field: "is_active", op: Comparison::Eq, value: Literal::Bool(true) };
    const RULES: [(&[Grant], Option<Rule>); 4] = [
        (&[Grant::new(Verb::Update, MANAGER)], None),
        (&[Grant::new(Verb::Update, Rule::Not(&Rule::Role("user")))], None),
        (&[Grant::new(Verb::Update, Rule::Any(&[Rule::Oneself, Rule::All(&[ADMIN, ACTIVE])]))], None),
        (&[Grant::new(Verb::Update, Rule::Authenticated)], Some(MANAGER)),
    ];
    run(async {
        for (grants, afterwards) in RULES {
            let user = resources::RESOURCES.iter().find(|schema| schema.account).unwrap();
            let schema = Schema { grants, named_rules: &[("manager", ADMIN)], afterwards, ..**user };
            let app = Inside::new(&[Box::leak(Box::new(schema))]).await;
            let first = app.register("first").await;
            let second = app.register("second").await;
            let promote = Statement::new("UPDATE users SET role = 'admin'", Vec::new());
            app.db.write(move |tx| Box::pin(async move { Ok(tx.query(promote).await?) })).await.unwrap();
            let admin = |who: &Principal| {
                Principal::Account(Caller { id: id(who), role: "admin", session: 1, reads_only: false })
            };
            app.update("user", id(&first), &admin(&second), r#"{"is_active": false}"#).await.unwrap();
            for body in [r#"{"is_active": false}"#, r#"{"role": "user"}"#] {
                let refused = app.update("user", id(&second), &admin(&second), body).await;
                assert!(matches!(refused, Err(Error::Conflict(_))), "{grants:?} {body}: {refused:?}");
            }
        }
    });
}
