//! The folder `resources/`: a file is a module, a folder without `mod.rs` a group of such files, and every other folder
//! the application's own.
//!
//! Looks at declarations as far as the table needs it; what they say is for `#[resource]`. A resource that nothing
//! reaches would be silently nothing, so it is a mistake that names its file.

use std::{collections::BTreeSet, fs, io, path::Path};

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::quote;
use syn::{Attribute, Item, ItemMod, ItemStruct, Meta, Visibility, ext::IdentExt as _, parse_quote};

use super::Entry;
use crate::errors::Errors;

/// What a folder holds.
pub(super) struct Found {
    modules: Vec<Module>,
    pub(super) entries: Vec<Entry>,
}

/// A module that the table needs.
enum Module {
    /// A file, and whether it is sound Rust.
    File { name: Ident, parses: bool },
    /// A folder.
    Group { name: Ident, inside: Vec<Self> },
}

/// Names in a folder. What begins with a dot is for editors and version control.
struct Names {
    /// Rust files, without their ending.
    files: BTreeSet<String>,
    folders: BTreeSet<String>,
}

/// Reads the folder; mistakes are added.
///
/// # Errors
/// When it cannot be read.
pub(super) fn read(folder: &Path, errors: &mut Errors) -> io::Result<Found> {
    let mut names = Names::of(folder)?;
    let mut reader = Reader { entries: Vec::new(), errors };
    for root in ["lib", "main"].into_iter().filter(|root| names.files.remove(*root)) {
        let file = Place { file: &folder.join(format!("{root}.rs")), path: &format!("resources/{root}.rs") };
        reader.refuse_resources(file, "give it a file of its own beside this one");
    }
    let declared = modules_of(&folder.join("lib.rs"));
    let group =
        Group { place: Place { file: folder, path: "resources" }, names: &names, declared: &declared, above: &[] };
    let modules = reader.group(group)?;
    Ok(Found { modules, entries: reader.entries })
}

impl Found {
    /// All modules.
    pub(super) fn modules(&self) -> TokenStream {
        self.modules.iter().map(|module| module.declare(false)).collect()
    }

    /// The modules alone that are no sound Rust.
    pub(super) fn unparsed(&self) -> TokenStream {
        self.modules.iter().map(|module| module.declare(true)).collect()
    }
}

impl Module {
    fn declare(&self, unparsed_alone: bool) -> TokenStream {
        match self {
            Self::File { parses: true, .. } if unparsed_alone => TokenStream::new(),
            Self::File { name, .. } => quote!(pub mod #name;),
            Self::Group { name, inside } => {
                let inside: TokenStream = inside.iter().map(|module| module.declare(unparsed_alone)).collect();
                let doc = format!("What the files of the folder `{name}` declare.");
                if inside.is_empty() { inside } else { quote!(#[doc = #doc] pub mod #name { #inside }) }
            }
        }
    }
}

impl Names {
    fn of(folder: &Path) -> io::Result<Self> {
        let mut names = Self { files: BTreeSet::new(), folders: BTreeSet::new() };
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()).filter(|name| !name.starts_with('.'))
            else {
                continue;
            };
            if path.is_dir() {
                names.folders.insert(name.to_owned());
            } else if let Some(stem) = name.strip_suffix(".rs") {
                names.files.insert(stem.to_owned());
            }
        }
        Ok(names)
    }
}

/// A file or folder: where it is, and how people call it.
#[derive(Clone, Copy)]
struct Place<'a> {
    file: &'a Path,
    path: &'a str,
}

/// A folder of modules.
#[derive(Clone, Copy)]
struct Group<'a> {
    place: Place<'a>,
    names: &'a Names,
    /// Modules that it has otherwise.
    declared: &'a [String],
    /// Where the compiler has it.
    above: &'a [Ident],
}

struct Reader<'a> {
    entries: Vec<Entry>,
    errors: &'a mut Errors,
}

