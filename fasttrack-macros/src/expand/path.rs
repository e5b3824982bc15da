//! Paths -> a walk over the types of the resources, each name once, at the span where it was written.
//!
//! So `rustc` itself reports a name that is none at the very token, with the names that are similar.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;

use crate::model::Path;

/// Where the paths of a declaration start.
pub(crate) const HERE: &str = "__HERE";

/// Where those start that begin at the account that is calling.
pub(crate) const CALLER: &str = "__CALLER";

/// The walk to the end of a path: `{ let w = HERE.then(HERE.fields().project); END }`, where `end` makes `END` of the
/// walk and its last part.
pub(crate) fn walk(start: &str, path: &Path, end: impl FnOnce(&Ident, &TokenStream) -> TokenStream) -> TokenStream {
    let last = &path.last;
    let mut before = start;
    let mut steps = Vec::new();
    for step in &path.head {
        // A variable has the context of the token that it stands for, without which the compiler would report a mistake
        // at the whole attribute; so its name is one that nobody takes.
        let (from, walk) = (Ident::new(before, step.span()), Ident::new("__walk", step.span()));
        steps.push(quote_spanned!(step.span()=> let #walk = #from.then(#from.fields().#step);));
        before = "__walk";
    }
    let walk = Ident::new(before, last.span());
    let part = quote_spanned!(last.span()=> #walk.fields().#last);
    let end = end(&walk, &part);
    if steps.is_empty() { end } else { quote_spanned!(last.span()=> { #(#steps)* #end }) }
}
