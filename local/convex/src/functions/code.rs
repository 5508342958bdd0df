//! The code in force: what functions there are, what they take, and the schema, crons and providers beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value as Json;

use super::error::{function_error, not_found, not_provided, wrong_kind};
use crate::auth::{AuthConfig, AuthConfigError};
use crate::runtime::{Analysis, Bundle, FunctionError, FunctionKind, FunctionPath};
use crate::scheduler::{CronError, Schedule};
use crate::schema::{Schema, SchemaExportError, Validator};
use crate::values::{TableNumber, Value};

/// Who calls a function: only callers inside may call internal ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    Client,
    /// Another function, the scheduler, or somebody with the admin key.
    Inside,
}

/// A function of the project.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) kind: FunctionKind,
    pub(crate) public: bool,
    arguments: Validator,
    /// `None` is not checked.
    returns: Option<Validator>,
}

/// A function that runs at regular times.
#[derive(Clone, Debug)]
pub(crate) struct Cron {
    pub(crate) path: FunctionPath,
    pub(crate) arguments: Json,
    pub(crate) schedule: Schedule,
}

/// One version of everything in `convex/`.
pub(crate) struct Code {
    pub(crate) bundle: Arc<Bundle>,
    pub(crate) schema: Schema,
    pub(crate) crons: BTreeMap<String, Cron>,
    pub(crate) auth_config: AuthConfig,
    /// Whether `http.ts` has a router.
    pub(crate) has_routes: bool,
    /// Tells versions apart.
    pub(crate) version: u64,
    functions: BTreeMap<FunctionPath, Function>,
    /// Modules that ask for Node.js, which is not here.
    unavailable: BTreeSet<String>,
}

/// Why code cannot be put in force.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CodeError {
    #[error("schema.ts: {0}")]
    Schema(#[from] SchemaExportError),
    #[error("auth.config.ts: {0}")]
    AuthConfig(#[from] AuthConfigError),
    #[error("crons.ts: {name:?}: {problem}")]
    Cron { name: String, problem: CronError },
    #[error("crons.ts: {0:?} is not a cron job as this deployment knows them")]
    CronShape(String),
    #[error("{path}: {problem}")]
    Function {
        path: FunctionPath,
        problem: SchemaExportError,
    },
}

/// The most bytes of a function's arguments, and of its result.
const LARGEST_VALUE: usize = 16 << 20;

static VERSIONS: AtomicU64 = AtomicU64::new(1);

impl Code {
    /// Makes sense of what the modules export.
    pub(crate) fn new(bundle: Arc<Bundle>, analysis: Analysis) -> Result<Self, CodeError> {
        let mut functions = BTreeMap::new();
        for (path, info) in analysis.functions {
            let function = Function::new(info.kind, info.public, &info.arguments, &info.returns)
                .map_err(|problem| CodeError::Function {
                    path: path.clone(),
                    problem,
                })?;
            functions.insert(path, function);
        }
        let schema = analysis
            .schema
            .as_ref()
            .map(Schema::from_json)
            .transpose()?;
        let auth_config = analysis
            .auth_config
            .as_ref()
            .map(AuthConfig::from_json)
            .transpose()?;
        Ok(Self {
            schema: schema.unwrap_or_default(),
            auth_config: auth_config.unwrap_or_default(),
            crons: crons(analysis.crons.as_ref())?,
            has_routes: !analysis.routes.is_empty(),
            version: VERSIONS.fetch_add(1, Ordering::Relaxed),
            unavailable: analysis
                .unavailable
                .into_iter()
                .map(|module| module.module)
                .collect(),
            bundle,
            functions,
        })
    }

    /// The function at `path`, if `caller` may call it as a `kind`.
    pub(super) fn find(
        &self,
        path: &FunctionPath,
        kind: FunctionKind,
        caller: Caller,
    ) -> Result<&Function, FunctionError> {
        let Some(function) = self.functions.get(path) else {
            return Err(match self.unavailable.contains(&path.module) {
                true => not_provided("Node.js, which `\"use node\"` asks for,"),
                false => not_found(path, caller == Caller::Client),
            });
        };
        if caller == Caller::Client && !function.public {
            return Err(not_found(path, true));
        }
        if function.kind != kind {
            return Err(wrong_kind(path, kind, function.kind));
        }
        Ok(function)
    }

    /// Any function, by its path alone.
    pub(crate) fn function(&self, path: &FunctionPath) -> Option<&Function> {
        self.functions.get(path)
    }

    pub(crate) fn function_count(&self) -> usize {
        self.functions.len()
    }
}

impl Function {
    fn new(
        kind: FunctionKind,
        public: bool,
        arguments: &Json,
        returns: &Json,
    ) -> Result<Self, SchemaExportError> {
        Ok(Self {
            kind,
            public,
            arguments: match arguments {
                Json::Null => Validator::Any,
                json => Validator::from_json(json)?,
            },
            returns: match returns {
                Json::Null => None,
                json => Some(Validator::from_json(json)?),
            },
        })
    }

    pub(super) fn check_arguments(
        &self,
        arguments: &Json,
        tables: &dyn Fn(&str) -> Option<TableNumber>,
    ) -> Result<(), FunctionError> {
        let failed = |problem: String| {
            function_error(
                "ArgumentValidationError",
                format!("ArgumentValidationError: {problem}"),
            )
        };
        let value = Value::from_json(arguments).map_err(|error| failed(error.to_string()))?;
        if value.as_object().is_none() {
            return Err(failed(
                "the arguments of a function are one object".to_owned(),
            ));
        }
        let size = value.size();
        if size > LARGEST_VALUE {
            return Err(function_error(
                "FunctionArgumentsTooLarge",
                format!("The arguments have {size} bytes, and {LARGEST_VALUE} is the most."),
            ));
        }
        self.arguments
            .check(&value, tables)
            .map_err(|mismatch| failed(mismatch.to_string()))
    }

    pub(super) fn check_returned(
        &self,
        returned: &str,
        tables: &dyn Fn(&str) -> Option<TableNumber>,
    ) -> Result<(), FunctionError> {
        let failed = |problem: String| {
            function_error(
                "ReturnsValidationError",
                format!("ReturnsValidationError: {problem}"),
            )
        };
        let value = Value::parse(returned).map_err(|error| failed(error.to_string()))?;
        let size = value.size();
        if size > LARGEST_VALUE {
            return Err(function_error(
                "FunctionReturnTooLarge",
                format!("The result has {size} bytes, and {LARGEST_VALUE} is the most."),
            ));
        }
        match &self.returns {
            Some(validator) => validator
                .check(&value, tables)
                .map_err(|mismatch| failed(mismatch.to_string())),
            None => Ok(()),
        }
    }
}

fn crons(export: Option<&Json>) -> Result<BTreeMap<String, Cron>, CodeError> {
    let Some(export) = export.and_then(Json::as_object) else {
        return Ok(BTreeMap::new());
    };
    let cron = |(name, json): (&String, &Json)| {
        let shape = || CodeError::CronShape(name.clone());
        let path = json["name"].as_str().and_then(|path| path.parse().ok());
        let schedule =
            Schedule::from_json(&json["schedule"]).map_err(|problem| CodeError::Cron {
                name: name.clone(),
                problem,
            })?;
        let cron = Cron {
            path: path.ok_or_else(shape)?,
            arguments: json["args"].get(0).cloned().ok_or_else(shape)?,
            schedule,
        };
        Ok((name.clone(), cron))
    };
    export.iter().map(cron).collect()
}
