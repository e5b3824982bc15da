//! The client of an application in TypeScript: one file without dependencies.
//!
//! What is sent and answered is said by the same values that the document shows, so that the two agree. What every client
//! does (tokens, versions, repetition, sockets) is the text of `runtime/`, which is TypeScript as it is; `resource`, `events`
//! and `routes` write the types and the methods that follow from declarations, and `types` says them in TypeScript.

mod events;
mod names;
mod resource;
mod routes;
#[cfg(test)]
mod tests;
mod types;

use std::fmt::Write as _;

use serde_json::Value;

use self::{
    names::{names_of, property},
    resource::Written,
    types::{Field, comment, interface, object_type},
};
use super::{auth, batch, resources::Resource};
use crate::{
    http::CustomRoute,
    program,
    query::{OPERATORS, Operator, Takes},
    schema::{Catalog, Registration},
    words::{capitalised, sentence},
};

/// What every client does, in the order in which it stands in the file.
const RUNTIME: [&str; 8] = [
    include_str!("runtime/errors.ts"),
    include_str!("runtime/tokens.ts"),
    include_str!("runtime/transport.ts"),
    include_str!("runtime/lists.ts"),
    include_str!("runtime/auth.ts"),
    include_str!("runtime/feed.ts"),
    include_str!("runtime/live.ts"),
    include_str!("runtime/base.ts"),
];

/// The client, as a file. The same declarations give the same text, byte for byte.
#[must_use]
pub fn typescript(catalog: &Catalog, custom: &[CustomRoute]) -> String {
    let names = names_of(catalog, custom);
    let models = catalog.models().iter();
    let resources: Vec<_> = models.filter_map(|model| Resource::new(catalog, model, &names)).collect();
    let about = catalog.about();
    let mut text = format!(
        "// The client of {} {}, written by `{} client typescript`: write it anew where the declarations have changed.\n\n",
        about.title.replace('\n', " "),
        about.version,
        program::name()
    );
    for part in RUNTIME {
        text.push_str(part);
        text.push('\n');
    }
    text.push_str("// ---- What every application has\n\n");
    text.push_str(&shared(catalog));
    for resource in &resources {
        let written = Written::of(resource, custom);
        let _ = write!(text, "// ---- {}\n\n{}", resource.model.schema.plural, written.text());
    }
    text.push_str("// ---- This application\n\n");
    text.push_str(&events::types(catalog));
    text.push_str(&routes::class(custom, catalog));
    text.push_str(&auth_class(&resources));
    text.push_str(&client_class(&resources));
    text
}

/// Bodies and answers that no declaration changes, and the operators of filters.
fn shared(catalog: &Catalog) -> String {
    let verified = catalog.account().is_some_and(|model| model.schema.verified().is_some());
    let schemas = auth::schemas(verified).chain(batch::schemas());
    let mut text = String::new();
    // Pages have a type for all.
    for (name, schema) in schemas.filter(|(name, _)| !name.ends_with("Page")) {
        text.push_str(&object_type(name, &schema, |_| None));
    }
    let fields: Vec<_> = OPERATORS.iter().filter(|operator| !operator.name.is_empty()).map(operator).collect();
    text.push_str(&interface("Operators<Value>", "What a filter can ask of a field.", &fields));
    text
}

fn operator(operator: &Operator) -> Field {
    let holds = match operator.takes {
        Takes::One => "Value",
        Takes::Many => "readonly Value[]",
        Takes::Text => "string",
        Takes::Flag => "boolean",
    };
    Field::required(operator.name, &capitalised(&sentence(operator.doc)), holds)
}

/// `/auth`, with what only some applications have of it.
fn auth_class(resources: &[Resource<'_>]) -> String {
    let Some(account) = resources.iter().find(|resource| resource.model.schema.account) else { return String::new() };
    let mut text = comment("", "Logging in and out, and one's account.");
    text.push_str("export class Auth extends AuthBase {\n");
    if account.model.schema.registration == Registration::Open {
        let (row, body) = (&account.names.row, &account.names.registration);
        let _ = writeln!(
            text,
            "  /** Registers an account. */\n  register(body: {body}, options: RequestOptions = {{}}): Promise<{row}> {{\n    return \
             this.transport.json({{ method: \"POST\", path: `${{PREFIX}}/auth/register`, body, open: true, options }});\n  }}"
        );
    }
    if account.model.schema.verified().is_some() {
        text.push_str(VERIFYING);
    }
    text.push_str("}\n\n");
    text
}

const VERIFYING: &str = "
  /** Confirms an address, with the token of a link. */
  verify(token: string, options: RequestOptions = {}): Promise<void> {
    return this.confirmAddress(token, options);
  }

  /** Has the link sent once more. */
  sendVerification(options: RequestOptions = {}): Promise<void> {
    return this.sendConfirmation(options);
  }
";

/// The class that holds all the others.
fn client_class(resources: &[Resource<'_>]) -> String {
    let mut fields =
        String::from("  readonly auth: Auth;\n  /** Routes that are written by hand. */\n  readonly routes: Routes;\n");
    let mut made = String::new();
    for resource in resources {
        let (name, class) = (property(resource.model.schema.plural), format!("{}Api", resource.names.row));
        let doc = resource.tag();
        fields.push_str(&comment("  ", doc.get("description").and_then(Value::as_str).unwrap_or_default()));
        let _ = writeln!(fields, "  readonly {name}: {class};");
        let _ = writeln!(made, "    this.{name} = new {class}(this.transport);");
    }
    format!(
        "/** The application. */\nexport class Client extends ClientBase {{\n{fields}{CONSTRUCTOR}{made}  }}\n{EVENTS}}}\n"
    )
}

const CONSTRUCTOR: &str = "
  constructor(options: ClientOptions = {}) {
    super(options, (event) => RESOURCE_OF[event]);
    this.auth = new Auth(this.transport, () => this.restart());
    this.routes = new Routes(this.transport);
";

const EVENTS: &str = "
  /** Calls `heard` for each event of this name from now on, until what it answers is called. */
  on<Name extends keyof Events>(name: Name, heard: (event: AppEvent<Name>) => void): () => void {
    return this.hear((message) => {
      if (message.type === name) heard(message as unknown as AppEvent<Name>);
    });
  }

  /** What the caller was told: kept for some days. */
  notifications(options: PageOptions & { readonly sort?: \"id\" | \"-id\" } = {}): List<AppEvent> {
    return new List(this.transport, `${PREFIX}/notifications`, options, { of: ANYTHING });
  }
";
