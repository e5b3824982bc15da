//! Makes cargo notice a resource or a migration that was added to or taken from its folder.

fn main() {
    println!("cargo::rerun-if-changed=resources");
    println!("cargo::rerun-if-changed=migrations");
}
