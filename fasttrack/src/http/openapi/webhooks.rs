//! The routes of receivers of webhooks, and what is posted to them (the `webhooks` of `OpenAPI` 3.1).

use serde_json::{Map, Value, json};

use super::{
    fields,
    operation::{NO_VERSION, Operation, component},
    pages::page,
    params,
};
use crate::{
    http::routes::{API_PREFIX, webhooks::is_offered},
    schema::{Catalog, Effect, Model, Payload, RowVersion},
    webhooks::{MAX_URL_BYTES, Offer},
};

const TAG: &str = "webhooks";

/// What an application has of webhooks, if it has these routes.
pub(super) fn offer(catalog: &Catalog) -> Option<Offer> {
    Offer::of(catalog).filter(|_| is_offered(catalog))
}

/// The tag of these routes.
pub(super) fn tag() -> Value {
    json!({ "name": TAG, "description": "Receivers that are posted what happens, signed as Standard Webhooks says." })
}

/// The routes.
pub(super) fn paths(offer: &Offer) -> Vec<(String, Value)> {
    let who = format!("Who may: {}.", offer.who());
    let render = |operation: Operation| operation.explain(&who).refuses(&[403]).render();
    [
        ("webhooks", json!({ "post": render(register()), "get": render(list()) })),
        ("webhooks/{id}", json!({ "get": render(read()), "patch": render(change()), "delete": render(delete()) })),
        ("webhooks/{id}/deliveries", json!({ "get": render(deliveries()) })),
        ("webhooks/{id}/deliveries/{n}/retry", json!({ "post": render(retry()) })),
    ]
    .into_iter()
    .map(|(path, item)| (format!("{API_PREFIX}/{path}"), item))
    .collect()
}

fn register() -> Operation {
    Operation::new("create_webhook", TAG, "Register a receiver of webhooks")
        .explain(
            "From now on each message of these events is posted to it, once for each change, whoever is told of it. The \
             secret is told once. A name that leads to no public address is refused when it is called.",
        )
        .body("WebhookCreate")
        .answers(201, "The receiver.", "NewWebhook")
        .with_header("Location")
        .refuses_when(409, "There are as many receivers as there may be.")
}

fn list() -> Operation {
    Operation::new("list_webhooks", TAG, "List the receivers of webhooks")
        .parameters(params::paging(&["id"]))
        .parameters(params::ids())
        .refuses(&[400])
        .answers_list("A page of receivers.", &component("WebhookPage"))
}

fn read() -> Operation {
    Operation::new("get_webhook", TAG, "Read a receiver of webhooks")
        .parameters([params::id("receiver")])
        .answers(200, "The receiver.", "Webhook")
        .refuses_when(404, NO_RECEIVER)
}

fn change() -> Operation {
    Operation::new("update_webhook", TAG, "Change a receiver of webhooks")
        .explain(
            "`active: true` takes up one that was disabled, with what was still to be sent to it. `rotate_secret: true` answers \
             another `secret`, once; for 24 hours signatures are made with both.",
        )
        .parameters([params::id("receiver")])
        .body("WebhookUpdate")
        .answers(200, "The receiver, with its secret where that is new.", "ChangedWebhook")
        .refuses_when(404, NO_RECEIVER)
        .refuses_when(412, NO_VERSION)
}

fn delete() -> Operation {
    Operation::new("delete_webhook", TAG, "Delete a receiver of webhooks")
        .explain("What it was sent, and was to be sent, goes with it.")
        .parameters([params::id("receiver")])
        .answers_empty(204, "It is gone.")
        .refuses_when(404, NO_RECEIVER)
        .refuses_when(412, NO_VERSION)
}

fn deliveries() -> Operation {
    Operation::new("list_webhook_deliveries", TAG, "List what a receiver was sent")
        .explain("The newest comes first, unless `sort` says otherwise. Kept for 30 days.")
        .parameters([params::id("receiver")])
        .parameters(params::paging(&["id"]))
        .refuses(&[400])
        .answers_list("A page of deliveries.", &component("WebhookDeliveryPage"))
        .refuses_when(404, NO_RECEIVER)
}

fn retry() -> Operation {
    let number = json!({
        "name": "n",
        "in": "path",
        "required": true,
        "description": "Number of the delivery.",
        "schema": { "type": "integer", "format": "int64", "minimum": 1 },
    });
    Operation::new("retry_webhook_delivery", TAG, "Send something to a receiver once more")
        .explain("Whatever became of it; under the same `webhook-id`. One that waits for its turn is sent at once.")
        .parameters([params::id("receiver"), number])
        .answers_empty(202, "It will be sent.")
        .refuses_when(404, "There is no such receiver, or no such delivery any more.")
        .refuses_when(409, "The receiver is disabled.")
}

