//! Builds the program anew when a file joins or leaves the built-in themes: `include_dir` alone notices only changes within files.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=themes");
}
