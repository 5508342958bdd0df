//! Opening: what is kept, and what is refused without losing anything.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use local_clerk::{Data, LocalClerk, OpenError, Options};

fn options(directory: &std::path::Path) -> Options {
    Options::new(
        Data::Directory(directory.to_owned()),
        "http://127.0.0.1:4010",
    )
}

#[test]
fn keys_are_made_once_per_directory() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = LocalClerk::open(options(one.path())).unwrap();
    let (jwks, secret) = (first.jwks(), first.secret_key());
    drop(first);
    let again = LocalClerk::open(options(one.path())).unwrap();
    assert_eq!(
        (again.jwks(), again.secret_key()),
        (jwks.clone(), secret.clone())
    );
    let other = LocalClerk::open(options(two.path())).unwrap();
    assert_ne!(other.jwks(), jwks);
    assert_ne!(other.secret_key(), secret);
    assert!(other.secret_key().starts_with("sk_test_"));
    assert_eq!(other.api_url(), "http://127.0.0.1:4010/__clerk/bapi");
}

#[test]
fn directories_are_made() {
    let directory = tempfile::tempdir().unwrap();
    LocalClerk::open(options(&directory.path().join("a/b"))).unwrap();
    assert!(directory.path().join("a/b/clerk.sqlite").exists());
}

#[test]
fn a_damaged_database_is_reported_in_one_line_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("clerk.sqlite");
    std::fs::write(
        &file,
        "this is not a database, but somebody may want it back".repeat(100),
    )
    .unwrap();
    let before = std::fs::read(&file).unwrap();
    let error = LocalClerk::open(options(directory.path())).unwrap_err();
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
    assert_eq!(error.reason(), "database-corrupt");
    let line = error.to_string();
    assert!(
        line.contains("clerk.sqlite") && !line.contains('\n'),
        "{line}"
    );
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn pages_that_were_overwritten_are_found() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("clerk.sqlite");
    drop(LocalClerk::open(options(directory.path())).unwrap());
    let mut bytes = std::fs::read(&file).unwrap();
    let length = bytes.len();
    bytes[4096..length].fill(0xAA);
    std::fs::write(&file, &bytes).unwrap();
    let error = LocalClerk::open(options(directory.path())).unwrap_err();
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
    assert_eq!(std::fs::read(&file).unwrap(), bytes);
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    drop(LocalClerk::open(options(directory.path())).unwrap());
    let connection = rusqlite::Connection::open(directory.path().join("clerk.sqlite")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let error = LocalClerk::open(options(directory.path())).unwrap_err();
    assert!(
        matches!(error, OpenError::Newer { found: 99, .. }),
        "{error:?}"
    );
}

#[test]
fn a_path_that_cannot_be_a_directory_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("occupied");
    std::fs::write(&file, "").unwrap();
    let error = LocalClerk::open(options(&file)).unwrap_err();
    assert!(matches!(error, OpenError::Unwritable { .. }), "{error:?}");
    assert!(error.to_string().contains("occupied"));
}

#[test]
fn other_addresses_than_loopback_do_not_open() {
    for origin in ["http://0.0.0.0:3000", "https://example.com"] {
        let error = LocalClerk::open(Options::new(Data::Memory, origin)).unwrap_err();
        assert!(matches!(error, OpenError::NotLoopback { .. }));
    }
}

#[test]
fn secrets_stay_out_of_debug_output() {
    let clerk = LocalClerk::open(Options::new(Data::Memory, "http://127.0.0.1:4010")).unwrap();
    assert!(!format!("{clerk:?}").contains(&clerk.secret_key()));
}
