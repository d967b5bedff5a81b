//! What is made before the crate is compiled.

#[path = "build/functions.rs"]
mod functions;
#[path = "build/lexicon.rs"]
mod lexicon;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    functions::order();
    lexicon::pack()
}
