//! Paths -> a walk over the types of the resources, each name once, at the span where it was written.
//!
//! So `rustc` itself reports a name that is none at the very token, with the names that are similar.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use crate::model::{Declaration, Path};

/// The walk to the end of a path: `{ let w = …; let w = w.then(w.fields().project); END }`, where `end` makes `END` of
/// the walk and its last part.
pub(crate) fn walk(
    declaration: &Declaration,
    path: &Path,
    end: impl FnOnce(&Ident, &TokenStream) -> TokenStream,
) -> TokenStream {
    let start = &declaration.item.ident;
    let last = &path.last;
    let walk = walker(path.first().span());
    let steps = path.head.iter().map(|step| {
        let w = walker(step.span());
        quote_spanned!(step.span()=> let #w = #w.then(#w.fields().#step);)
    });
    let w = walker(last.span());
    let part = quote_spanned!(last.span()=> #w.fields().#last);
    let end = end(&w, &part);
    let here = quote_spanned!(path.first().span()=> ::fasttrack::schema::Walk::<#start>::here());
    quote_spanned!(last.span()=> { let #walk = #here; #(#steps)* #end })
}

/// The variable of the walk. It has the context of the token that it stands for, without which the compiler would
/// report a mistake at the whole attribute; so its name is one that nobody takes.
fn walker(at: Span) -> Ident {
    Ident::new("__walk", at)
}
