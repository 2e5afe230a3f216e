//! placeholder
use crate::config::Language;
use crate::render::{Artifact, SearchPage};
pub const HASHED: &str = "search/data/";
pub fn render(_: &[Language], _: &[&SearchPage]) -> Vec<Artifact> {
    Vec::new()
}