const NO_RECEIVER: &str = "There is no such receiver.";

/// The component schemas of these routes.
pub(super) fn schemas(offer: &Offer) -> Vec<(&'static str, Value)> {
    vec![
        ("WebhookCreate", input(offer, true)),
        ("WebhookUpdate", input(offer, false)),
        ("Webhook", receiver(None)),
        ("NewWebhook", receiver(Some(true))),
        ("ChangedWebhook", receiver(Some(false))),
        ("WebhookPage", page("A page of receivers of webhooks.", "Webhook")),
        ("WebhookDelivery", delivery()),
        ("WebhookDeliveryPage", page("A page of what a receiver was sent.", "WebhookDelivery")),
    ]
}

fn input(offer: &Offer, is_new: bool) -> Value {
    let url = json!({
        "type": "string",
        "format": "uri",
        "maxLength": MAX_URL_BYTES,
        "description": "Where it is: https, without user and password, at a public address.",
    });
    let events = json!({
        "type": "array",
        "items": { "type": "string", "enum": offer.events },
        "minItems": 1,
        "uniqueItems": true,
        "description": "The events that it is sent.",
    });
    let mut properties = Map::from_iter([("url".to_owned(), url), ("events".to_owned(), events)]);
    let mut schema = Map::new();
    if is_new {
        schema.insert("description".to_owned(), json!("A receiver of webhooks that is to be."));
        schema.insert("required".to_owned(), json!(["url", "events"]));
    } else {
        schema.insert("description".to_owned(), json!("What is to be other of a receiver of webhooks."));
        let flag = |description: &str| json!({ "type": "boolean", "description": description });
        properties.insert("active".to_owned(), flag("Whether it is sent anything."));
        properties.insert("rotate_secret".to_owned(), flag("Whether it gets another secret."));
    }
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema.insert("additionalProperties".to_owned(), json!(false));
    Value::Object(schema)
}

/// A receiver; with a secret that is there, or may be.
fn receiver(secret: Option<bool>) -> Value {
    let mut required = vec!["id", "url", "events"];
    let mut properties = Map::from_iter([
        ("id".to_owned(), number("Id of the receiver.", false)),
        ("url".to_owned(), json!({ "type": "string", "format": "uri", "description": "Where it is." })),
        (
            "events".to_owned(),
            json!({ "type": "array", "items": { "type": "string" }, "description": "The events that it is sent." }),
        ),
    ]);
    if let Some(is_there) = secret {
        let description = "What signatures are made with: `whsec_`, and the bytes of the key in base64. Told once.";
        properties.insert("secret".to_owned(), json!({ "type": "string", "description": description }));
        required.extend(is_there.then_some("secret"));
    }
    let reason = json!({ "type": ["string", "null"], "description": "Why it is not active." });
    let rest = [
        ("active", json!({ "type": "boolean", "description": "Whether it is sent anything." })),
        ("disabled_at", instant("Since when it is not active.", true)),
        ("disabled_reason", reason),
        ("failing_since", instant("Since when it has taken nothing; after 5 days it is disabled.", true)),
        ("creator_id", number("Id of the account that registered it; null when that is gone.", true)),
        ("created_at", instant("When it was registered.", false)),
        ("updated_at", instant("When it was last changed.", false)),
    ];
    for (key, property) in rest {
        required.push(key);
        properties.insert(key.to_owned(), property);
    }
    json!({
        "description": "A receiver of webhooks.",
        "type": "object",
        "required": required,
        "properties": properties,
    })
}

fn delivery() -> Value {
    let text = |description: &str| json!({ "type": ["string", "null"], "description": description });
    let states = ["pending", "delivered", "failed"];
    json!({
        "description": "A message that a receiver of webhooks was sent, or is to be.",
        "type": "object",
        "required": [
            "n", "event", "message_id", "state", "attempts", "created_at", "delivered_at", "next_attempt_at", "status",
            "duration_ms", "answer", "error",
        ],
        "properties": {
            "n": number("Number of the delivery; rises.", false),
            "event": { "type": "string", "description": "The event, as its declaration calls it." },
            "message_id": { "type": "string", "description": "The `webhook-id`, the same in every attempt." },
            "state": { "type": "string", "enum": states, "description": "What became of it; `failed` is given up." },
            "attempts": { "type": "integer", "format": "int64", "minimum": 0, "description": "How often it was tried." },
            "created_at": instant("When the change was made.", false),
            "delivered_at": instant("When it was taken.", true),
            "next_attempt_at": instant("From when on it is tried again, while it is pending.", true),
            "status": {
                "type": ["integer", "null"],
                "description": "Status of the last answer; null when there was none.",
            },
            "duration_ms": number("How long the last attempt took, in milliseconds.", true),
            "answer": text("The first 1,024 bytes of the last answer."),
            "error": text("Why the last attempt failed."),
        },
    })
}

