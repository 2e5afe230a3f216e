//! Terms of taxonomies with their pages.
//!
//! In: the pages of a site. Out: [`Site::taxonomies`]. Deliberately not here: routes.

use std::collections::BTreeMap;

use rivage_diag::Diagnostic;

use super::{PageId, Site, TaxonomyIndex, Term, diagnostics, urls};
use crate::config::SortBy;
use crate::slug::slugify;

pub(super) fn make(site: &mut Site, diagnostics: &mut Vec<Diagnostic>) {
    let config = std::sync::Arc::clone(&site.config);
    for language in &config.languages {
        for taxonomy in &config.taxonomies {
            let root = match &language.prefix {
                Some(prefix) => format!("/{prefix}/{}/", urls::segment(&taxonomy.name)),
                None => format!("/{}/", urls::segment(&taxonomy.name)),
            };
            // Terms are the same if they differ only in case; the first spelling is shown.
            let mut terms: BTreeMap<String, (String, Vec<PageId>)> = BTreeMap::new();
            for page in site.pages.iter().filter(|page| page.language == language.code && !page.is_fallback) {
                let Some(document) = &page.document else { continue };
                for written in document.front_matter.taxonomies.get(&taxonomy.name).into_iter().flatten() {
                    let entry = terms.entry(written.value.to_lowercase());
                    let (_, pages) = entry.or_insert_with(|| (written.value.clone(), Vec::new()));
                    if pages.last() != Some(&page.id) {
                        pages.push(page.id);
                    }
                }
            }
            let mut all: Vec<Term> = Vec::with_capacity(terms.len());
            let mut slugs: BTreeMap<String, String> = BTreeMap::new();
            for (lower, (name, mut pages)) in terms {
                site.sort(&mut pages, SortBy::Date);
                let slug = slugify(&name);
                let slug = if slug.is_empty() { lower.clone() } else { slug };
                if let Some(other) = slugs.insert(slug.clone(), name.clone()) {
                    diagnostics.push(diagnostics::same_slug(&taxonomy.name, &name, &other, &slug, site.page(pages[0])));
                    continue;
                }
                let url = format!("{root}{slug}/");
                all.push(Term { name, slug, url, pages });
            }
            site.taxonomies.push(TaxonomyIndex {
                name: taxonomy.name.clone(),
                language: language.code.clone(),
                url: root,
                terms: all,
            });
        }
    }
}
