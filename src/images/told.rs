//! What is said of an image that cannot be read: once, where it helps most.
//!
//! The same damage is met by all who look at the file: pages that show it, templates, whoever makes files of it, whoever publishes it. In: all
//! diagnostics of a run. Out: those of the best place. Deliberately not here: their wording ([`crate::render`], [`super::Failure`], [`super::original`]).

use rivage_diag::{Diagnostic, FileId};
use rustc_hash::FxHashMap;

/// The code of what is said of an image that cannot be shown.
pub const BAD_IMAGE: &str = "bad-image";
/// The code of what is said of an image of which nobody knows what it tells besides its picture.
pub const METADATA: &str = "image-metadata";

/// Who tells of an image, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Teller {
    /// The page that shows it.
    Page,
    /// The template that shows it on any page.
    Template,
    /// Whoever met it at work: the file itself is all there is to name.
    File,
}

/// Returns the image that a diagnostic is about, if it is that an image cannot be shown.
pub fn image_of(diagnostic: &Diagnostic) -> Option<&FileId> {
    let place = diagnostic.labels.first().map(|label| &label.location).or(diagnostic.primary.as_ref());
    place.filter(|_| diagnostic.code == BAD_IMAGE).map(|place| &place.file)
}

fn teller(diagnostic: &Diagnostic) -> Teller {
    match &diagnostic.primary {
        Some(place) if !diagnostic.labels.is_empty() => {
            if place.file.as_str().starts_with("content/") {
                Teller::Page
            } else {
                Teller::Template
            }
        }
        _ => Teller::File,
    }
}

/// Leaves out what is told of an image in a better place, and that nobody knows what a damaged one tells: once it is mended all of them are gone.
pub fn leave_out(diagnostics: &mut Vec<Diagnostic>) {
    let mut best: FxHashMap<FileId, Teller> = FxHashMap::default();
    for diagnostic in diagnostics.iter() {
        if let Some(image) = image_of(diagnostic) {
            let teller = teller(diagnostic);
            best.entry(image.clone()).and_modify(|best| *best = teller.min(*best)).or_insert(teller);
        }
    }
    diagnostics.retain(|diagnostic| match image_of(diagnostic) {
        Some(image) => best.get(image) == Some(&teller(diagnostic)),
        None => {
            let file = diagnostic.primary.as_ref().map(|place| &place.file);
            diagnostic.code != METADATA || !file.is_some_and(|file| best.contains_key(file))
        }
    });
}

#[cfg(test)]
mod tests {
    use rivage_diag::Span;
    use rivage_images::Error;

    use super::*;
    use crate::images::original::not_clean;

    fn shown(place: &str, image: &str) -> Diagnostic {
        Diagnostic::error("bad-image", format!("`{image}` cannot be read as an image: the file is cut off"))
            .at(&FileId::from(place), Span::at(9))
            .with_other(&FileId::from(image), Span::at(0), "the image")
    }

    fn met(image: &str) -> Diagnostic {
        Diagnostic::error("bad-image", "nothing can be made of it").at(&FileId::from(image), Span::at(0))
    }

    #[test]
    fn damage_is_told_where_it_helps_most() {
        let unclean = |image: &str| not_clean(image, &Error::Truncated);
        let check = |mut all: Vec<Diagnostic>, expect: &[Diagnostic]| {
            leave_out(&mut all);
            assert_eq!(all, expect);
        };
        let page = shown("content/_index.mdx", "content/a.jpg");
        let twice = shown("content/b.mdx", "content/a.jpg");
        let template = shown("layouts/page.html", "content/a.jpg");
        let (file, metadata) = (met("content/a.jpg"), unclean("content/a.jpg"));
        check(
            vec![metadata.clone(), file.clone(), template.clone(), twice.clone(), page.clone()],
            &[twice, page.clone()],
        );
        check(vec![metadata.clone(), file.clone(), template.clone()], std::slice::from_ref(&template));
        check(vec![metadata.clone(), file.clone()], std::slice::from_ref(&file));
        check(vec![metadata.clone()], std::slice::from_ref(&metadata));
        // Other images are another matter.
        let other = [met("content/b.jpg"), unclean("content/c.jpg")];
        check([std::slice::from_ref(&page), &other[..]].concat(), &[&[page], &other[..]].concat());
    }
}
