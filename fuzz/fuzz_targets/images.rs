//! Any bytes as an image: whatever they are, there is an answer, within bounds. What is left without metadata is the same picture.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rivage_images::{Area, LARGEST_PIXELS, decode, probe, sanitize_svg, size, without_metadata};

fuzz_target!(|bytes: &[u8]| {
    let _ = size(bytes);
    if let Ok(clean) = sanitize_svg(bytes) {
        let text = String::from_utf8_lossy(&clean).to_lowercase();
        assert!(!text.contains("<script"), "{text}");
    }
    let stripped = without_metadata(bytes);
    if let Ok(Some(stripped)) = &stripped {
        assert_eq!(without_metadata(stripped), Ok(None), "once is enough");
    }
    let Ok(info) = probe(bytes) else {
        assert!(decode(bytes).is_err());
        return;
    };
    assert!(u64::from(info.width) * u64::from(info.height) <= LARGEST_PIXELS);
    // Larger ones only take long.
    if u64::from(info.width) * u64::from(info.height) > 1_000_000 {
        return;
    }
    if let Ok(raster) = decode(bytes) {
        if let Ok(Some(stripped)) = &stripped {
            assert_eq!(decode(stripped).as_ref(), Ok(&raster));
        }
        assert_eq!((raster.width(), raster.height()), (info.width, info.height));
        let small = raster.resized(Area::whole(info.width, info.height), 7, 5).expect("any image can be made smaller");
        assert!(small.width() <= 7 && small.height() <= 5);
    }
});
