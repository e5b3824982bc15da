//! Decimals from the body to the database and back, in rules, checks, hooks, filters, orders and cursors: to the digit.

use fasttrack::{
    db::Arg,
    error::Error,
    prelude::*,
    principal::Principal,
    schema::{Resource as _, Schema},
    wire::Params,
};
use serde_json::{Value, json};

use super::{Inside, run};

/// Something that sells.
#[expect(dead_code, reason = "the columns are for the database alone")]
#[resource]
#[can(create, list, read: authenticated)]
pub(super) struct Shop {
    pub id: Id<Shop>,
    #[field(range = 0..=100_000.50, default = 1000)]
    pub budget: Decimal<2>,
}

/// What is bought there; a dear one is nobody's to see.
#[resource(under = shop, hooks)]
#[can(create: shop.budget >= 0.01)]
#[can(list, read: shop.budget > 10 & discount < 0.5)]
#[can(update: price != 13.13)]
#[check(price <= most)]
#[check(most < 90_000_000_000_000_000.01)]
pub(super) struct Purchase {
    pub id: Id<Purchase>,
    #[field(write_once, on_delete = cascade)]
    pub shop: BelongsTo<Shop>,
    #[field(filter, sort, index)]
    pub price: Decimal<2>,
    #[field(default = 92_233_720_368_547_758.07, filter)]
    pub most: Decimal<2>,
    #[field(default = 0.125, filter, sort)]
    pub discount: Decimal<3>,
    #[field(default, read_only, filter)]
    pub total: Decimal<2>,
    #[field(filter, sort)]
    pub paid: Option<Decimal<2>>,
    #[field(range = 1..=9, default = 1)]
    pub count: i64,
}

impl Hooks for Purchase {
    async fn before_create(new: &mut Self, cx: &mut HookContext<'_>) -> Result<(), Refusal> {
        let sum = new.price.checked_mul(new.count).ok_or_else(|| Refusal::field("price", "too_large", "too much"))?;
        new.total = sum - sum.times(new.discount, Rounding::HalfUp).unwrap_or_default();
        // As an argument of the hook's own statement.
        let found = cx.query("SELECT count(*) FROM purchases WHERE price = $1", [Arg::from(new.price)]).await?;
        new.paid = found[0].int(0).filter(|count| *count > 0).map(|_| new.price);
        Ok(())
    }
}

static RESOURCES: &[&Schema] = &[&Shop::SCHEMA, &Purchase::SCHEMA];

/// Prices that a float would mix up, or lose.
const PRICES: [&str; 10] = [
    "0.10",
    "-92233720368547758.07",
    "0.30",
    "90071992547409.93",
    "90071992547409.92",
    "0.20",
    "89999999999999999.99",
    "-0.05",
    "0.00",
    "12.30",
];

async fn begin() -> (Inside, Principal) {
    let user = resources::RESOURCES.iter().copied().find(|schema| schema.account).unwrap();
    let schemas: Vec<_> = [user].into_iter().chain(RESOURCES.iter().copied()).collect();
    let app = Inside::new(&schemas).await;
    let ada = app.register("ada").await;
    (app, ada)
}

impl Inside {
    async fn purchase(&self, shop: i64, who: &Principal, body: &Value) -> Result<Value, Error> {
        let body = body.to_string();
        let body = fasttrack::wire::Object::parse(body.as_bytes()).unwrap();
        let made = self.pipeline.create(self.index("purchase"), Some(shop), who, &body).await?;
        Ok(serde_json::from_slice(&made).unwrap())
    }

    /// The values of a field of all rows of a list, page by page.
    async fn walked(&self, shop: i64, who: &Principal, query: &str, key: &str) -> Vec<Value> {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let query = format!("limit=1&{query}{cursor}");
            let page = self.pipeline.list(self.index("purchase"), Some(shop), who, Params::parse(Some(&query))).await;
            let page: Value = serde_json::from_slice(&page.unwrap_or_else(|error| panic!("{query}: {error}"))).unwrap();
            found.extend(page["items"].as_array().unwrap().iter().map(|row| row[key].clone()));
            let Some(next) = page["next_cursor"].as_str() else { return found };
            cursor = format!("&cursor={next}");
        }
    }
}

#[track_caller]
fn fault(outcome: &Result<Value, Error>, field: &str, code: &str) {
    let Err(Error::Invalid(faults)) = outcome else { panic!("{outcome:?}") };
    assert!(faults.iter().any(|fault| fault.field == field && fault.code == code), "{faults:?}");
}