fn number(description: &str, nullable: bool) -> Value {
    let kind = if nullable { json!(["integer", "null"]) } else { json!("integer") };
    json!({ "type": kind, "format": "int64", "description": description })
}

fn instant(description: &str, nullable: bool) -> Value {
    let kind = if nullable { json!(["string", "null"]) } else { json!("string") };
    json!({ "type": kind, "format": "date-time", "description": description })
}

/// What is posted, by event.
pub(super) fn posted(catalog: &Catalog) -> Value {
    let mut all = Map::new();
    for model in catalog.models() {
        for trigger in model.schema.triggers {
            if let Effect::Event { name, payload, .. } = trigger.effect {
                all.entry(name).or_insert_with(|| json!({ "post": message(catalog, model, name, payload) }));
            }
        }
    }
    Value::Object(all)
}

fn message(catalog: &Catalog, model: &Model, event: &str, payload: &[Payload]) -> Value {
    let header = |name: &str, description: &str| {
        let schema = json!({ "type": "string" });
        json!({ "name": name, "in": "header", "required": true, "description": description, "schema": schema })
    };
    let schema = json!({
        "type": "object",
        "required": ["type", "timestamp", "data", "actor_id"],
        "properties": {
            "type": { "type": "string", "const": event, "description": "The event." },
            "timestamp": instant("When the change was made.", false),
            "data": data(catalog, model, payload),
            "actor_id": number("Id of the account that made it; null when nobody was known.", true),
        },
    });
    json!({
        "summary": format!("The event `{event}` of {}", model.schema.name.replace('_', " ")),
        "tags": [TAG],
        "security": [],
        "parameters": [
            header("webhook-id", "Id of the message, the same however often it is sent: for telling doubles."),
            header("webhook-timestamp", "When it is sent, in seconds since 1970."),
            header("webhook-signature", "Signatures (`v1,` and base64) with blanks between them; one has to fit."),
        ],
        "requestBody": { "required": true, "content": { "application/json": { "schema": schema } } },
        "responses": {
            "2XX": { "description": "The message is taken." },
            "410": { "description": "Nothing is to be sent here any more: the receiver is disabled." },
            "default": { "description": "The message is sent again, later each time." },
        },
    })
}

/// The data of an event.
pub(super) fn data(catalog: &Catalog, model: &Model, payload: &[Payload]) -> Value {
    let id = format!("{}_id", model.schema.name);
    let mut properties = Map::from_iter([(id.clone(), number("Id of the row that was changed.", false))]);
    for value in payload {
        let Ok((steps, end)) = catalog.walk(model, &value.path) else { continue };
        let Some(column) = end.schema.column(value.field) else { continue };
        let may_lead_nowhere = steps.iter().any(|step| step.nullable || step.deleted.is_some());
        let is_null = may_lead_nowhere || value.row == RowVersion::Old;
        properties.insert(value.key.to_owned(), fields::in_message(catalog, end.schema, column, is_null));
    }
    let required: Vec<_> = properties.keys().cloned().collect();
    let description = "What the declaration of the event says, and the id of the row.";
    json!({ "type": "object", "description": description, "required": required, "properties": properties })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::{Settings, document, laws::keys, sample};

    #[test]
    fn each_event_is_there_with_what_it_carries() {
        let document = document(&sample::tracker(), &[], &Settings::default());
        let posted = &document["webhooks"];
        assert_eq!(keys(posted), ["comment_added", "task_assigned", "status_changed"], "{posted:#}");
        let schema = |event: &str| &posted[event]["post"]["requestBody"]["content"]["application/json"]["schema"];
        for event in keys(posted) {
            assert_eq!(schema(event)["properties"]["type"]["const"], event);
            assert_eq!(keys(&schema(event)["properties"]), ["type", "timestamp", "data", "actor_id"]);
        }
        let data = |event: &str| &schema(event)["properties"]["data"];
        assert_eq!(keys(&data("task_assigned")["properties"]), ["task_id", "project"]);
        assert_eq!(data("task_assigned")["properties"]["project"]["type"], "string");
        assert_eq!(keys(&data("status_changed")["properties"]), ["task_id", "old", "new"]);
        assert_eq!(data("status_changed")["properties"]["new"]["enum"][0], "todo");
        assert_eq!(data("status_changed")["properties"]["old"]["type"][1], "null");
        let listed = &document["components"]["schemas"]["WebhookCreate"]["properties"]["events"]["items"]["enum"];
        assert_eq!(listed.as_array().map(Vec::len), Some(3), "{listed}");
        assert!(matches!(document["paths"]["/api/v1/webhooks"]["post"], Value::Object(_)));
    }
}
