//! Makes cargo notice a resource that was added to or taken from the folder.

fn main() {
    println!("cargo::rerun-if-changed=resources");
}
