//! Scripts without comments, indentation and spaces that mean nothing.
//!
//! In: a script's text. Out: a shorter one that does the same. Lines stay lines, so that an error's line is that of the source. Deliberately not
//! here: other names, other code.

use oxc_allocator::Allocator;
use oxc_ast::ast::{RegExpLiteral, StringLiteral, TemplateElement};
use oxc_ast_visit::Visit;
use oxc_parser::Parser;
use oxc_span::SourceType;
use rivage_syntax::contain::contain;

/// Leaves out comments, indentation, spaces at ends of lines and beside [`MARKS`]. A script that cannot be read stays as it is.
pub(super) fn shorter(text: &str) -> String {
    let Some(mut parts) = parts(text) else { return text.to_owned() };
    parts.sort_by_key(|part| part.start);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for Part { start, end, is_comment } in parts {
        // A comment of a kind that is kept may hold what looks like another part.
        let (Some(code), Some(inner)) = (text.get(at..start), text.get(start..end)) else { continue };
        push_code(&mut out, code);
        if !is_comment {
            out.push_str(inner);
        } else if inner.contains('\n') {
            // It ends a statement like a line's end does.
            inner.matches('\n').for_each(|line_end| push_code(&mut out, line_end));
        } else if inner.starts_with("/*") {
            push_code(&mut out, " ");
        }
        at = end;
    }
    push_code(&mut out, &text[at..]);
    out
}

/// A part of a text that is not plain code: kept as it is, or left out.
struct Part {
    start: usize,
    end: usize,
    is_comment: bool,
}

/// Finds comments, and texts in which spaces mean something; none where the script cannot be read.
fn parts(text: &str) -> Option<Vec<Part>> {
    let allocator = Allocator::default();
    let read = |source_type| contain(|| Parser::new(&allocator, text, source_type).parse()).ok();
    let parsed =
        [SourceType::mjs(), SourceType::cjs()].into_iter().filter_map(read).find(|parsed| parsed.errors.is_empty())?;
    let mut kept = Kept(Vec::new());
    kept.visit_program(&parsed.program);
    let comments = parsed.program.comments.iter().filter_map(|comment| {
        let (start, end) = (comment.span.start as usize, comment.span.end as usize);
        // Licences, and where the source is.
        let inner = text.get(start..end)?;
        let is_kept = comment.is_legal() || ["/*!", "//!", "//#", "//@"].iter().any(|mark| inner.starts_with(mark));
        Some(Part { start, end, is_comment: !is_kept })
    });
    kept.0.extend(comments);
    Some(kept.0)
}

struct Kept(Vec<Part>);

impl<'a> Visit<'a> for Kept {
    fn visit_template_element(&mut self, element: &TemplateElement<'a>) {
        let (start, end) = (element.span.start as usize, element.span.end as usize);
        self.0.push(Part { start, end, is_comment: false });
    }

    fn visit_string_literal(&mut self, literal: &StringLiteral<'a>) {
        let (start, end) = (literal.span.start as usize, literal.span.end as usize);
        self.0.push(Part { start, end, is_comment: false });
    }

    fn visit_reg_exp_literal(&mut self, literal: &RegExpLiteral<'a>) {
        let (start, end) = (literal.span.start as usize, literal.span.end as usize);
        self.0.push(Part { start, end, is_comment: false });
    }
}

/// What needs no space beside it: these never become another mark together with what follows. (`<!--` and `a + +b` would.)
const MARKS: [char; 10] = ['(', ')', '{', '}', '[', ']', ';', ',', ':', '='];

/// Adds code without the spaces that mean nothing.
fn push_code(out: &mut String, code: &str) {
    let mut chars = code.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' => {
                let is_after = out.chars().next_back().is_none_or(|c| c.is_whitespace() || MARKS.contains(&c));
                let is_before = chars.peek().is_some_and(|c| MARKS.contains(c));
                if !is_after && !is_before {
                    out.push(' ');
                }
            }
            '\n' => {
                out.truncate(out.trim_end_matches([' ', '\r']).len());
                out.push('\n');
            }
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_scripts() {
        let cases = [
            ("// a\nlet x = 1; // b\n\n  /** c */\n  x();\n", "\nlet x=1;\n\n\nx();\n"),
            ("if (a) {\r\n\tb()  \r\n} else c ( )\r\n", "if(a){\nb()\n}else c()\n"),
            ("x = a  ?  b : c, y = a + +b, z = a < !--b", "x=a ? b:c,y=a + +b,z=a < !--b"),
            ("f = async ({ a }, [b]) => ({ c: `${ a } ( ${b}` })", "f=async({a},[b])=>({c:`${a} ( ${b}`})"),
            ("for (const x of [ 1 ]) typeof (x) in y", "for(const x of[1])typeof(x)in y"),
            // A comment is a space, or the end of a line.
            ("return/* a */x", "return x"),
            ("function f() { return /*\n*/ x }", "function f(){return\nx}"),
            ("x = 1 /* a\n b */ ++y", "x=1\n++y"),
            // Texts keep their spaces, and what looks like a comment in them.
            ("x = `a\n  // b\n  ${ /* c */ y }  \n`", "x=`a\n  // b\n  ${y}  \n`"),
            ("x = `\n  ${`\n  a`}\n  `;\n  y()", "x=`\n  ${`\n  a`}\n  `;\ny()"),
            ("x = 'a\\\n  b' // c", "x='a\\\n  b' "),
            ("x = \"// a , b\"; y = /\\/\\/ a = b/;", "x=\"// a , b\";y=/\\/\\/ a = b/;"),
            ("\"use strict\";\n  a()", "\"use strict\";\na()"),
            // Licences, and the way to the source.
            ("/*! MIT */\nx\n//# sourceMappingURL=x.map", "/*! MIT */\nx\n//# sourceMappingURL=x.map"),
            ("/**\n * @license MIT\n */\n  x", "/**\n * @license MIT\n */\nx"),
            // Old scripts that are no modules, and what is no script.
            ("var await = 1 // a", "var await=1 "),
            ("let = = // a\n  b", "let = = // a\n  b"),
            ("", ""),
        ];
        for (before, after) in cases {
            assert_eq!(shorter(before), after, "{before}");
        }
    }

    #[test]
    fn lines_keep_their_numbers() {
        let text = "// a\n/* b\n c */\nlet x; // d\n\n`\n`\n";
        assert_eq!(shorter(text).matches('\n').count(), text.matches('\n').count());
    }
}
