//! The `rivage` program: parse arguments, run, turn the result into an exit code.

use std::process::ExitCode;

/// Templates and trees are many small values, made and dropped on all threads. It asks for huge pages, which a run that renders forbids.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    rivage::cli::main(std::env::args_os())
}
