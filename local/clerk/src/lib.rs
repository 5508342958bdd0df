//! A Clerk instance for development and tests.
