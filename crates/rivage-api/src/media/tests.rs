use super::link;
use crate::manifest::{Manifest, Media, Settings, Upload};
use crate::respond::Reply;
use crate::testing::World;
use crate::{Api, Secrets};

fn api() -> Api {
    let upload =
        Upload { endpoint: "https://store.test".to_owned(), bucket: "media".to_owned(), region: "auto".to_owned() };
    let media = Media {
        private: vec!["private/".to_owned()],
        variants: vec!["avif".to_owned(), "webp".to_owned()],
        upload: Some(upload),
        ..Media::default()
    };
    let mut manifest =
        Manifest { settings: Settings { media, ..Settings::default() }, routes: crate::builtin::routes() };
    manifest.sort();
    let secrets = Secrets {
        media: vec!["secret".to_owned()],
        upload: Some(("AKID".to_owned(), "hidden".to_owned())),
        ..Secrets::default()
    };
    Api::new(manifest, secrets)
}

fn world() -> World {
    let world = World::new();
    for (key, text) in
        [("a/b.txt", "0123456789"), ("photo.jpg", "jpeg"), ("photo.jpg.webp", "webp!"), ("private/x", "x")]
    {
        world.object(key, text);
    }
    world
}

fn get(world: &World, key: &str, headers: &[(&str, &str)]) -> Reply<Vec<u8>> {
    world.send(&api(), &format!("GET /api/v1/media/{key}"), headers, b"")
}

#[test]
fn an_object_is_opened_in_one_trip_and_its_length_is_told() {
    let world = world();
    let reply = get(&world, "a/b.txt", &[]);
    assert_eq!((reply.response.status, reply.object.as_deref()), (200, Some(b"0123456789".as_slice())));
    assert_eq!((reply.response.object, reply.log.bytes), (Some(10), 10));
    assert_eq!(world.asked(), ["open a/b.txt"]);
}

#[test]
fn what_is_not_sent_is_not_opened() {
    let world = world();
    let etag = get(&world, "a/b.txt", &[]).response.header("etag").expect("a tag").to_owned();
    world.asked();
    let reply = get(&world, "a/b.txt", &[("if-none-match", &etag)]);
    assert_eq!((reply.response.status, reply.object), (304, None));
    let reply = get(&world, "a/b.txt", &[("range", "bytes=99-")]);
    assert_eq!((reply.response.status, reply.object), (416, None));
    let reply = world.send(&api(), "HEAD /api/v1/media/a/b.txt", &[], b"");
    assert_eq!((reply.response.status, reply.object, reply.response.object), (200, None, Some(10)));
    assert_eq!(world.asked(), ["head a/b.txt"; 3]);
}

#[test]
fn a_part_is_opened_as_a_part() {
    let world = world();
    let reply = get(&world, "a/b.txt", &[("range", "bytes=2-3")]);
    assert_eq!((reply.response.status, reply.object.as_deref()), (206, Some(b"23".as_slice())));
    assert_eq!(reply.response.header("content-range"), Some("bytes 2-3/10"));
    assert_eq!(reply.response.object, Some(2));
}

#[test]
fn variants_are_looked_for_where_a_browser_names_them() {
    let world = world();
    let body = |accept| get(&world, "photo.jpg", &[("accept", accept)]).object;
    assert_eq!(body("image/avif, image/webp;q=0.8, */*").as_deref(), Some(b"webp!".as_slice()));
    assert_eq!(body("image/webp;q=0.0").as_deref(), Some(b"jpeg".as_slice()));
    assert_eq!(body("image/*").as_deref(), Some(b"jpeg".as_slice()));
    assert_eq!(get(&world, "photo.jpg", &[]).response.header("vary"), Some("Accept"));
    assert_eq!(get(&world, "a/b.txt", &[]).response.header("vary"), None);
}

#[test]
fn private_objects_are_refused_before_the_store_is_asked() {
    let world = world();
    let forged = format!("private/x?expires=9999999999&signature={}", "A".repeat(43));
    for key in ["private/x", "private%2Fx", forged.as_str(), "private/none"] {
        assert_eq!(get(&world, key, &[]).response.status, 403, "{key}");
    }
    // `%2e` is a dot: what leads out of a folder is no name at all.
    for key in ["a/%2e%2e/private/x", "..", "a//b", ".env", "a%00", "a%5cb"] {
        assert!(matches!(get(&world, key, &[]).response.status, 400 | 404), "{key}");
    }
    assert_eq!(world.asked(), [""; 0]);
}

#[test]
fn links_of_a_former_secret_are_good_until_it_is_dropped() {
    let world = world();
    let status = |secrets: &[&str], link: &str| {
        let mut api = api();
        api.secrets.media = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        world.send(&api, &format!("GET {link}"), &[], b"").response.status
    };
    let old = link::sign("secret", "private/x", 1_795_000_060);
    let new = link::sign("newer", "private/x", 1_795_000_060);
    assert_eq!([status(&["secret"], &old), status(&["secret"], &new)], [200, 403]);
    assert_eq!([status(&["newer", "secret"], &old), status(&["newer", "secret"], &new)], [200, 200]);
    assert_eq!([status(&["newer"], &old), status(&["newer"], &new)], [403, 200]);
}

#[test]
fn a_store_that_fails_is_told_to_the_log_alone() {
    let world = world();
    world.break_store("no such bucket: inner");
    let reply = get(&world, "a/b.txt", &[]);
    assert_eq!(reply.response.status, 503);
    assert!(!String::from_utf8_lossy(&reply.response.body).contains("inner"));
    assert_eq!(reply.log.error.as_deref(), Some("no such bucket: inner"));
}

#[test]
fn other_servers_have_no_secrets_of_ours() {
    let mut secretless = api();
    secretless.secrets = Secrets::default();
    let reply = world().send(&secretless, "GET /api/v1/media/private/x", &[], b"");
    assert_eq!(reply.response.status, 501);
}
