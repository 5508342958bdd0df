//! Verified claims, roles, permissions and what they allow.
