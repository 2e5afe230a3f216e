//! CSS, Sass, scripts, images: minified and fingerprinted.
