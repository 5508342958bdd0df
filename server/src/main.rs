//! The server's entry.
fn main() {}
