//! stub
use super::Exit;
use super::args::{Global, Preview};
use super::printer::Printer;
pub(super) fn run(_global: &Global, _args: &Preview, _printer: &Printer) -> anyhow::Result<Exit> {
    anyhow::bail!("not yet")
}
