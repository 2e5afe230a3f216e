//! SQL text → tokens, by PostgreSQL's lexical rules (chapter 4.1), plus `:name` and the two kinds of blocks.
//!
//! In: text and the offset where SQL starts. Out: tokens that cover the text without gaps, and what is not closed.
//! Deliberately not here: any grammar. Whether a statement is right, only a database can say.

use rivage_diag::Span;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A key word or a name without quotes.
    Word,
    /// `"name"`, a string of any kind, a number: copied as it stands.
    Literal,
    /// `:name`, `:auth.name` or `:request.id`.
    Param,
    /// `$1`.
    Positional,
    /// One of `( ) [ ] , .`, or `:` alone.
    Mark,
    /// A run of operator characters, or `::`, `:=`.
    Operator,
    /// `;`
    Semicolon,
    /// White space and comments.
    Space,
    /// `/*?name`
    OpenOptional,
    /// `?*/`
    CloseOptional,
    /// `/*#name`
    OpenChoice,
    /// `#*/`
    CloseChoice,
}

/// A token and its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// Something that does not end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unclosed {
    pub(super) what: &'static str,
    pub(super) span: Span,
}

/// Splits `text` from the byte `from` on.
pub(super) fn lex(text: &str, from: usize) -> (Vec<Token>, Vec<Unclosed>) {
    let mut lexer = Lexer { text, bytes: text.as_bytes(), at: from, unclosed: Vec::new() };
    let mut tokens = Vec::new();
    while lexer.at < lexer.bytes.len() {
        let start = lexer.at;
        let kind = lexer.token();
        debug_assert!(lexer.at > start, "every token has at least one byte");
        tokens.push(Token { kind, span: Span::new(start, lexer.at) });
    }
    (tokens, lexer.unclosed)
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    unclosed: Vec<Unclosed>,
}

impl Lexer<'_> {
    fn token(&mut self) -> Kind {
        let start = self.at;
        let byte = self.bytes[start];
        match byte {
            b if b.is_ascii_whitespace() => {
                self.skip_while(|b| b.is_ascii_whitespace());
                Kind::Space
            }
            b'-' if self.looking_at("--") => {
                self.skip_while(|b| b != b'\n');
                Kind::Space
            }
            b'/' if self.looking_at("/*") => self.comment(),
            b'?' if self.looking_at("?*/") => self.take(3, Kind::CloseOptional),
            b'#' if self.looking_at("#*/") => self.take(3, Kind::CloseChoice),
            b'\'' => self.quoted(b'\'', false, "string"),
            b'"' => self.quoted(b'"', false, "quoted name"),
            b'$' => self.dollar(),
            b';' => self.take(1, Kind::Semicolon),
            b':' => self.colon(),
            b'0'..=b'9' => {
                self.number();
                Kind::Literal
            }
            b'.' if self.peek(1).is_some_and(|b| b.is_ascii_digit()) => {
                self.number();
                Kind::Literal
            }
            b if is_word_start(b) => self.word(),
            b if is_operator(b) => {
                self.operator();
                Kind::Operator
            }
            _ => {
                // `(`, `,` and the like; and control characters, which PostgreSQL will refuse.
                self.at += 1;
                Kind::Mark
            }
        }
    }

    fn peek(&self, by: usize) -> Option<u8> {
        self.bytes.get(self.at + by).copied()
    }

    fn looking_at(&self, text: &str) -> bool {
        self.bytes[self.at..].starts_with(text.as_bytes())
    }

    fn take(&mut self, bytes: usize, kind: Kind) -> Kind {
        self.at += bytes;
        kind
    }

    fn skip_while(&mut self, test: impl Fn(u8) -> bool) {
        while self.peek(0).is_some_and(&test) {
            self.at += 1;
        }
    }

    fn unclosed(&mut self, what: &'static str, start: usize, opening: usize) {
        self.unclosed.push(Unclosed { what, span: Span::new(start, (start + opening).min(self.bytes.len())) });
        self.at = self.bytes.len();
    }

    /// `/*?name` and `/*#name` open blocks; other comments nest, as in PostgreSQL.
    fn comment(&mut self) -> Kind {
        let start = self.at;
        for (sign, kind) in [(b'?', Kind::OpenOptional), (b'#', Kind::OpenChoice)] {
            if self.peek(2) == Some(sign) && self.peek(3).is_some_and(is_word_start) {
                self.at += 3;
                self.skip_while(is_word_part);
                return kind;
            }
        }
        let mut depth = 0usize;
        while self.at < self.bytes.len() {
            if self.looking_at("/*") {
                depth += 1;
                self.at += 2;
            } else if self.looking_at("*/") {
                depth -= 1;
                self.at += 2;
                if depth == 0 {
                    return Kind::Space;
                }
            } else {
                self.at += 1;
            }
        }
        self.unclosed("comment", start, 2);
        Kind::Space
    }

    /// A doubled quote stands for one; in `E'…'` a backslash hides the next character.
    fn quoted(&mut self, quote: u8, escapes: bool, what: &'static str) -> Kind {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            if byte == b'\\' && escapes {
                self.at = (self.at + 1).min(self.bytes.len());
            } else if byte == quote {
                if self.peek(0) != Some(quote) {
                    return Kind::Literal;
                }
                self.at += 1;
            }
        }
        self.unclosed(what, start, 1);
        Kind::Literal
    }

    fn dollar(&mut self) -> Kind {
        let start = self.at;
        if self.peek(1).is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
            self.skip_while(|b| b.is_ascii_digit());
            return Kind::Positional;
        }
        let mut end = start + 1;
        while end < self.bytes.len() && is_word_part(self.bytes[end]) && self.bytes[end] != b'$' {
            end += 1;
        }
        if self.bytes.get(end) != Some(&b'$') {
            self.at += 1;
            return Kind::Operator;
        }
        let tag = &self.text[start..=end];
        self.at = end + 1;
        if let Some(found) = self.text[self.at..].find(tag) {
            self.at += found + tag.len();
        } else {
            self.unclosed("dollar-quoted string", start, tag.len());
        }
        Kind::Literal
    }

    fn colon(&mut self) -> Kind {
        match self.peek(1) {
            Some(b':' | b'=') => self.take(2, Kind::Operator),
            Some(b) if is_word_start(b) => {
                self.at += 1;
                self.skip_while(is_word_part);
                let name_end = self.at;
                if self.peek(0) == Some(b'.') && self.peek(1).is_some_and(is_word_start) {
                    self.at += 1;
                    self.skip_while(is_word_part);
                    // Only these two have members; `:row.field` is the parameter `row` and a field of it.
                    if ![":auth", ":request"].iter().any(|name| self.text[..name_end].ends_with(name)) {
                        self.at = name_end;
                    }
                }
                Kind::Param
            }
            _ => self.take(1, Kind::Mark),
        }
    }

    fn number(&mut self) {
        self.skip_while(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'_');
    }

    fn word(&mut self) -> Kind {
        let start = self.at;
        self.skip_while(is_word_part);
        let prefix = &self.text[start..self.at];
        if self.peek(0) == Some(b'\'') && ["e", "b", "x", "n"].iter().any(|p| prefix.eq_ignore_ascii_case(p)) {
            return self.quoted(b'\'', prefix.eq_ignore_ascii_case("e"), "string");
        }
        if prefix.eq_ignore_ascii_case("u")
            && self.peek(0) == Some(b'&')
            && let Some(quote @ (b'\'' | b'"')) = self.peek(1)
        {
            self.at += 1;
            return self.quoted(quote, false, if quote == b'"' { "quoted name" } else { "string" });
        }
        Kind::Word
    }

    /// A run of operator characters ends before a comment and before the end of a block.
    fn operator(&mut self) {
        self.at += 1;
        while self.peek(0).is_some_and(is_operator) {
            if ["--", "/*", "?*/", "#*/"].iter().any(|end| self.looking_at(end)) {
                break;
            }
            self.at += 1;
        }
    }
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn is_word_part(byte: u8) -> bool {
    is_word_start(byte) || byte.is_ascii_digit() || byte == b'$'
}

