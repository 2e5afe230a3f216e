//! Transcripts of the program: `tests/cmd/*.md`.

#[test]
fn transcripts() {
    trycmd::TestCases::new().case("tests/cmd/*.md");
}
