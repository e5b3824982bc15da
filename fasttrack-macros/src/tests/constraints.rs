//! Constraints over several fields.

use super::{accept, check, expand};

/// A booking with this attribute: one doctor's, in a room, from one instant to another.
pub(super) fn booking(attribute: &str) -> String {
    format!(
        "#[resource]
         #[can(read: authenticated)]
         {attribute}
         pub struct Booking {{
             pub id: Id<Booking>,
             #[field(on_delete = cascade)] pub organisation: BelongsTo<Organisation>,
             #[field(on_delete = cascade)] pub doctor: BelongsTo<User>,
             #[field(actor, on_delete = cascade)] pub user: BelongsTo<User>,
             #[field(on_delete = set_null)] pub nurse: Option<BelongsTo<User>>,
             #[field(len = ..=9)] pub code: String,
             pub mail: Option<Email>,
             pub room: i64,
             pub size: Option<i64>,
             pub weight: f64,
             pub price: Decimal<2>,
             pub limit: Decimal<2>,
             pub rate: Decimal<3>,
             #[field(default)] pub is_open: bool,
             #[field(default)] pub is_done: bool,
             pub starts_at: Timestamp,
             pub ends_at: Timestamp,
             pub due_at: Option<Timestamp>,
             pub first_day: Date,
             pub last_day: Date,
             #[field(default = Open)] pub state: State,
             pub extra: Json<i64>,
             #[field(hidden, default)] pub secret: i64,
             #[field(hidden)] pub password: PasswordHash,
             #[field(default = 1)] pub r#type: i64,
             pub created_at: CreatedAt,
             pub updated_at: UpdatedAt,
         }}"
    )
}

#[track_caller]
fn contains(attribute: &str, parts: &[&str]) {
    let (tokens, errors) = expand(&booking(attribute));
    assert!(errors.is_empty(), "{errors:?}");
    let dense = |text: &str| text.split_whitespace().collect::<String>();
    let text = dense(&tokens.to_string());
    for part in parts {
        assert!(text.contains(&dense(part)), "{part} is not in {text}");
    }
}

#[test]
fn fields_that_are_unique_together() {
    for attribute in [
        "#[unique(organisation, user)]",
        "#[unique(organisation, user,)]",
        "#[unique(code, mail, room, is_open, starts_at, first_day, state, type)]",
        "#[unique(organisation, user)] #[unique(organisation, room)] #[unique(organisation, user, room)]",
        "#[unique(organisation, r#type)]",
    ] {
        accept(&booking(attribute));
    }
    contains(
        "#[unique(organisation, user)] #[unique(room, r#type)]",
        &[".uniques(const { &[__ft::Unique::new(\"organisation_id_user_id_unique\", const { &[\"organisation_id\", \
           \"user_id\"] }), __ft::Unique::new(\"room_type_unique\", const { &[\"room\", \"type\"] })] })"],
    );
}

#[test]
fn mistakes_of_unique() {
    for (attribute, token, words) in [
        ("#[unique]", "unique", "is written `#[unique(organisation, user)]`"),
        ("#[unique()]", "unique", "say which fields"),
        ("#[unique(room)]", "room", "use `#[field(unique)]`"),
        ("#[unique(room, \"code\")]", "\"code\"", "expected the names of fields"),
        ("#[unique(room code)]", "code", "expected `,`"),
        ("#[unqiue(room, code)]", "unqiue", "did you mean `unique`?"),
        ("#[unique(room, kode)]", "kode", "has no field `kode`; did you mean `code`?"),
        ("#[unique(room, organisation_id)]", "organisation_id", "write `organisation`"),
        ("#[unique(room, room)]", "room", "is said twice"),
        ("#[unique(room, code)] #[unique(code, room)]", "unique", "unique already, in whatever order"),
        ("#[unique(room, id)]", "id", "an id of its own"),
        ("#[unique(room, weight)]", "weight", "never quite the same"),
        ("#[unique(room, extra)]", "extra", "`Json<T>` cannot be compared"),
        ("#[unique(room, secret)]", "secret", "would tell what `hidden` hides"),
        ("#[unique(room, password)]", "password", "would tell what `hidden` hides"),
        ("#[unique(room, created_at)]", "created_at", "set by the server"),
        ("#[unique(code, mail, room, is_open, starts_at, first_day, state, r#type, user)]", "user", "at most 8 fields"),
    ] {
        check(&booking(attribute), token, words);
    }
}

