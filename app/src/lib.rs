//! The application that server and browser share.