#[test]
fn lists_compare_sort_and_go_on_to_the_digit() {
    run(async {
        let (app, ada) = begin().await;
        let shop = app.create("shop", None, &ada, "{}").await.unwrap();
        for price in PRICES {
            app.purchase(shop, &ada, &json!({ "price": price, "most": "89999999999999999.99" })).await.unwrap();
        }
        let units = |price: &&str| price.replace('.', "").parse::<i64>().unwrap();
        let mut sorted = PRICES;
        sorted.sort_by_key(units);
        assert_eq!(app.walked(shop, &ada, "sort=price", "price").await, sorted);
        sorted.reverse();
        assert_eq!(app.walked(shop, &ada, "sort=-price", "price").await, sorted);
        assert_eq!(app.walked(shop, &ada, "sort=-discount,price", "price").await.len(), PRICES.len());
        assert_eq!(app.walked(shop, &ada, "sort=paid,-price", "price").await, sorted);
        for bound in PRICES {
            let is = |keep: fn(i64, i64) -> bool| {
                PRICES.iter().filter(|price| keep(units(price), units(&bound))).copied().collect::<Vec<_>>()
            };
            let list = format!("[in]={bound},12.3,12.300");
            let among: Vec<_> = PRICES.into_iter().filter(|price| [bound, "12.30"].contains(price)).collect();
            for (operator, expected) in [
                (format!("={bound}"), is(|price, bound| price == bound)),
                (format!("[ne]={bound}"), is(|price, bound| price != bound)),
                (format!("[gt]={bound}"), is(|price, bound| price > bound)),
                (format!("[gte]={bound}"), is(|price, bound| price >= bound)),
                (format!("[lt]={bound}"), is(|price, bound| price < bound)),
                (format!("[lte]={bound}"), is(|price, bound| price <= bound)),
                (list, among),
            ] {
                assert_eq!(app.walked(shop, &ada, &format!("price{operator}"), "price").await, expected, "{operator}");
            }
        }
        for query in
            ["price=1.001", "price=1e2", "price=x", "price[contains]=1", "price=92233720368547758.08", "price="]
        {
            let refused = app.pipeline.list(app.index("purchase"), Some(shop), &ada, Params::parse(Some(query))).await;
            assert!(matches!(refused, Err(Error::Invalid(_))), "{query}");
        }
    });
}

#[test]
fn rules_compare_to_the_digit() {
    run(async {
        let (app, ada) = begin().await;
        let shop = |budget: &str| format!(r#"{{"budget": "{budget}"}}"#);
        let [none, least, enough] = [shop("0"), shop("10"), shop("10.01")];
        let none = app.create("shop", None, &ada, &none).await.unwrap();
        let least = app.create("shop", None, &ada, &least).await.unwrap();
        let enough = app.create("shop", None, &ada, &enough).await.unwrap();
        let body = json!({ "price": "13.13", "most": 20 });
        assert!(matches!(app.purchase(none, &ada, &body).await, Err(Error::Forbidden(_))));
        for (shop, is_listed) in [(least, false), (enough, true)] {
            let index = app.index("purchase");
            let made = app.purchase(shop, &ada, &body).await.unwrap();
            let listed = app.pipeline.list(index, Some(shop), &ada, Params::parse(None)).await;
            assert_eq!(listed.is_ok(), is_listed, "{shop}: {listed:?}");
            let refused = app.update("purchase", made["id"].as_i64().unwrap(), &ada, r#"{"count": 2}"#).await;
            assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
        }
        app.purchase(enough, &ada, &json!({ "price": "1", "most": 20, "discount": "0.500" })).await.unwrap();
        assert_eq!(app.walked(enough, &ada, "sort=id", "price").await, ["13.13"]);
    });
}

#[test]
fn bounds_checks_and_hooks_hold_to_the_digit() {
    run(async {
        let (app, ada) = begin().await;
        for (budget, code) in [("100000.51", "too_large"), ("-0.01", "too_small"), ("0.001", "too_precise")] {
            let refused = app.create("shop", None, &ada, &format!(r#"{{"budget": "{budget}"}}"#)).await;
            fault(&refused.map(Value::from), "budget", code);
        }
        let shop = app.create("shop", None, &ada, r#"{"budget": "100000.50"}"#).await.unwrap();
        let made = app.purchase(shop, &ada, &json!({ "price": "19.99", "count": 3, "most": "20.0" })).await.unwrap();
        let expected = [("price", "19.99"), ("most", "20.00"), ("discount", "0.125"), ("total", "52.47")];
        for (key, value) in expected {
            assert_eq!(made[key], json!(value), "{key}");
        }
        assert_eq!(made["paid"], Value::Null);
        let again = app.purchase(shop, &ada, &json!({ "price": 19.99.to_string(), "most": 20 })).await.unwrap();
        assert_eq!(again["paid"], json!("19.99"), "the hook's own statement has found it");
        let refused = app.purchase(shop, &ada, &json!({ "price": "20.01", "most": "20" })).await;
        fault(&refused, "price", "check");
        let refused = app.purchase(shop, &ada, &json!({ "price": "1", "most": "90000000000000000.01" })).await;
        fault(&refused, "most", "check");
        let refused = app.purchase(shop, &ada, &json!({ "price": "1" })).await;
        fault(&refused, "most", "check");
        let refused = app
            .purchase(
                shop,
                &ada,
                &json!({ "price": "89999999999999999.99", "most": "89999999999999999.99", "count": 2 }),
            )
            .await;
        fault(&refused, "price", "too_large");
        let id = made["id"].as_i64().unwrap();
        let changed = app.update("purchase", id, &ada, r#"{"price": 20, "paid": "0.30"}"#).await.unwrap();
        let changed: Value = serde_json::from_slice(&changed).unwrap();
        assert_eq!((&changed["price"], &changed["paid"]), (&json!("20.00"), &json!("0.30")));
        let same = app.update("purchase", id, &ada, r#"{"price": "20.000"}"#).await.unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&same).unwrap(), changed);
        let refused = app.update("purchase", id, &ada, r#"{"price": "20.01"}"#).await;
        fault(&refused.map(|_| Value::Null), "price", "check");
    });
}
