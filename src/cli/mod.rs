//! The commands: one file each; arguments, printing, exit codes.
