//! Names of objects: which are allowed, and what they tell of content and caching.

/// The most bytes of a name, as R2 and S3 have it.
const MOST: usize = 1024;

/// Reports whether an object may have this name. Folders of native servers are files: names must lead nowhere else, and what begins with a dot
/// is nobody's business.
pub(super) fn is_key(key: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.');
    (1..=MOST).contains(&key.len())
        && key.split('/').all(is_part)
        && !key.contains(|c: char| c.is_control() || c == '\\')
}

/// Reports whether the name has a hash of the content in it, such as `photo.3f2a91bc.jpg`: then the object under it never changes.
pub(super) fn is_hashed(key: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or_default();
    let Some((stem, _)) = name.rsplit_once('.') else { return false };
    // A variant keeps the name of what it is a variant of: `photo.3f2a91bc.jpg.avif`.
    let is_hash = |part: &str| {
        let has_digit = part.bytes().any(|byte| byte.is_ascii_digit());
        // A date is no hash: eight digits at least one of which is a letter.
        let has_letter = part.bytes().any(|byte| byte.is_ascii_alphabetic());
        part.len() >= 8 && has_digit && has_letter && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    };
    stem.split(['.', '-', '_']).skip(1).any(is_hash)
}

fn extension(key: &str) -> String {
    let name = key.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default()
}

/// Reports whether there may be variants of an image beside it.
pub(super) fn is_image(key: &str) -> bool {
    matches!(extension(key).as_str(), "jpg" | "jpeg" | "png")
}

/// Returns the type of an object of which the store tells none.
pub(super) fn content_type(key: &str) -> &'static str {
    match extension(key).as_str() {
        "avif" => "image/avif",
        "css" => "text/css; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "flac" => "audio/flac",
        "gif" => "image/gif",
        "gz" => "application/gzip",
        "htm" | "html" => "text/html; charset=utf-8",
        "ico" => "image/x-icon",
        "jpeg" | "jpg" => "image/jpeg",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "jxl" => "image/jxl",
        "m4a" => "audio/mp4",
        "md" => "text/markdown; charset=utf-8",
        "mov" => "video/quicktime",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        "ogg" | "opus" => "audio/ogg",
        "otf" => "font/otf",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "ttf" => "font/ttf",
        "txt" => "text/plain; charset=utf-8",
        "vtt" => "text/vtt; charset=utf-8",
        "wasm" => "application/wasm",
        "wav" => "audio/wav",
        "webm" => "video/webm",
        "webp" => "image/webp",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "xml" => "application/xml",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}

/// Reports whether a browser would run or draw what is of this type: it gets a sandbox then.
pub(super) fn is_document(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "text/html" || kind.ends_with("/xml") || kind.ends_with("+xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_else() {
        let longest = "a".repeat(MOST);
        for key in ["a", "a/b.c", "ä ö/%2e", "a..b", longest.as_str()] {
            assert!(is_key(key), "{key}");
        }
        let longer = "a".repeat(MOST + 1);
        for key in [
            "",
            "/a",
            "a/",
            "a//b",
            ".",
            "..",
            "../a",
            "a/../b",
            "a/.env",
            "a\\b",
            "a\0",
            "a\nb",
            "a\u{85}",
            longer.as_str(),
        ] {
            assert!(!is_key(key), "{key:?}");
        }
    }

    #[test]
    fn hashes_are_seen_in_names() {
        for key in ["photo.3f2a91bc.jpg", "a/b-0123456789abcdef.css", "photo.3f2a91bc.jpg.avif", "app_9f86d081.js"] {
            assert!(is_hashed(key), "{key}");
        }
        for key in [
            "photo.jpg",
            "3f2a91bc",
            "3f2a91bc.jpg",
            "report-20261129.pdf",
            "a.deadbeef.jpg",
            "a.3F2A91BC.jpg",
            "a.3f2a91b.jpg",
        ] {
            assert!(!is_hashed(key), "{key}");
        }
    }

    #[test]
    fn types_of_names() {
        assert_eq!(content_type("a/b.JPG"), "image/jpeg");
        assert_eq!(content_type("a.b/c"), "application/octet-stream");
        assert!(is_document("image/svg+xml") && is_document("text/html; charset=utf-8") && !is_document("image/png"));
        assert!(is_image("a.jpeg") && !is_image("a.gif"));
    }
}
