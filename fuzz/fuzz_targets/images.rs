//! Any bytes as an image: whatever they are, there is an answer, within bounds.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rivage_images::{Area, LARGEST_PIXELS, decode, probe};

fuzz_target!(|bytes: &[u8]| {
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
        assert_eq!((raster.width(), raster.height()), (info.width, info.height));
        let small = raster.resized(Area::whole(info.width, info.height), 7, 5).expect("any image can be made smaller");
        assert!(small.width() <= 7 && small.height() <= 5);
    }
});
