//! Posts of a blog: about 4.7 KB in four sections, two blocks of code, three tags.

use std::fmt::Write;

use super::code;
use super::dice::Dice;

const SEED: u64 = 7;

/// A post, as all tools read it: YAML front matter and Markdown.
#[derive(Clone)]
pub(crate) struct Post {
    pub(crate) title: String,
    pub(crate) tags: Vec<String>,
    pub(crate) body: String,
    description: String,
    date: String,
}

/// Returns the post of a number: always the same one.
pub(crate) fn post(number: u32) -> Post {
    let dice = &mut Dice::of_page(SEED, number);
    let mut body = String::new();
    for section in 0..4 {
        let _ = writeln!(body, "## {}\n\n{}\n", dice.title(4), dice.paragraph(85));
        let _ = writeln!(
            body,
            "{} *{}* and **{}** and `{}` and [{}](https://example.org/{number}/).\n",
            dice.paragraph(75),
            dice.word(),
            dice.word(),
            dice.word(),
            dice.word()
        );
        if section % 2 == 1 {
            body.push_str(&code::block(dice).fenced());
            body.push('\n');
        }
    }
    Post {
        title: format!("{} {number}", dice.title(3)),
        description: dice.sentence(12),
        date: format!("{}-{:02}-{:02}", 2000 + number % 26, 1 + number % 12, 1 + number % 28),
        tags: dice.tags(),
        body,
    }
}

impl Post {
    /// Returns the file's text.
    pub(crate) fn source(&self) -> String {
        format!(
            "---\ntitle: {}\ndescription: {}\ndate: {}\ntags: [{}]\n---\n\n{}",
            self.title,
            self.description,
            self.date,
            self.tags.join(", "),
            self.body
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn posts_are_the_same_every_time_and_differ_from_each_other() {
        assert_eq!(post(3).source(), post(3).source());
        assert_ne!(post(3).body, post(4).body);
    }

    #[test]
    fn a_post_has_the_size_and_the_parts_that_are_promised() {
        let sizes: Vec<usize> = (0..200).map(|number| post(number).source().len()).collect();
        let mean = sizes.iter().sum::<usize>() / sizes.len();
        assert!((4_500..4_900).contains(&mean), "{mean}");
        let post = post(11);
        assert!(post.source().starts_with("---\ntitle: "), "{}", post.source());
        assert_eq!(post.body.matches("```\n").count(), 2, "{}", post.body);
        assert_eq!(post.body.matches("## ").count(), 4);
        assert_eq!(post.tags.len(), 3);
        assert_eq!(post.date, "2011-12-12");
    }
}
