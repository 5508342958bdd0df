//! The client's modules that speak the protocol, as they are in `src/convex`. The views around them are left out: they say
//! nothing here, and what they depend on would be compiled anew with the features that Convex's types turn on.

#![allow(dead_code, reason = "the rest of the client uses what this does not")]

#[path = "../../../src/convex/address.rs"]
mod address;
#[path = "../../../src/convex/auth.rs"]
pub(crate) mod auth;
#[path = "../../../src/convex/error.rs"]
mod error;
#[path = "../../../src/convex/fields.rs"]
mod fields;
#[path = "../../../src/convex/function.rs"]
pub(crate) mod function;
#[path = "../../../src/convex/json.rs"]
mod json;
#[path = "../../../src/convex/protocol/mod.rs"]
pub(crate) mod protocol;
#[path = "../../../src/convex/values/mod.rs"]
mod values;
