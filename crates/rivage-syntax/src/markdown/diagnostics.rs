//! The wording of what is wrong with Markdown and MDX.

use super::guard::Refusal;
use crate::ast::is_void_element;
use crate::{Diagnostic, FileId, Span};

pub(super) fn nesting_too_deep(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("nesting-too-deep", "content is nested too deeply")
        .at(file, span)
        .with_label(format!("more than {} levels here", super::convert::MAX_DEPTH))
        .with_hint("close tags, quotes and lists, or split the page")
}

pub(super) fn missing_cells(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("too-complex", "too many cells of tables are missing")
        .at(file, span)
        .with_hint("give each row as many cells as the table has columns, or split the table")
}

pub(super) fn refused(file: &FileId, span: Span, refusal: Refusal) -> Diagnostic {
    match refusal {
        Refusal::Depth => Diagnostic::error("nesting-too-deep", "content is nested too deeply")
            .at(file, span)
            .with_label("too much is open here")
            .with_hint("close tags, brackets, quotes and lists, or split the page"),
        Refusal::Unclosed => {
            Diagnostic::error("too-complex", "too many tags and braces of this page are opened and never closed")
                .at(file, span)
                .with_label("the page was read to here")
                .with_hint("close each `{` and each tag; in text, write `\\{` and `\\<`")
        }
        Refusal::Crowded => {
            let limit = super::guard::MAX_EXPRESSIONS;
            let message = format!("a paragraph or table holds more than {limit} expressions");
            Diagnostic::error("too-complex", message)
                .at(file, span)
                .with_hint("put blank lines between them, or split the table")
        }
        Refusal::Line => Diagnostic::error("too-complex", "too many tags and expressions stand on one line")
            .at(file, span)
            .with_hint("put line breaks between them"),
        Refusal::Footnotes => Diagnostic::error("too-complex", "too many lines of this page start with a footnote")
            .at(file, span)
            .with_label("the page was read to here")
            .with_hint("split the page"),
        Refusal::Address => Diagnostic::error("too-complex", "a word before an `@` is too long")
            .at(file, span)
            .with_hint("break it up, or write it as code"),
        Refusal::Paragraph => {
            Diagnostic::error("too-complex", "a paragraph is too long to hold so many braces and colons")
                .at(file, span)
                .with_label("it ends here")
                .with_hint("put blank lines into it")
        }
        Refusal::Names => {
            Diagnostic::error("too-complex", "this page is too long to have directives and so many colons before words")
                .at(file, span)
                .with_label("the page was read to here")
                .with_hint("split the page, or put spaces after its colons")
        }
        Refusal::Long => Diagnostic::error("too-complex", "this expression or export is too long")
            .at(file, span)
            .with_hint("move the data to a file and import it"),
        Refusal::Export => Diagnostic::error("too-complex", "an export of this size cannot have blank lines")
            .at(file, span)
            .with_hint("remove the blank lines, or move the data to a file and import it"),
    }
}

pub(super) fn parser_failed(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("parser-failed", "this page makes the Markdown parser fail")
        .at(file, span)
        .with_label("here, or a little before")
        .with_hint("write it in another way, and please report it with the text of the page: it is a bug")
}

pub(super) fn unclosed_tag(file: &FileId, span: Span, name: &str, before: Option<&str>) -> Diagnostic {
    let what = tag_name(name);
    let message = match before {
        Some(container) => format!("{what} is not closed before its {container} ends"),
        None => format!("{what} is never closed"),
    };
    let hint = if is_void_element(name) {
        format!("in MDX, write `<{name} />`")
    } else if before == Some("paragraph") {
        format!("write `</{name}>` in the same paragraph, or put both tags on lines of their own")
    } else if before.is_some() {
        format!("write `</{name}>` before that, at the same indentation as the opening tag")
    } else {
        format!("write `</{name}>` after its content, or `<{name} />` if it has none")
    };
    Diagnostic::error("unclosed-tag", message).at(file, span).with_label("opened here").with_hint(hint)
}

pub(super) fn mismatched_tag(
    file: &FileId,
    span: Span,
    close: &str,
    open: &str,
    opened: Option<(Span, usize)>,
) -> Diagnostic {
    let place = opened.map_or_else(String::new, |(_, line)| format!(" of line {line}"));
    let diagnostic =
        Diagnostic::error("mismatched-tag", format!("`</{close}>` does not close {}{place}", tag_name(open)))
            .at(file, span)
            .with_label(format!("expected `</{open}>`"));
    let diagnostic = match opened {
        Some((span, _)) => diagnostic.with_other(file, span, "opened here"),
        None => diagnostic,
    };
    diagnostic.with_hint("tags are closed in the opposite order of opening")
}

