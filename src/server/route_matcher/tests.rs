#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use proptest::prelude::*;
use std::time::{Duration, Instant};

use super::*;

fn matches(pattern: &str, path: &str) -> bool {
    RouteMatcher::new([pattern]).unwrap().matches(path).unwrap()
}

#[test]
fn bodies_mean_what_they_mean_in_javascript() {
    for (pattern, path, expected) in [
        ("/u/:id(\\d+)", "/u/%D9%A1", false),
        ("/u/(\\w+)", "/u/a_1", true),
        ("/u/([\\w-]+)", "/u/a-1", true),
        ("/u/([^\\d])", "/u/a", true),
        ("/u/([^\\d])", "/u/1", false),
        ("/u/([[a&&b~])", "/u/&", true),
        ("/u/([[a&&b~])", "/u/[", true),
        ("/u/(a{2})", "/u/aa", true),
        ("/u/(a{b)", "/u/a%7Bb", true),
        ("/u/(\\a\\<)", "/u/a%3C", true),
        ("/u/([^])", "/u/x", true),
        ("/u/(\\u0041)", "/u/a", true),
        ("/u/((?:a|b)+)", "/u/abba", true),
    ] {
        assert_eq!(matches(pattern, path), expected, "{pattern} on {path}");
    }
}

#[test]
fn a_line_break_is_no_way_around_a_pattern() {
    assert!(matches("/admin(.*)", "/admin/%0Ax"));
    assert!(matches("/admin/:rest*", "/admin/%0Ax/%0d"));
    assert!(matches("/((?!_next).*)", "/admin/%0Ax"));
}

#[test]
fn refuses_what_no_engine_runs_as_javascript_would() {
    for pattern in [
        "/(a)\\",
        "/(\\1)",
        "/((?<n>a))",
        "/(\\cA)",
        "/([a)",
        "/{a",
        "/a}",
        "/:a:b",
        "/:a*{b}?:c(",
        "/()",
        "/(?=a)",
    ] {
        let error = RouteMatcher::new([pattern]).unwrap_err();
        assert_eq!(error.pattern(), pattern);
        assert_eq!(error.reason(), "invalid-pattern");
    }
}

#[test]
fn yields_parameters_as_they_stand_in_the_path() {
    let params =
        |pattern: &str, path: &str| PathPattern::new(pattern).unwrap().params(path).unwrap();
    let found = params("/orgs/:id/(.*)", "/orgs/a%20b/c/d").unwrap();
    assert_eq!(found.one("id"), Some("a%20b"));
    assert_eq!(found.one("0"), Some("c/d"));
    let found = params("/orgs/:id*", "/orgs/a/b").unwrap();
    assert_eq!(
        found.get("id"),
        Some(&PathParam::Many(vec!["a".to_owned(), "b".to_owned()]))
    );
    assert_eq!(params("/orgs/:id?", "/orgs").unwrap().get("id"), None);
    let found = params("/:year-:month", "/2024-05").unwrap();
    assert_eq!(
        (found.one("year"), found.one("month")),
        (Some("2024"), Some("05"))
    );
    let found = params("/:a--:b", "/x-y--z").unwrap();
    assert_eq!((found.one("a"), found.one("b")), (Some("x-y"), Some("z")));
    assert_eq!(params("/a\\/:b", "/a/c").unwrap().one("b"), Some("c"));
    assert_eq!(
        params("/a\\/:b?", "/a"),
        None,
        "an escaped slash does not go away with its parameter"
    );
}

#[test]
fn a_raw_expression_is_used_as_written() {
    let matcher = RouteMatcher::new(["/a"])
        .unwrap()
        .or_regex("B(?!c)")
        .unwrap();
    assert!(matcher.matches("/a").unwrap());
    assert!(matcher.matches("/xBd").unwrap());
    assert!(!matcher.matches("/xBc").unwrap());
    assert!(!matcher.matches("/xbd").unwrap());
}

#[test]
fn a_path_beyond_the_bounds_is_an_error_and_no_answer() {
    let matcher = RouteMatcher::new(["/((?:(?!a).)*)"]).unwrap();
    assert_eq!(
        matcher.matches(&format!("/{}", "b".repeat(5000))),
        Err(PathError::TooIntricate)
    );
    assert!(matcher.matches(&format!("/{}", "b".repeat(1000))).unwrap());
    assert_eq!(PathError::TooIntricate.status(), StatusCode::BAD_REQUEST);
}

/// The shapes that make backtracking engines exponential or quadratic, on the longest path that an HTTP server accepts.
#[test]
fn hostile_paths_take_linear_time() {
    let hostile = [
        "a".repeat(60_000),
        "a/".repeat(30_000),
        "-".repeat(60_000),
        "a-".repeat(30_000),
        format!("{}!", "a".repeat(60_000)),
    ];
    for pattern in [
        "/:a*",
        "/:a*/:b*/:c*/end",
        "/(.*)(.*)(.*)(.*)x",
        "/((?:a+)+)b",
        "/((?:a|a)*)b",
        "/:a-:b-:c-:d-:e/x",
        "/:a+.:b+.:c+.x",
        "/((?!_next).*)",
        "/((?:(?!.*x).)*)b",
        "/:a--:b--:c--:d/x",
        "/((?:(?:a+)+(?!c))+)b",
    ] {
        let matcher = RouteMatcher::new([pattern]).unwrap();
        for path in &hostile {
            let started = Instant::now();
            let _ = matcher.matches(&format!("/{path}"));
            let _ = matcher.matches(&format!("/{}", &path[..4000]));
            assert!(
                started.elapsed() < Duration::from_secs(5),
                "{pattern} took {:?}",
                started.elapsed()
            );
        }
    }
}

proptest! {
    #[test]
    fn normalising_never_panics_and_leaves_one_slash(path in ".{0,40}") {
        if let Ok(normalized) = normalize_path(&path) {
            prop_assert!(!normalized.contains("//"));
        }
    }

    /// However a path is spelled, a rule sees it as the one it decodes to.
    #[test]
    fn spelling_does_not_matter(path in "(/[a-zé~ ]{1,4}){1,4}", choices in proptest::collection::vec(0u8..4, 64)) {
        let mut choices = choices.into_iter().cycle();
        let mut spelled = String::new();
        for character in path.chars() {
            match (character, choices.next().unwrap()) {
                ('/', 0) => spelled.push_str("//"),
                ('/', _) => spelled.push('/'),
                (other, 0 | 1) => {
                    for byte in other.encode_utf8(&mut [0; 4]).bytes() {
                        spelled.push_str(&format!("%{byte:02x}"));
                    }
                }
                (other, 2) => spelled.extend(other.to_uppercase()),
                (other, _) => spelled.push(other),
            }
        }
        let escaped: String = path.chars().flat_map(|character| ['\\', character]).collect();
        prop_assert!(RouteMatcher::new([escaped]).unwrap().matches(&spelled).unwrap());
    }

    #[test]
    fn no_pattern_and_no_path_makes_it_panic(pattern in "[/a:(){}?*+.\\\\\\[\\]!<=|^$-]{0,16}", path in "[/a%0-9.:-]{0,24}") {
        if let Ok(matcher) = RouteMatcher::new([pattern]) {
            let _ = matcher.matches(&path);
        }
    }
}
