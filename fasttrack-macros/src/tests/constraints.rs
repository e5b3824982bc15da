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
