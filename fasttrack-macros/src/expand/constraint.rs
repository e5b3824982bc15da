//! Constraints over several fields -> `fasttrack::schema::Unique`.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::{Declaration, Unique};

/// The calls of the builders; none where nothing is said.
pub(crate) fn constraints(declaration: &Declaration) -> TokenStream {
    let uniques = declaration.uniques.iter().map(|one| unique(declaration, one));
    let uniques = (!declaration.uniques.is_empty()).then(|| quote!(.uniques(const { &[#(#uniques),*] })));
    quote!(#uniques)
}

fn unique(declaration: &Declaration, unique: &Unique) -> TokenStream {
    let (name, keys) = (unique.index_name(declaration), unique.keys(declaration));
    quote!(__ft::Unique::new(#name, const { &[#(#keys),*] }))
}
