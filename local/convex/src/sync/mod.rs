//! The sync protocol: one WebSocket per client, over which queries stay up to date and functions are called.

mod backend;
mod protocol;
mod session;
mod settings;
mod socket;
mod version;

pub(crate) use backend::{
    ActionResult, AuthenticationFailure, Backend, CallError, Credentials, FunctionCall,
    FunctionFailure, FunctionKind, LiveResult, MutationResult, QueryCall, RequestKey, Rights,
    Snapshot, SystemError, SystemErrorKind,
};
pub(crate) use protocol::{JsonText, Object, single_object};
pub(crate) use settings::Settings;
pub(crate) use socket::router;

#[cfg(test)]
pub(crate) mod scripted;
