//! stub
use super::Exit;
use super::args::Init;
use super::printer::Printer;
pub(super) fn run(_args: &Init, _printer: &Printer) -> anyhow::Result<Exit> {
    anyhow::bail!("not yet")
}
