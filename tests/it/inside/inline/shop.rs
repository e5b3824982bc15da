//! A shop: orders with their lines and what is said of them.
#![expect(dead_code, reason = "declared for what they become: rows are looked at as JSON")]

use fasttrack::{
    error::Error,
    pipeline::Target,
    prelude::*,
    principal::{Caller, Principal},
    schema::{Resource as _, Schema},
    wire::Object,
};
use serde_json::{Value, json};

use crate::inside::{Inside, id, person::Person};

/// What is bought.
#[resource]
#[can(create: authenticated)]
#[can(list, read: owner | is_public == true)]
pub(super) struct Product {
    pub id: Id<Product>,
    #[field(default = true)]
    pub is_public: bool,
    #[field(actor, on_delete = cascade)]
    pub owner: BelongsTo<Person>,
}

/// Who else may see an order.
#[resource]
#[can(read, delete: authenticated)]
pub(super) struct Friend {
    pub id: Id<Friend>,
    #[field(on_delete = cascade)]
    pub order: BelongsTo<Order>,
    #[field(on_delete = cascade)]
    pub person: BelongsTo<Person>,
}

/// What somebody wants.
#[resource(history)]
#[has(friends: Friend.order)]
#[has(lines: Line.order, inline = 1..=5, remarks: Remark.about, inline = ..=2)]
#[can(create: authenticated)]
#[can(list, read, update, delete: customer | role(Admin))]
#[on(created => placed { total: total, pieces: pieces } to customer)]
#[on(created => add friends { person: actor })]
pub(super) struct Order {
    pub id: Id<Order>,
    #[field(len = 1..=20)]
    pub title: String,
    #[field(default = true)]
    pub is_open: bool,
    #[field(count(lines))]
    pub pieces: i64,
    #[field(sum(lines: amount), sort)]
    pub total: i64,
    #[field(actor, on_delete = cascade)]
    pub customer: BelongsTo<Person>,
    pub created_at: CreatedAt,
    pub updated_at: UpdatedAt,
}

/// One product of an order.
#[resource(under = order, history)]
#[unique(order, product)]
#[check(amount <= limit)]
#[limit(6 per order)]
#[can(create: any(order.friends: person) & order.is_open == true)]
#[can(list, read: order.read)]
#[can(update, delete: order.customer)]
#[on(created => lined { amount: amount, total: order.total } to order.customer)]
pub(super) struct Line {
    pub id: Id<Line>,
    #[field(write_once, on_delete = cascade)]
    pub order: BelongsTo<Order>,
    #[field(on_delete = restrict)]
    pub product: BelongsTo<Product>,
    #[field(range = 1..=1000)]
    pub amount: i64,
    #[field(default = 1000, write = role(Admin))]
    pub limit: i64,
    #[field(default = 5, read = role(Admin))]
    pub margin: i64,
    #[field(max = 3)]
    pub likes: Many<Product>,
    #[field(actor, on_delete = cascade)]
    pub author: BelongsTo<Person>,
    pub created_at: CreatedAt,
}

/// What is said of an order: for everybody, or for who said it.
#[resource(hooks)]
#[can(create: about.customer)]
#[can(read: author | is_open == true)]
#[can(update, delete: author)]
pub(super) struct Remark {
    pub id: Id<Remark>,
    #[field(on_delete = cascade)]
    pub about: Option<BelongsTo<Order>>,
    #[field(len = 1..=20)]
    pub text: String,
    #[field(default = true)]
    pub is_open: bool,
    #[field(actor, on_delete = cascade)]
    pub author: BelongsTo<Person>,
    pub deleted_at: DeletedAt,
}

impl Hooks for Remark {
    async fn before_create(new: &mut Self, cx: &mut HookContext<'_>) -> Result<(), Refusal> {
        let about = new.about.map(|about| about.id().get());
        if let Some(order) = about {
            let order = cx.find::<Order>(order).await?.ok_or_else(|| Refusal::internal("it is there by now"))?;
            new.text = format!("{}: {}", order.title, new.text);
        }
        if new.text.contains("rude") { Err(Refusal::field("text", "invalid", "mind your language")) } else { Ok(()) }
    }
}

static RESOURCES: &[&Schema] =
    &[&Person::SCHEMA, &Product::SCHEMA, &Friend::SCHEMA, &Order::SCHEMA, &Line::SCHEMA, &Remark::SCHEMA];

/// A shop with people and products.
pub(super) struct World {
    pub(super) app: Inside,
    pub(super) ada: Principal,
    pub(super) bob: Principal,
    pub(super) admin: Principal,
    /// Three that everybody may read, and one of Bob's own.
    pub(super) products: [i64; 4],
}

impl World {
    pub(super) async fn new() -> Self {
        let app = Inside::new(RESOURCES).await;
        let (ada, bob, admin) = (app.register("ada").await, app.register("bob").await, app.register("admin").await);
        let mut products = [0; 4];
        for (place, product) in products.iter_mut().enumerate() {
            let body = json!({ "is_public": place < 3 }).to_string();
            *product = app.create("product", None, &bob, &body).await.unwrap();
        }
        let admin = Principal::Account(Caller { id: id(&admin), role: "admin", session: 1, reads_only: false });
        Self { app, ada, bob, admin, products }
    }

    pub(super) async fn post(&self, who: &Principal, body: &Value) -> Result<Value, Error> {
        self.post_text(who, &body.to_string()).await
    }

    pub(super) async fn post_text(&self, who: &Principal, body: &str) -> Result<Value, Error> {
        let body = Object::parse(body.as_bytes())?;
        let row = self.app.pipeline.create(self.app.index("order"), None, who, &body).await?;
        Ok(serde_json::from_slice(&row).unwrap())
    }

    pub(super) async fn read(&self, who: &Principal, order: i64) -> Value {
        let row = self.app.pipeline.read(self.app.index("order"), Target::Id(order), who).await.unwrap();
        serde_json::from_slice(&row).unwrap()
    }

    pub(super) fn line(&self, product: usize, amount: i64) -> Value {
        json!({ "product_id": self.products[product], "amount": amount })
    }

    /// How many rows there are of what an order brings, itself included.
    pub(super) async fn counts(&self) -> [i64; 4] {
        let mut counts = [0; 4];
        for (table, count) in ["orders", "lines", "remarks", "friends"].iter().zip(&mut counts) {
            *count = self.app.rows(&format!("SELECT count(*) FROM {table}"), vec![]).await[0].int(0).unwrap();
        }
        counts
    }
}

/// Why an order was refused.
#[track_caller]
pub(super) fn refused(answer: Result<Value, Error>) -> String {
    match answer.unwrap_err() {
        Error::Invalid(faults) => {
            faults.iter().map(|it| format!("{} {}", it.field, it.code)).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