#[test]
fn a_long_name_is_shortened_and_stays_its_own() {
    let names = |table: &str, words: &[&str]| crate::names::after_table(table, words, "unique");
    assert_eq!(names("tasks", &["a", "b_c"]), "a_b_c_unique");
    let long = ["organisation_id", "practitioner_id", "starts_at"];
    let name = names("appointments_of_clinics", &long);
    assert_eq!(name, "organisation_id_practit_9a7b0000_unique".replace("9a7b0000", &name[24..32]));
    assert_eq!("appointments_of_clinics_".len() + name.len(), 63);
    assert_ne!(name, names("appointments_of_clinics", &["organisation_id", "practitioner_id", "ends_at", "x"]));
    assert_eq!(names(&"x".repeat(47), &long).len(), 15, "the digest alone");
}

#[test]
fn an_index_of_several_fields_has_a_name_of_its_own() {
    let two = |attributes: &str, field: &str| booking(attributes).replace("pub room", &format!("{field} pub room"));
    check(
        &two("#[unique(room, code)]", "#[field(len = ..=9, unique)] pub room_code: String,"),
        "unique",
        "as that of `room_code` is",
    );
    let split = two("#[unique(room, code_x)] #[unique(room, code, x)]", "pub x: i64, pub code_x: i64,");
    check(&split, "unique", "as that of `room` is");
}

#[test]
fn what_has_to_hold_of_each_row() {
    for attribute in [
        "#[check(starts_at < ends_at)]",
        "#[check(starts_at < ends_at)] #[check(room > 0)] #[check(room < 100)]",
        "#[check(due_at >= starts_at & due_at <= ends_at | size == 3)]",
        "#[check(!(state == Closed & is_open == true))]",
        "#[check(weight > 0 & weight <= 0.5 & -1 < size)]",
        "#[check(Closed != state)]",
        "#[check(first_day <= last_day)]",
        "#[check(price <= limit & limit < 9.99 & rate != -0.125 & 7 > price)]",
        "#[unique(price, limit)]",
        "#[exclusive(price..limit, per = rate)]",
        "#[check(created_at < starts_at)]",
        "#[check(code != \"x\")]",
        "#[check(is_open != is_done)]",
        "#[check(doctor != nurse)]",
        "#[check(doctor != id)]",
        "#[check(r#type > size)]",
    ] {
        accept(&booking(attribute));
    }
    contains(
        "#[check(starts_at < ends_at)] #[check(0 < room & !(state == Open | doctor == user))]",
        &[
            ".checks(const { &[__ft::Check::new(\"starts_at_lt_ends_at_ck\", __ft::Condition::compare(\"starts_at\", \
             __ft::Comparison::Lt, __ft::Operand::Key(\"ends_at\"))), __ft::Check::new(\"room_state_doctor_id_user_id_",
            "__ft::Condition::All(const { &[__ft::Condition::compare(\"room\", __ft::Comparison::Gt, \
             __ft::Operand::Value(__ft::Literal::Int(0i64))), __ft::Condition::Not(const { &__ft::Condition::Any(",
            "__ft::Operand::Value(__ft::Literal::Text(__ft::words::<State>().Open))",
            "const _: () = ::fasttrack::schema::assert_alike::<User, User>();",
        ],
    );
}

#[test]
fn mistakes_of_check() {
    for (attribute, token, words) in [
        ("#[check(price < rate)]", "rate", "of type `Decimal<2>` and `rate` of `Decimal<3>`"),
        ("#[check(price < room)]", "room", "of type `Decimal<2>` and `room` of `i64`"),
        ("#[check(price < 0.005)]", "0.005", "has 2 digits after the point"),
        ("#[check(price < \"1\")]", "\"1\"", "write a number"),
        ("#[check]", "check", "is written `#[check(starts_at < ends_at)]`"),
        ("#[check()]", ")", "say what has to hold"),
        ("#[chekc(room > 1)]", "chekc", "did you mean `check`?"),
        ("#[check(room)]", "room", "a check compares"),
        ("#[check(is_open)]", "is_open", "`is_open == true`"),
        ("#[check(room = 1)]", "=", "is written `==`"),
        ("#[check(room > 1 || size > 1)]", "|", "says `|` once"),
        ("#[check(room > 1 && size > 1)]", "&", "says `&` once"),
        ("#[check(room > 1, size > 1)]", ",", "expected `|`, `&` or the end"),
        ("#[check(doctor.room > 1)]", "doctor", "leave it to a hook"),
        ("#[check(state == State::Open)]", "State", "name the variant alone"),
        ("#[check(start_at < ends_at)]", "start_at", "did you mean `starts_at`?"),
        ("#[check(starts_at < end_at)]", "end_at", "did you mean `ends_at`?"),
        ("#[check(doctor_id != user)]", "doctor_id", "write `doctor`"),
        ("#[check(starts_at < room)]", "room", "`starts_at` is of type `Timestamp` and `room` of `i64`"),
        ("#[check(starts_at < first_day)]", "first_day", "compare fields of one type"),
        ("#[check(weight < room)]", "room", "compare fields of one type"),
        ("#[check(code < \"b\")]", "<", "a `String` is neither smaller nor larger"),
        ("#[check(is_open >= true)]", ">", "neither smaller nor larger"),
        ("#[check(state > Open)]", ">", "neither smaller nor larger"),
        ("#[check(doctor < user)]", "<", "a `BelongsTo<T>` is neither smaller nor larger"),
        ("#[check(room > \"b\")]", "\"b\"", "write an integer"),
        ("#[check(room > 0.5)]", "0.5", "write an integer"),
        ("#[check(state == \"open\")]", "\"open\"", "without quotes"),
        ("#[check(starts_at > 3)]", "3", "there are no constants of type `Timestamp`"),
        ("#[check(doctor == 3)]", "3", "compare `doctor` with another relation"),
        ("#[check(mail == \"a@b.example\")]", "\"a@b.example\"", "there are no constants"),
        ("#[check(starts_at > now)]", "now", "ask it in a rule"),
        ("#[check(starts_at > now + 24h)]", "now", "ask it in a rule"),
        ("#[check(1 < 2)]", "1", "both of these are constants"),
        ("#[check(secret > 1)]", "secret", "would tell what `hidden` hides"),
        ("#[check(extra == 1)]", "extra", "is a `Json<T>`, which is not compared"),
        ("#[check(updated_at > starts_at)]", "updated_at", "every change moves `updated_at`"),
        ("#[check(room < room)]", "room", "which no row could hold"),
        ("#[check(room == room)]", "room", "which always holds"),
        ("#[check(room > 1)] #[check(room > 1)]", "check", "is said already"),
    ] {
        check(&booking(attribute), token, words);
    }
    let many = vec!["room > 1"; 33].join(" & ");
    check(&booking(&format!("#[check({many})]")), "check", "at most 32 comparisons");
}

