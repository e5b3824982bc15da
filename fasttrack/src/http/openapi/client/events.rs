//! What accounts are told, by its name.

use std::fmt::Write as _;

use super::types::{Field, interface, quoted, type_of};
use crate::{
    http::openapi::webhooks,
    schema::{Catalog, Effect},
};

/// The events with their data, and by which resource each is declared.
pub(super) fn types(catalog: &Catalog) -> String {
    let mut fields: Vec<Field> = Vec::new();
    let mut sources = String::new();
    for model in catalog.models() {
        for trigger in model.schema.triggers {
            let Effect::Event { name, payload, .. } = trigger.effect else { continue };
            if fields.iter().any(|field| field.key == name) {
                continue;
            }
            let doc = format!("An event of {}.", model.schema.plural.replace('_', " "));
            fields.push(Field::required(name, &doc, type_of(&webhooks::data(catalog, model, payload))));
            let _ = writeln!(sources, "  {}: \"{}\",", quoted(name), model.schema.name);
        }
    }
    let events = interface("Events", "What accounts are told: the data of each event, by its name.", &fields);
    format!("{events}{APP_EVENT}const RESOURCE_OF: {{ readonly [event: string]: string }} = {{\n{sources}}};\n\n")
}

const APP_EVENT: &str = "/** An event of this name; of any, where none is said. */
export type AppEvent<Name extends keyof Events = keyof Events> = { [Each in Name]: Told<Each, Events[Each]> }[Name];

";
