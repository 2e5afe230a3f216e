//! Any text as a route file; what is right is written into a manifest, described, and read back.

#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use rivage_api::manifest::{Action, Manifest, Settings};
use rivage_api::{describe, sql};
use rivage_diag::FileId;

fuzz_target!(|text: &str| {
    let context = sql::Context { limits: &["auth", "read", "write"] };
    let (route, problems) = sql::parse(&FileId::from("api/a.sql"), text, &context);
    for problem in &problems {
        let place = problem.primary.as_ref().expect("a problem of a file has a place").span;
        assert!(text.get(place.range()).is_some(), "{place:?} is not within the text");
    }
    assert_eq!(route.is_none(), problems.iter().any(|problem| problem.is_error()));
    let Some(route) = route else { return };
    if let Action::Sql(statements) = &route.action {
        assert!(statements.variants.len() <= 32);
        for statement in statements.variants.iter().flatten() {
            for number in 1..=statement.binds.len() {
                assert!(statement.sql.contains(&format!("${number}")), "every value has its place");
            }
        }
    }
    let manifest = Manifest { settings: Settings::default(), routes: vec![route] };
    assert_eq!(Manifest::decode(&manifest.encode()).as_ref(), Ok(&manifest));
    let _ = describe::openapi(&manifest, &BTreeMap::new());
    let _ = describe::client(&manifest, &BTreeMap::new());
});
