//! Whether all sides answer the same: nobody is to win by answering something else.

use serde_json::{Value, json};

use super::{
    api::{Api, Calls},
    case::Case,
    side::Side,
};
use crate::{Error, client::Client};

/// Compares what matters of each case with what the first side answers. Answers that are no success are errors already.
pub async fn check_are_alike(sides: &[Side]) -> Result<(), Error> {
    let [first, others @ ..] = sides else { return Err("nobody to compare with".into()) };
    for case in Case::ALL.into_iter().filter(|case| *case != Case::Health) {
        let Some(calls) = first.api.calls(case) else { continue };
        let expected = answer(first, &calls).await?;
        for side in others {
            let Some(calls) = side.api.calls(case) else { continue };
            let answer = answer(side, &calls).await?;
            let essence: fn(Case, &Value) -> Value = match side.api {
                Api::Own { .. } => whole,
                Api::PocketBase { .. } => of_pocketbase,
            };
            if essence(case, &answer) != essence(case, &expected) {
                let (case, name) = (case.name(), side.name);
                return Err(format!("{case}: {name} answers {answer}, {} {expected}", first.name).into());
            }
        }
    }
    Ok(())
}

async fn answer(side: &Side, calls: &Calls) -> Result<Value, Error> {
    let mut client = Client::connect(&side.server.address, &side.token).await?;
    Ok(serde_json::from_slice(&client.send(calls(1)).await?)?)
}

/// Everything but what each makes in its own way: cursors, and the instants of a new row.
fn whole(case: Case, answer: &Value) -> Value {
    let mut answer = answer.clone();
    if let Some(cursor) = answer.get_mut("next_cursor") {
        *cursor = cursor.is_string().into();
    }
    if case.writes() {
        for instant in ["created_at", "updated_at"] {
            answer[instant] = answer[instant].as_str().map(str::len).into();
        }
    }
    answer
}

/// What a row is called; for a list, how many there are, and where both mean the same place in it, what they are called.
fn of_pocketbase(case: Case, answer: &Value) -> Value {
    let called = |row: &Value| json!([row["name"].as_str().filter(|_| case != Case::Me), row["title"], row["status"]]);
    match (answer["items"].as_array(), case) {
        (Some(items), Case::Deep) => items.len().into(),
        (Some(items), _) => items.iter().map(called).collect(),
        (None, Case::Me) => answer["email"].clone(),
        (None, _) => called(answer),
    }
}