fn is_operator(byte: u8) -> bool {
    b"+-*/<>=~!@#%^&|`?".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        let (tokens, unclosed) = lex(text, 0);
        assert_eq!(unclosed, []);
        tokens.iter().filter(|t| t.kind != Kind::Space).map(|t| (t.kind, &text[t.span.range()])).collect()
    }

    fn params(text: &str) -> Vec<&str> {
        kinds(text).into_iter().filter(|(kind, _)| *kind == Kind::Param).map(|(_, text)| text).collect()
    }

    #[test]
    fn parameters_are_found_only_where_sql_has_values() {
        assert_eq!(params("select :a, b::text, c[1:2], f(x := :b)"), [":a", ":b"]);
        assert_eq!(
            params("select ':no', \":no\", $$ :no $$, $t$ $$ :no $t$ -- :no\n, /* :no /* :no */ :no */ :yes"),
            [":yes"]
        );
        assert_eq!(params(r"select E'\':no', 'it''s :no', e'\\', :yes"), [":yes"]);
        assert_eq!(params(r"select U&'\0041:no', u&':no', B'01', :yes"), [":yes"]);
        assert_eq!(
            params("select :auth.sub, :auth.role, :request.id, :row.field"),
            [":auth.sub", ":auth.role", ":request.id", ":row"]
        );
        assert_eq!(params("select :a::int4, :ä"), [":a", ":ä"]);
        assert_eq!(params("select a$b$c, :x"), [":x"]);
    }

    #[test]
    fn a_backslash_hides_nothing_in_a_plain_string() {
        assert_eq!(params(r"select '\', :yes"), [":yes"]);
    }

    #[test]
    fn blocks_open_and_close_around_tokens() {
        use Kind::*;
        let found: Vec<_> =
            kinds("/*?q and a ? 'k' ?*/ /*#s x: b #*/ /* ? */").into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(
            found,
            [OpenOptional, Word, Word, Operator, Literal, CloseOptional, OpenChoice, Word, Mark, Word, CloseChoice]
        );
    }

    #[test]
    fn what_is_not_closed_is_told_with_its_opening() {
        for (text, what, span) in [
            ("a 'b", "string", 2..3),
            ("a \"b", "quoted name", 2..3),
            ("/* /* */", "comment", 0..2),
            ("$x$ $$", "dollar-quoted string", 0..3),
            (r"E'\'", "string", 1..2),
        ] {
            let (_, unclosed) = lex(text, 0);
            assert_eq!(unclosed, [Unclosed { what, span: Span::new(span.start, span.end) }], "{text}");
        }
    }

    proptest! {
        #[test]
        fn tokens_cover_any_text_without_gaps(text in r#"[a:$'"/*?#;\-\\ eEuU&0.\nä(|]{0,60}"#) {
            let (tokens, _) = lex(&text, 0);
            let mut at = 0;
            for token in tokens {
                prop_assert_eq!(token.span.start as usize, at);
                prop_assert!(text.get(token.span.range()).is_some());
                at = token.span.end as usize;
            }
            prop_assert_eq!(at, text.len());
        }
    }
}
