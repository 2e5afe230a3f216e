//! Math: TeX → MathML, at build.
//!
//! In: the TeX between dollar signs. Out: a `<math>` element, which browsers draw without a script, or what is wrong with the TeX. For the
//! wrong one the page shows the TeX as code ([`fallback`]). Deliberately not here: numbers and references across formulas.

use std::cell::RefCell;

use math_core::{LatexToMathML, MathDisplay};
use rivage_diag::{Diagnostic, FileId, Span};
use rivage_syntax::contain::contain;

/// How deep groups and commands may nest: the converter calls itself for each, and a page must not exhaust the stack.
const MAX_DEPTH: usize = 100;

thread_local! {
    // Making a converter builds its tables; one for each thread is enough, since formulas share nothing.
    static CONVERTER: RefCell<LatexToMathML> = RefCell::default();
}

/// Returns the MathML of a formula. `place` is where it stands; diagnostics point into it where `source` (the file's text at
/// `place`) holds the TeX as written, else at all of it.
///
/// # Errors
/// A warning that says what is wrong with the TeX.
pub fn render(
    tex: &str,
    is_display: bool,
    file: &FileId,
    place: Span,
    source: Option<&str>,
) -> Result<String, Box<Diagnostic>> {
    let within = |start: usize, end: usize| match source.and_then(|source| source.find(tex)) {
        Some(offset) if end <= tex.len() => Span::new(start + offset, end + offset).shift(place.start as usize),
        _ => place,
    };
    if let Some(at) = too_deep(tex) {
        return Err(Box::new(wrong(file, within(at, at + 1), &format!("nested deeper than {MAX_DEPTH} levels"))));
    }
    let display = if is_display { MathDisplay::Block } else { MathDisplay::Inline };
    let convert = |converter: &LatexToMathML| contain(|| converter.convert_with_local_state(tex, display));
    let Ok(result) = CONVERTER.with_borrow(convert) else {
        return Err(Box::new(wrong(file, place, "the TeX parser fails on it")));
    };
    match result {
        Ok(result) => Ok(result.mathml),
        Err(error) => {
            let message = error.error_message();
            let mut chars = message.trim_end_matches('.').chars();
            let message: String = chars.next().into_iter().flat_map(char::to_lowercase).chain(chars).collect();
            Err(Box::new(wrong(file, within(error.0.start, error.0.end), &message)))
        }
    }
}

/// Returns what is shown for TeX that could not be read.
pub fn fallback(tex: &str) -> String {
    let mut out = String::from("<code class=\"math-error\">");
    for c in tex.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            _ => out.push(c),
        }
    }
    out.push_str("</code>");
    out
}

fn wrong(file: &FileId, span: Span, message: &str) -> Diagnostic {
    Diagnostic::warning("math", format!("this formula cannot be shown: {message}"))
        .at(file, span)
        .with_hint("mend the TeX; until then the page shows it as code")
}

/// Returns where a formula becomes too deep: open groups, environments and delimiters, and commands that follow
/// each other (each may be the argument of the one before).
fn too_deep(tex: &str) -> Option<usize> {
    let bytes = tex.as_bytes();
    let (mut open, mut chain, mut at) = (0_usize, 0_usize, 0);
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b'\\' => {
                let name = at + bytes[at..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                match &bytes[at..name] {
                    b"left" | b"begin" => open += 1,
                    b"right" | b"end" => open = open.saturating_sub(1),
                    _ => chain += 1,
                }
                at = if name > at { name } else { (at + 1).min(bytes.len()) };
            }
            b'{' | b'[' => open += 1,
            b'}' | b']' => (open, chain) = (open.saturating_sub(1), 0),
            b' ' | b'\t' | b'\n' | b'^' | b'_' | b'\'' => {}
            _ => chain = 0,
        }
        if open + chain > MAX_DEPTH {
            return Some(start);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn math(tex: &str, is_display: bool) -> Result<String, Box<Diagnostic>> {
        let source = format!("$${tex}$$");
        render(tex, is_display, &FileId::from("a.md"), Span::new(10, 10 + source.len()), Some(&source))
    }

    fn check_error(tex: &str, message: &str, span: Span) {
        let diagnostic = math(tex, false).unwrap_err();
        assert_eq!(diagnostic.message, format!("this formula cannot be shown: {message}"));
        assert_eq!(diagnostic.primary.unwrap().span, span);
        assert!(diagnostic.severity == rivage_diag::Severity::Warning);
    }

    #[test]
    fn formulas_become_mathml() {
        assert_eq!(math("x^2", false).unwrap(), "<math><msup><mi>x</mi><mn>2</mn></msup></math>");
        assert_eq!(
            math("\\frac{1}{2}", true).unwrap(),
            "<math display=\"block\"><mfrac><mn>1</mn><mn>2</mn></mfrac></math>"
        );
        let long = "\\alpha+\\beta\\cdot{}".repeat(500);
        assert!(math(&long, true).is_ok());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        check_error("a + \\nosuch", "unknown command \"\\nosuch\"", Span::new(16, 23));
        check_error("\\frac{1}", "expected argument but reached end of input", Span::new(20, 20));
        check_error("{x", "expected closing token \"}\", but reached end of input", Span::new(14, 14));
    }

    #[test]
    fn deep_formulas_do_not_exhaust_the_stack() {
        for piece in
            ["{", "\\sqrt", "\\sqrt[", "\\left(", "\\begin{matrix}", "x^{", "\\frac\\sqrt", "\\sqrt ^", "\\text{"]
        {
            assert!(math(&piece.repeat(20_000), true).is_err(), "{piece}");
            let _ = math(&piece.repeat(MAX_DEPTH / 2), true);
        }
        let nested = format!("{}x{}", "{".repeat(MAX_DEPTH), "}".repeat(MAX_DEPTH));
        assert!(math(&nested, true).is_ok());
    }

    #[test]
    fn wrong_formulas_are_shown_as_code() {
        assert_eq!(fallback("a<b"), "<code class=\"math-error\">a&lt;b</code>");
    }
}