pub(super) fn crossed_tag(file: &FileId, span: Span, name: &str, opened: Option<Span>) -> Diagnostic {
    let message = format!("`</{name}>` stands in another block, cell, link or emphasis than its `<{name}>`");
    let diagnostic = Diagnostic::error("crossed-tag", message).at(file, span);
    let diagnostic = match opened {
        Some(span) => diagnostic.with_other(file, span, "opened here"),
        None => diagnostic,
    };
    diagnostic.with_hint(format!("put `</{name}>` on a line of its own, or both tags on one line"))
}

pub(super) fn stray_closing_tag(file: &FileId, span: Span, name: &str) -> Diagnostic {
    Diagnostic::error("stray-closing-tag", format!("`</{name}>` closes nothing"))
        .at(file, span)
        .with_hint(format!("remove it, or open `<{name}>` before, in the same paragraph or list item"))
}

pub(super) fn unclosed_brace(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("unclosed-brace", "`{` is never closed")
        .at(file, span)
        .with_hint("close the expression with `}`; for a brace as text, write `\\{`")
}

pub(super) fn bad_expression(file: &FileId, span: Span, detail: &str, is_id: bool) -> Diagnostic {
    let diagnostic = Diagnostic::error("bad-expression", format!("not an expression: {detail}")).at(file, span);
    if is_id {
        diagnostic.with_hint("an id goes at the end of a heading: `## Title {#id}` or `## Title {/*id*/}`")
    } else {
        diagnostic.with_hint("braces hold a JavaScript expression; for a brace as text, write `\\{`")
    }
}

pub(super) fn html_comment(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("html-comment", "HTML comments do not exist in MDX")
        .at(file, span)
        .with_hint("write `{/* comment */}`")
}

pub(super) fn angle_autolink(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("bad-tag", "links in angle brackets do not exist in MDX")
        .at(file, span)
        .with_hint("write the address without the brackets, or `[text](address)`")
}

pub(super) fn not_a_tag(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("bad-tag", "`<` starts a tag, but no name follows")
        .at(file, span)
        .with_hint("for a less-than sign, write `\\<` or `&lt;`, or put a space after it")
}

fn bad_tag_error(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("bad-tag", "this is not a valid tag").at(file, span)
}

pub(super) fn bad_tag(file: &FileId, span: Span) -> Diagnostic {
    bad_tag_error(file, span)
        .with_hint("a tag is a name, attributes and `>` or `/>`; for a less-than sign, write `\\<`")
}

pub(super) fn bar_in_tag(file: &FileId, span: Span) -> Diagnostic {
    bad_tag_error(file, span).with_hint(
        "in a table, `|` ends the cell, even in a tag; write the value as an expression: `name={\"a\\u007cb\"}`",
    )
}

pub(super) fn not_a_spread(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("bad-attribute", "braces among attributes can only hold `...object`")
        .at(file, span)
        .with_hint("comments cannot stand in a tag; a value needs a name: `name={expression}`")
}

pub(super) fn lazy_tag(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("bad-tag", "the tag goes on in a line that is not part of its list item or quote")
        .at(file, span)
        .with_hint("indent the line as the tag's first line, or begin it with `>` in a quote")
}

pub(super) fn unfinished_tag(file: &FileId, span: Span, name: &str) -> Diagnostic {
    Diagnostic::error("bad-tag", format!("the tag {} has no `>`", tag_name(name)))
        .at(file, span)
        .with_hint("end the tag with `>` or `/>` in the same paragraph or list item")
}

pub(super) fn unclosed_quote(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("bad-attribute", "the attribute's quote is never closed")
        .at(file, span)
        .with_hint("close the quote in the same paragraph or list item")
}

pub(super) fn unquoted_value(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("bad-attribute", "the attribute's value has no quotes")
        .at(file, span)
        .with_hint("write `name=\"text\"` or `name={expression}`")
}

pub(super) fn unexpected_in_tag(file: &FileId, span: Span, found: &str) -> Diagnostic {
    Diagnostic::error("bad-attribute", format!("`{found}` cannot stand in a tag"))
        .at(file, span)
        .with_hint("a tag holds attributes such as `name=\"text\"`; a quote in a text is `&quot;`")
}

pub(super) fn attribute_in_closing_tag(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("bad-attribute", "a closing tag has no attributes")
        .at(file, span)
        .with_hint("put attributes into the opening tag")
}

pub(super) fn empty_attribute(file: &FileId, span: Span) -> Diagnostic {
    Diagnostic::error("bad-attribute", "the attribute's braces are empty")
        .at(file, span)
        .with_hint("put an expression into them, or leave out `={}`")
}

pub(super) fn other(file: &FileId, span: Span, message: &str) -> Diagnostic {
    Diagnostic::error("bad-mdx", message).at(file, span)
}

fn tag_name(name: &str) -> String {
    format!("`<{name}>`")
}
