//! What is asked to be shown of rows: some fields, rows inside them, and what may be done with them.

use std::collections::BTreeSet;

use fasttrack::{pipeline::rights_of, query::CAN, schema::Model};

use super::asking::Asking;
use crate::driver::Random;

impl Asking {
    /// Every field by itself, and all that can be shown besides, in a list that is counted.
    #[track_caller]
    pub(super) fn ask_for_shapes(&mut self, model: &Model, collection: &str) {
        self.walk(&format!("{collection}?count=true&limit=7"));
        for names in self.expandable(model).chunks(10) {
            self.walk(&format!("{collection}?expand={}&limit=50", names.join(",")));
        }
        for column in model.schema.columns {
            self.walk(&format!("{collection}?fields={}&limit=50&sort=-id", column.key));
        }
        for (has, _) in model.schema.taken_along() {
            self.walk(&format!("{collection}?fields={}&limit=50", has.name));
        }
    }

    /// What is to be shown of rows, at times something else than all of their fields.
    pub(super) fn shape(&mut self, model: &Model) -> Vec<String> {
        let mut random = Random(u64::try_from(self.asked).unwrap().wrapping_mul(0x9E37_79B9) | 1);
        random.next();
        let mut some = |names: &[String]| -> BTreeSet<String> {
            (0..random.below(4)).filter_map(|_| random.maybe(names)).collect()
        };
        let mut asked = |name: &str, names: &[String]| {
            let names = some(names);
            (!names.is_empty()).then(|| format!("{name}={}", names.into_iter().collect::<Vec<_>>().join(",")))
        };
        let keys: Vec<_> = model.schema.columns.iter().map(|column| column.key.to_owned()).collect();
        let expand = asked("expand", &self.expandable(model));
        expand.into_iter().chain(asked("fields", &keys)).collect()
    }

    /// What can be shown inside rows of a resource.
    fn expandable(&self, model: &Model) -> Vec<String> {
        let catalog = self.worlds[0].catalog();
        let names_of = |model: &Model| {
            let shown = model.schema.columns.iter().filter(|column| !column.hidden);
            let relations = shown.filter_map(|column| Some((column.name, Some(catalog.target(column)?.index))));
            let can = rights_of(model.schema).next().map(|_| (CAN, None));
            let along = model.schema.taken_along();
            let along = along.map(|(has, _)| (has.name, Some(catalog.find(has.resource).unwrap().index)));
            relations.chain(along).chain(can).collect::<Vec<_>>()
        };
        let mut names = Vec::new();
        for (name, target) in names_of(model) {
            names.push(name.to_owned());
            let further = target.and_then(|target| catalog.get(target)).map(names_of).unwrap_or_default();
            names.extend(further.iter().map(|(further, _)| format!("{name}.{further}")));
        }
        names
    }
}
