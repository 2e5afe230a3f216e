//! Regular expressions of grammars: Oniguruma does the matching; where an expression cannot match it is not asked.
//!
//! In: an expression, a line and a place. Out: what it matches, or where it may match at all. Deliberately not here: what a match means.

mod budget;
mod filter;
mod start;
mod tree;

#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use onig::{Regex, RegexOptions, Region, SearchOptions, Syntax};

pub(crate) use budget::Budget;
pub(crate) use filter::Filter;
use filter::exact_length;
use start::Start;
pub(crate) use start::{KINDS, NEXTS, kind, next};
use tree::Node;

/// An expression, compiled when it is first tried.
#[derive(Debug)]
pub(crate) struct Expression {
    text: String,
    understood: OnceLock<Option<Understood>>,
    regex: OnceLock<Option<Regex>>,
}

/// The size of what is known of an expression: its beginning decides whether it is worth a try, and some are as long as a page.
const MAX_TREE: usize = 100;

/// What is known of an expression.
#[derive(Debug)]
pub(crate) struct Understood {
    pub(crate) tree: Node,
    pub(crate) start: Start,
    /// Whether it starts in few places.
    pub(crate) is_narrow: bool,
    /// How long its matches are, if it matches wherever a [`Filter`] says that it may.
    pub(crate) length: Option<usize>,
}

impl Expression {
    pub(crate) fn new(text: String) -> Self {
        Self { text, understood: OnceLock::new(), regex: OnceLock::new() }
    }

    /// Returns the expression as it is written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns what is known of it; `None` if it is not understood.
    pub(crate) fn understood(&self) -> Option<&Understood> {
        let understand = || {
            let (tree, is_atomic) = tree::parse(&self.text)?;
            let start = Start::of(&tree);
            let length = exact_length(&tree).filter(|_| !is_atomic);
            let whole = length.map(|_| tree.clone());
            let (tree, _) = tree::beginning(tree, &mut { MAX_TREE });
            let length = length.filter(|_| whole.as_ref() == Some(&tree));
            Some(Understood { is_narrow: start.is_narrow(), tree, start, length })
        };
        self.understood.get_or_init(understand).as_ref()
    }

    fn regex(&self) -> Result<&Regex, Invalid> {
        let compile =
            || Regex::with_options(&self.text, RegexOptions::REGEX_OPTION_CAPTURE_GROUP, Syntax::default()).ok();
        self.regex.get_or_init(compile).as_ref().ok_or(Invalid)
    }

    /// Matches at a place, and returns the end.
    pub(crate) fn match_at(
        &self,
        line: &str,
        at: usize,
        mut groups: Option<&mut Region>,
        budget: &mut Budget,
    ) -> Result<Option<usize>, Invalid> {
        let regex = self.regex()?;
        let none = SearchOptions::SEARCH_OPTION_NONE;
        let length = budget.spend(|limit| regex.match_with_param(line, at, none, groups.as_deref_mut(), limit));
        Ok(length.map(|length| at + length))
    }

    /// Finds the first match from a place on.
    pub(crate) fn search(
        &self,
        line: &str,
        from: usize,
        groups: &mut Region,
        budget: &mut Budget,
    ) -> Result<Option<(usize, usize)>, Invalid> {
        let regex = self.regex()?;
        let (none, end) = (SearchOptions::SEARCH_OPTION_NONE, line.len());
        let found = budget.spend(|limit| regex.search_with_param(line, from, end, none, Some(groups), limit));
        Ok(found.and_then(|_| groups.pos(0)))
    }
}

/// Oniguruma refuses an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Invalid;
