//! The mistakes found so far. They are collected, so that all of them are reported at once.

use std::fmt::Display;

use proc_macro2::Span;

/// The mistakes found so far.
#[derive(Default)]
pub(crate) struct Errors(Vec<syn::Error>);

impl Errors {
    /// Adds a mistake at a token: what is wrong, and then what to do. One that is known, as of an effect that follows
    /// several changes, is reported once.
    pub(crate) fn push(&mut self, at: Span, message: impl Display) {
        let error = syn::Error::new(at, message);
        // Spans can be told apart by nothing but their debug form.
        let is_same = |known: &syn::Error| {
            known.to_string() == error.to_string() && format!("{:?}", known.span()) == format!("{at:?}")
        };
        if !self.0.iter().any(is_same) {
            self.0.push(error);
        }
    }

    /// Keeps the value, or adds the mistake.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.0.push(error)).ok()
    }

    /// Whether nothing is wrong.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The mistakes in the order found.
    pub(crate) fn into_vec(self) -> Vec<syn::Error> {
        self.0
    }
}
