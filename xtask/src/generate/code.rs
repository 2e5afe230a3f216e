//! Blocks of code that differ from page to page.
//!
//! Names, numbers and words are drawn anew for each block: a tool that remembers what it has highlighted finds hardly a line again, as on a
//! real site.

use super::dice::Dice;

pub(super) struct Block {
    pub(super) language: &'static str,
    pub(super) text: String,
}

impl Block {
    pub(super) fn fenced(&self) -> String {
        format!("```{}\n{}```\n", self.language, self.text)
    }
}

/// A block of about 280 bytes in one of six languages.
pub(super) fn block(dice: &mut Dice) -> Block {
    let mut name = || format!("{}_{}{}", dice.word(), dice.word(), dice.roll(100));
    let (a, b, c) = (name(), name(), name());
    let (n, m) = (dice.roll(1000), dice.roll(1000));
    let remark = dice.sentence(6);
    let word = dice.word();
    let (language, text) = match dice.roll(6) {
        0 => (
            "rust",
            format!(
                "/// {remark}\nfn {a}({b}: f64) -> Option<f64> {{\n    let {c} = ({b} * {n}.0 / 12.42).sin();\n    \
                 if {c} > 0.{m} {{\n        return Some({c} + {m}.0);\n    }}\n    println!(\"{word} {{}}\", {c});\n    None\n}}\n"
            ),
        ),
        1 => (
            "js",
            format!(
                "// {remark}\nexport async function {a}({b}) {{\n  const {c} = Math.sin({b} * {n} / 12.42);\n  \
                 if ({c} > {m} / 1000) {{\n    return `{word} ${{{c}}}`;\n  }}\n  \
                 const answer = await fetch(\"/{word}/{n}\");\n  return answer.json() ?? null;\n}}\n"
            ),
        ),
        2 => (
            "python",
            format!(
                "def {a}({b}: float, limit: int = {n}) -> str | None:\n    \"\"\"{remark}\"\"\"\n    \
                 {c} = [step * {m} for step in range(limit) if step % 7]\n    for value in {c}:\n        \
                 if value > {b}:\n            return f\"{word} {{value}}\"\n    return None\n"
            ),
        ),
        3 => (
            "go",
            format!(
                "// {remark}\nfunc {a}({b} int) (string, error) {{\n\t{c} := make([]int, 0, {n})\n\tfor i := 0; i < {b}; i++ {{\n\t\t\
                 {c} = append({c}, i*{m})\n\t}}\n\tif len({c}) == 0 {{\n\t\treturn \"\", errors.New(\"{word}\")\n\t}}\n\t\
                 return fmt.Sprintf(\"%d\", {c}[0]), nil\n}}\n"
            ),
        ),
        4 => (
            "css",
            format!(
                "/* {remark} */\n.{a} > .{b}:hover {{\n  display: grid;\n  margin: 0 auto {n}px;\n  color: #{n:06x};\n  \
                 transition: opacity 0.{m}s ease-in;\n}}\n\n@media (min-width: {m}px) {{\n  #{c} {{\n    \
                 background: url(\"/{word}.svg\");\n  }}\n}}\n"
            ),
        ),
        _ => (
            "bash",
            format!(
                "# {remark}\nset -euo pipefail\n{a}=\"$(date +%s)\"\nfor {b} in /var/{word}/*.log; do\n  \
                 if [ \"${{#{b}}}\" -gt {n} ]; then\n    grep -c \"{word}\" \"${b}\" >> \"/tmp/{c}.txt\"\n  fi\ndone\n\
                 echo \"$((${a} + {m}))\"\n"
            ),
        ),
    };
    Block { language, text }
}