impl Reader<'_> {
    /// The modules of a group.
    fn group(&mut self, group: Group<'_>) -> io::Result<Vec<Module>> {
        let Group { place: Place { file, path }, names, above, .. } = group;
        let mut modules = Vec::new();
        for name in names.files.union(&names.folders) {
            if names.files.contains(name) {
                let place = Place { file: &file.join(format!("{name}.rs")), path: &format!("{path}/{name}.rs") };
                modules.extend(self.module(name, place).map(|module| self.file(place, above, module)));
            }
            if names.folders.contains(name) {
                let place = Place { file: &file.join(name), path: &format!("{path}/{name}") };
                modules.extend(self.folder(name, place, group)?);
            }
        }
        Ok(modules)
    }

    /// The modules of a folder in `parent`, if it is a group; else there must be no resource in it.
    fn folder(&mut self, name: &str, place: Place<'_>, parent: Group<'_>) -> io::Result<Option<Module>> {
        let names = Names::of(place.file)?;
        let own = if names.files.contains("mod") {
            "mod.rs makes that folder your own; move the file to where there is none"
        } else if parent.names.files.contains(name) {
            "a file of the folder's name makes that folder your own; move this one out of it"
        } else if parent.declared.iter().any(|module| module == name) {
            "`lib.rs` declares that module itself; take the declaration away"
        } else if holds_rust(place.file, &names) {
            let Some(module) = self.module(name, place) else { return Ok(None) };
            let above = [parent.above, std::slice::from_ref(&module)].concat();
            let inside = self.group(Group { place, names: &names, declared: &[], above: &above })?;
            return Ok(Some(Module::Group { name: module, inside }));
        } else {
            return Ok(None);
        };
        self.refuse_resources_below(place, &names, own)?;
        Ok(None)
    }

    fn module(&mut self, name: &str, place: Place<'_>) -> Option<Ident> {
        let ident = syn::parse_str(name).ok();
        if ident.is_none() {
            let message = format!("`{}` cannot be a module; call it by a name in snake case", place.path);
            self.errors.push(Span::call_site(), message);
        }
        ident
    }

    /// A file of a group, whose resources stand in the table.
    fn file(&mut self, place: Place<'_>, above: &[Ident], name: Ident) -> Module {
        let items = items(place.file);
        let parses = items.is_some();
        for item in items.unwrap_or_default() {
            match item {
                Item::Struct(item) => {
                    let Some(attribute) = item.attrs.iter().find(|attribute| is_resource(attribute)) else { continue };
                    self.check_is_seen(&item, place, above);
                    let ident = Ident::new(&item.ident.to_string(), Span::call_site());
                    let path = parse_quote!(#(#above::)* #name::#ident);
                    self.entries.push(Entry { path, account: says_account(attribute) });
                }
                Item::Mod(inner) => {
                    let advice = format!("take it out of the module `{}`", inner.ident);
                    self.refuse(&resources_of(&[Item::Mod(inner)]), place, &advice);
                }
                _ => {}
            }
        }
        Module::File { name, parses }
    }

    /// The table stands at the root of the crate. What is private altogether, its `#[resource]` says.
    fn check_is_seen(&mut self, item: &ItemStruct, place: Place<'_>, above: &[Ident]) {
        let Visibility::Restricted(restricted) = &item.vis else { return };
        if above.is_empty() || restricted.path.is_ident("crate") || restricted.path.is_ident("self") {
            return;
        }
        let (ident, path) = (&item.ident, place.path);
        let message = format!("the table of resources does not see `{ident}` of `{path}`; write `pub struct {ident}`");
        self.errors.push(Span::call_site(), message);
    }

    /// What nothing reaches must not hold a resource, except for tests.
    fn refuse_resources_below(&mut self, folder: Place<'_>, names: &Names, advice: &str) -> io::Result<()> {
        let files = names.files.iter().map(|name| (name, folder.file.join(format!("{name}.rs"))));
        let for_tests: Vec<String> = files.clone().flat_map(|(_, file)| modules_for_tests(&file)).collect();
        for (name, file) in files.filter(|(name, _)| !for_tests.contains(name)) {
            self.refuse_resources(Place { file: &file, path: &format!("{}/{name}.rs", folder.path) }, advice);
        }
        for name in names.folders.iter().filter(|name| !for_tests.contains(name)) {
            let place = Place { file: &folder.file.join(name), path: &format!("{}/{name}", folder.path) };
            self.refuse_resources_below(place, &Names::of(place.file)?, advice)?;
        }
        Ok(())
    }

    fn refuse_resources(&mut self, place: Place<'_>, advice: &str) {
        self.refuse(&resources_of(&items(place.file).unwrap_or_default()), place, advice);
    }

    fn refuse(&mut self, resources: &[String], place: Place<'_>, advice: &str) {
        for resource in resources {
            let message = format!("nothing reaches the resource `{resource}` of `{}`: {advice}", place.path);
            self.errors.push(Span::call_site(), message);
        }
    }
}

/// Whether there is a Rust file in a folder, or below it.
fn holds_rust(folder: &Path, names: &Names) -> bool {
    let below = |name: &String| {
        let folder = folder.join(name);
        Names::of(&folder).is_ok_and(|names| holds_rust(&folder, &names))
    };
    !names.files.is_empty() || names.folders.iter().any(below)
}

/// What a file declares; `None` when it does not parse.
fn items(file: &Path) -> Option<Vec<Item>> {
    fs::read_to_string(file).ok().and_then(|text| syn::parse_file(&text).ok()).map(|file| file.items)
}

/// The modules that a file declares.
fn modules_of(file: &Path) -> Vec<String> {
    let modules = items(file).unwrap_or_default().into_iter().filter_map(|item| match item {
        Item::Mod(module) => Some(module.ident.unraw().to_string()),
        _ => None,
    });
    modules.collect()
}

/// Those that it declares for tests alone.
fn modules_for_tests(file: &Path) -> Vec<String> {
    let modules = items(file).unwrap_or_default().into_iter().filter_map(|item| match item {
        Item::Mod(module) if is_for_tests(&module) => Some(module.ident.unraw().to_string()),
        _ => None,
    });
    modules.collect()
}

/// The names of the resources among these items and in the modules among them.
fn resources_of(items: &[Item]) -> Vec<String> {
    let resources = items.iter().flat_map(|item| match item {
        Item::Struct(item) if item.attrs.iter().any(is_resource) => vec![item.ident.to_string()],
        Item::Mod(module) if !is_for_tests(module) => {
            module.content.as_ref().map_or_else(Vec::new, |(_, items)| resources_of(items))
        }
        _ => Vec::new(),
    });
    resources.collect()
}

fn is_for_tests(module: &ItemMod) -> bool {
    let says_test = |attribute: &&Attribute| {
        attribute.path().is_ident("cfg")
            && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test")
    };
    module.attrs.iter().any(|attribute| says_test(&attribute))
}

fn is_resource(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "resource")
}

/// Whether `#[resource(…)]` has the word among its options.
pub(crate) fn says_account(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    let mut is_value = false;
    list.tokens.clone().into_iter().any(|token| {
        let says = !is_value && token.to_string() == "account";
        is_value = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '=');
        says
    })
}
