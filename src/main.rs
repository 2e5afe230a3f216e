//! The `rivage` program: parse arguments, run, turn the result into an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    rivage::cli::main(std::env::args_os())
}
