//! The run-time half of `convex/_generated`, for folders in which the Convex CLI has not written it yet.

/// The text of a file in `_generated/`, named without its extension.
pub(super) fn source(name: &str) -> Option<&'static str> {
    match name {
        "api" => Some(API),
        "server" => Some(SERVER),
        _ => None,
    }
}

const API: &str = r#"import { anyApi, componentsGeneric } from "convex/server";
export const api = anyApi;
export const internal = anyApi;
export const components = componentsGeneric();
"#;

const SERVER: &str = r#"import {
  actionGeneric,
  httpActionGeneric,
  internalActionGeneric,
  internalMutationGeneric,
  internalQueryGeneric,
  mutationGeneric,
  queryGeneric,
} from "convex/server";
export const query = queryGeneric;
export const internalQuery = internalQueryGeneric;
export const mutation = mutationGeneric;
export const internalMutation = internalMutationGeneric;
export const action = actionGeneric;
export const internalAction = internalActionGeneric;
export const httpAction = httpActionGeneric;
export const env = process.env;
"#;
