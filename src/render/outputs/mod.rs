//! Feeds, sitemap, redirects, headers, search index, twins.
