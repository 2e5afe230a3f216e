//! Blocks of code: highlighted at build, with the lines, words and title that the fence's meta asks for.
//!
//! In: language, meta and text of a fence. Out: the `<figure class="code">` that themes style, one HTML for light and dark, and
//! diagnostics. Deliberately not here: colours (the theme's CSS), the script behind the copy button, comments
//! in the code as commands (`// [!code …]`).
//!
//! ```text
//! <figure class="code [terminal] [frameless] [numbered] [wrap] [has-focus]" data-lang="rust" [data-start="5"]>
//!   <figcaption>title</figcaption>?
//!   <pre tabindex="0"><code><span class="l [hl|ins|del|focus|out]…" [data-n="5"]>…\n</span>…</code></pre>
//!   <button class="copy" type="button" aria-label="Copy" data-copied="Copied"></button>?
//! </figure>
//! ```
//!
//! A shell prompt is `<span class="prompt">$ </span>`. The script copies the text of the lines without prompts, `.del` and `.out`
//! lines. `data-n` (the line's number) is there only where numbers start elsewhere than at 1.

mod block;
mod diagnostics;
mod highlight;
mod language;
mod meta;

pub use block::{CodeBlock, Labels, render, render_inline};
pub use meta::Meta;

/// Appends text with `&`, `<`, `>` and `"` escaped, good for content and attributes.
fn escape(text: &str, out: &mut String) {
    let mut rest = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escaped = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => continue,
        };
        out.push_str(&text[rest..at]);
        out.push_str(escaped);
        rest = at + 1;
    }
    out.push_str(&text[rest..]);
}
