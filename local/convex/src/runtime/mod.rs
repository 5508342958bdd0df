//! The JavaScript of a deployment: `convex/` is bundled once and its functions run in QuickJS, each execution in a
//! context of its own.

mod bundle;
mod bytecode;
mod call;
mod engine;
mod host;
#[cfg(test)]
mod tests;

pub(crate) use bundle::{Bundle, BundleOptions, LoadError};
pub(crate) use call::{
    ActionHost, Done, Execution, FunctionError, FunctionKind, FunctionPath, HostError, HttpRequest,
    HttpResponse, Invocation, Reply, TransactionHost,
};
#[cfg(test)]
pub(crate) use engine::Unavailable;
pub(crate) use engine::{Analysis, Engine, Limits};
