//! stub
use super::Exit;
use super::args::{Global, Check};
use super::printer::Printer;
pub(super) fn run(_global: &Global, _args: &Check, _printer: &Printer) -> anyhow::Result<Exit> {
    anyhow::bail!("not yet")
}