#[test]
fn what_rows_do_not_share() {
    for attribute in [
        "#[exclusive(starts_at..ends_at)]",
        "#[exclusive(starts_at..ends_at, per = doctor)]",
        "#[exclusive(starts_at .. ends_at, per = (doctor, nurse, code, mail, is_open, first_day, state, room),)]",
        "#[exclusive(first_day..last_day, per = (room,))]",
        "#[exclusive(room..r#type, per = starts_at)]",
        "#[exclusive(starts_at..ends_at)] #[check(starts_at < ends_at)]",
        "#[exclusive(starts_at..ends_at, per = doctor)] #[exclusive(starts_at..ends_at, per = room)]",
    ] {
        accept(&booking(attribute));
    }
    let order = "__ft::Check::new(\"starts_at_lt_ends_at_ck\", __ft::Condition::compare(\"starts_at\", \
                 __ft::Comparison::Lt, __ft::Operand::Key(\"ends_at\")))";
    let both = "#[exclusive(starts_at..ends_at, per = doctor)] #[exclusive(starts_at..ends_at)]";
    for attributes in [both.to_owned(), format!("#[check(starts_at < ends_at)] {both}")] {
        contains(
            &attributes,
            &[
                &format!(".checks(const {{ &[{order}] }})"),
                ".exclusives(const { &[__ft::Exclusive::new(\"doctor_id_starts_at_ends_at_excl\", \"starts_at\", \
                 \"ends_at\", const { &[\"doctor_id\"] }), __ft::Exclusive::new(\"starts_at_ends_at_excl\"",
            ],
        );
    }
}

