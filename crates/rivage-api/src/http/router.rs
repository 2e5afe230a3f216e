//! Paths → routes: a tree of segments, made once.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::url;
use crate::manifest::{Action, Method, Route, Routine};
use crate::media;

/// What was found for a path.
#[derive(Debug, PartialEq, Eq)]
pub struct Found<'p> {
    /// The place of the route for each method.
    pub methods: &'p [(Method, usize)],
    /// The decoded segments that stand for parameters, in the order of the path.
    pub values: Vec<Cow<'p, str>>,
}

/// The tree.
#[derive(Debug, Default)]
pub struct Router {
    /// Whole paths without parameters, which need not be taken apart when they come as they are written here.
    whole: BTreeMap<String, Vec<(Method, usize)>>,
    root: Node,
    /// The beginning of paths whose rest is one value, and their methods.
    rest: Option<(&'static str, Vec<(Method, usize)>)>,
}

#[derive(Debug, Default)]
struct Node {
    fixed: BTreeMap<String, Node>,
    param: Option<Box<Node>>,
    methods: Vec<(Method, usize)>,
}

impl Router {
    /// Makes the tree.
    pub fn new(routes: &[Route]) -> Self {
        let mut router = Self::default();
        for (index, route) in routes.iter().enumerate() {
            if let Action::Routine(Routine::Media) = route.action {
                router.rest.get_or_insert((media::PATH, Vec::new())).1.push((route.method, index));
                continue;
            }
            let mut node = &mut router.root;
            for segment in route.path.split('/').skip(1) {
                node = if segment.starts_with('{') {
                    node.param.get_or_insert_default()
                } else {
                    node.fixed.entry(segment.to_owned()).or_default()
                };
            }
            node.methods.push((route.method, index));
            node.methods.sort();
            if !route.path.contains('{') {
                router.whole.insert(route.path.clone(), node.methods.clone());
            }
        }
        router
    }

    /// Finds what answers to a path, as it stands in a request.
    ///
    /// A fixed segment wins over a parameter. Segments are decoded once, each for itself: an encoded `/` stays within its segment and is
    /// refused, empty segments match nothing, and a `/` at the end makes another path.
    ///
    /// Keys of objects are the exception: a key is all that follows, its slashes encoded or not.
    pub fn find<'p>(&'p self, path: &'p str) -> Option<Found<'p>> {
        if let Some(methods) = self.whole.get(path) {
            return Some(Found { methods, values: Vec::new() });
        }
        self.in_tree(path).or_else(|| {
            let (beginning, methods) = self.rest.as_ref()?;
            let key = url::decode(path.strip_prefix(beginning)?, false).ok()?;
            Some(Found { methods, values: vec![key] })
        })
    }

    fn in_tree<'p>(&'p self, path: &'p str) -> Option<Found<'p>> {
        let segments = path.strip_prefix('/')?.split('/').map(|segment| url::decode(segment, false).ok());
        let segments: Vec<Cow<'p, str>> = segments.collect::<Option<_>>()?;
        if segments.iter().any(|segment| segment.is_empty() || segment.contains(['/', '\\', '\0'])) {
            return None;
        }
        let mut taken = Vec::new();
        let node = walk(&self.root, &segments, &mut taken)?;
        Some(Found { methods: &node.methods, values: taken.into_iter().map(|at| segments[at].clone()).collect() })
    }
}

fn walk<'n>(node: &'n Node, segments: &[Cow<'_, str>], taken: &mut Vec<usize>) -> Option<&'n Node> {
    fn step<'n>(node: &'n Node, segments: &[Cow<'_, str>], at: usize, taken: &mut Vec<usize>) -> Option<&'n Node> {
        let Some(segment) = segments.get(at) else { return (!node.methods.is_empty()).then_some(node) };
        if let Some(found) = node.fixed.get(&**segment).and_then(|next| step(next, segments, at + 1, taken)) {
            return Some(found);
        }
        let next = node.param.as_deref()?;
        taken.push(at);
        let found = step(next, segments, at + 1, taken);
        if found.is_none() {
            taken.pop();
        }
        found
    }
    step(node, segments, 0, taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Auth, Returns};

    fn check(path: &str) -> Option<(usize, Vec<String>)> {
        let routes: Vec<Route> = ["/api/a", "/api/{x}", "/api/{x}/b", "/api/a/{y}", "/api/{x}/{y}/c"]
            .iter()
            .map(|path| Route {
                id: String::new(),
                method: Method::Get,
                path: (*path).to_owned(),
                summary: String::new(),
                description: String::new(),
                auth: Auth::default(),
                params: Vec::new(),
                cache: None,
                purge: Vec::new(),
                limit: String::new(),
                returns: Returns::None,
                status: 204,
                action: Action::Routine(Routine::Health),
            })
            .collect();
        let router = Router::new(&routes);
        router.find(path).map(|found| (found.methods[0].1, found.values.iter().map(ToString::to_string).collect()))
    }

    #[test]
    fn fixed_segments_win_and_parameters_are_decoded() {
        assert_eq!(check("/api/a"), Some((0, vec![])));
        assert_eq!(check("/api/%61"), Some((0, vec![])));
        assert_eq!(check("/api/b%20c"), Some((1, vec!["b c".into()])));
        assert_eq!(check("/api/a/b"), Some((3, vec!["b".into()])));
        assert_eq!(check("/api/q/b"), Some((2, vec!["q".into()])));
        assert_eq!(
            check("/api/a/b/c"),
            Some((4, vec!["a".into(), "b".into()])),
            "the walk turns back from a fixed segment"
        );
    }

    #[test]
    fn other_spellings_are_other_paths() {
        for path in [
            "/api",
            "/api/",
            "/api/a/",
            "//api/a",
            "/API/a",
            "/api/a%2f",
            "/api/%",
            "/api/%ff",
            "/api/a%00",
            "/api/a%5cb",
            "",
            "api/a",
        ] {
            assert_eq!(check(path), None, "{path}");
        }
    }
}