#[test]
fn mistakes_of_exclusive() {
    for (attribute, token, words) in [
        ("#[exclusive(price..rate)]", "rate", "begins at a `Decimal<2>` and ends at a `Decimal<3>`"),
        ("#[exclusive]", "exclusive", "is written `#[exclusive(starts_at..ends_at, per = doctor)]`"),
        ("#[exclusive()]", ")", "say from which field to which"),
        ("#[exclusiv(starts_at..ends_at)]", "exclusiv", "did you mean `exclusive`?"),
        ("#[exclusive(starts_at)]", ")", "say from which field to which"),
        ("#[exclusive(starts_at, ends_at)]", ",", "say from which field to which"),
        ("#[exclusive(starts_at..)]", ")", "say from which field to which"),
        ("#[exclusive(starts_at..=ends_at)]", ".", "write `..`"),
        ("#[exclusive(starts_at..ends_at, doctor)]", "doctor", "`per = doctor`"),
        ("#[exclusive(starts_at..ends_at, per)]", ")", "`per = doctor`"),
        ("#[exclusive(starts_at..ends_at, per = ())]", ")", "`per = doctor`"),
        ("#[exclusive(starts_at..ends_at, per = doctor, room)]", "room", "`per = (doctor, room)`"),
        ("#[exclusive(start_at..ends_at)]", "start_at", "did you mean `starts_at`?"),
        ("#[exclusive(starts_at..end_at)]", "end_at", "did you mean `ends_at`?"),
        ("#[exclusive(starts_at..ends_at, per = docter)]", "docter", "did you mean `doctor`?"),
        ("#[exclusive(starts_at..ends_at, per = doctor_id)]", "doctor_id", "write `doctor`"),
        ("#[exclusive(starts_at..starts_at)]", "starts_at", "name the field where it ends"),
        ("#[exclusive(starts_at..last_day)]", "last_day", "begins at a `Timestamp` and ends at a `Date`"),
        ("#[exclusive(starts_at..due_at)]", "due_at", "may be null"),
        ("#[exclusive(weight..weight)]", "weight", "name the field where it ends"),
        ("#[exclusive(code..room)]", "code", "rows lie between two of `Timestamp`, `Date`, `i64` or `Decimal<S>`"),
        ("#[exclusive(created_at..ends_at)]", "created_at", "rows lie between"),
        ("#[exclusive(room..secret)]", "secret", "would tell what `hidden` hides"),
        ("#[exclusive(starts_at..ends_at, per = ends_at)]", "ends_at", "is an end of what may not overlap"),
        ("#[exclusive(starts_at..ends_at, per = (room, room))]", "room", "is said twice"),
        ("#[exclusive(starts_at..ends_at, per = extra)]", "extra", "is not compared"),
        ("#[exclusive(starts_at..ends_at, per = weight)]", "weight", "never quite the same"),
        ("#[exclusive(starts_at..ends_at, per = id)]", "id", "no two rows have the same id"),
        ("#[exclusive(starts_at..ends_at, per = secret)]", "secret", "would tell what `hidden` hides"),
        (
            "#[exclusive(starts_at..ends_at, per = (room, code))] #[exclusive(starts_at..ends_at, per = (code, room))]",
            "exclusive",
            "said already",
        ),
    ] {
        check(&booking(attribute), token, words);
    }
}

#[test]
fn rows_are_limited_by_what_they_refer_to() {
    for attribute in [
        "#[limit(100 per doctor)]",
        "#[limit(1 per nurse)] #[limit(10_000 per nurse in 36500d)] #[limit(5 per user in 1m)] #[limit(50 per user in 1h)]",
    ] {
        accept(&booking(attribute));
    }
    contains(
        "#[limit(100 per doctor)] #[limit(5 per user in 1m)]",
        &[
            ".limits(const { &[__ft::Limit::new(100u32, \"doctor_id\"), __ft::Limit::new(5u32, \"user_id\").within(60000000i64)] })",
        ],
    );
    for (attribute, token, words) in [
        ("#[limit]", "limit", "this is written `#[limit(5 per user in 1m)]`"),
        ("#[limit()]", ")", "say how many, and per what"),
        ("#[limit(doctor)]", "doctor", "say how many, and per what"),
        ("#[limit(5)]", ")", "say how many, and per what"),
        ("#[limit(5s per doctor)]", "5s", "say how many, and per what"),
        ("#[limit(1.5 per doctor)]", "1.5", "say how many, and per what"),
        ("#[limit(5 pro doctor)]", "pro", "say how many, and per what"),
        ("#[limit(5 per)]", ")", "say how many, and per what"),
        ("#[limit(5 per doctor.team)]", ".", "name that field alone"),
        ("#[limit(5 per doctor, user)]", ",", "expected nothing more, or in which time"),
        ("#[limit(5 per doctor in)]", ")", "say how long, in whole numbers: `in 24h`"),
        ("#[limit(5 per doctor in 10)]", "10", "say in which unit"),
        ("#[limit(5 per doctor in 0m)]", "0m", "write nothing behind the relation"),
        ("#[limit(5 per doctor in 1w)]", "1w", "is no unit of time"),
        ("#[limit(5 per docotr)]", "docotr", "did you mean `doctor`?"),
        ("#[limit(5 per doctor_id)]", "doctor_id", "write `doctor`"),
        ("#[limit(5 per room)]", "room", "`room` is a `i64`, and rows are counted by what they refer to"),
        ("#[limit(0 per doctor)]", "0", "nobody could create anything"),
        ("#[limit(10001 per doctor)]", "10001", "at most 10000"),
        ("#[limit(99999999999 per doctor)]", "99999999999", "at most 10000"),
        ("#[limit(5 per doctor)] #[limit(6 per doctor)]", "limit", "said already"),
        ("#[limti(5 per doctor)]", "limti", "did you mean `limit`?"),
    ] {
        check(&booking(attribute), token, words);
    }
    let without = booking("#[limit(5 per doctor in 1m)]").replace("pub created_at: CreatedAt,", "");
    check(&without, "in", "there is no instant to count by, and no index");
}
