//! What a deployment has to know about a bundle before anything is called.

use std::collections::BTreeMap;

use rquickjs::{Function, Object, Value};
use serde_json::Value as Json;

use super::{Engine, failure::Failure, machine::Machine, realm::Realm, transact::explained};
use crate::runtime::{
    bundle::LoadError,
    call::{FunctionKind, FunctionPath},
    host::prelude,
};

/// What the modules of a bundle define.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Analysis {
    pub functions: BTreeMap<FunctionPath, FunctionInfo>,
    /// What `convex/schema.ts` exports.
    pub schema: Option<Json>,
    /// What `convex/crons.ts` exports.
    pub crons: Option<Json>,
    /// What `convex/auth.config.ts` exports.
    pub auth_config: Option<Json>,
    /// The routes of `convex/http.ts`.
    pub routes: Vec<Route>,
    pub unavailable: Vec<Unavailable>,
}

/// A registered function.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FunctionInfo {
    pub kind: FunctionKind,
    pub public: bool,
    /// The validator of its arguments, as exported.
    pub arguments: Json,
    /// The validator of its result; null when it is not checked.
    pub returns: Json,
}

/// A route of the HTTP router.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    /// Ends in `*` when it stands for everything below.
    pub path: String,
    pub method: String,
}

/// A module that the local deployment cannot run, because it asks for Node.js.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unavailable {
    pub module: String,
    pub exports: Vec<String>,
}

pub(super) fn analyze(engine: &Engine) -> Result<Analysis, LoadError> {
    let machine = engine.machine().map_err(|error| LoadError::Module {
        file: "convex".to_owned(),
        message: error.to_string(),
    })?;
    let mut analysis = Analysis::default();
    let realm = new_realm(&machine)?;
    for (module, id) in engine.bundle.function_modules() {
        let exports = ask(&machine, &realm, id, "functions")?.unwrap_or_default();
        for export in exports.as_array().into_iter().flatten() {
            if let Some((name, info)) = function(export) {
                analysis
                    .functions
                    .insert(FunctionPath::new(module, name), info);
            }
        }
        match module {
            "http" => analysis.routes = routes(ask(&machine, &realm, id, "routes")?.as_ref()),
            "crons" => analysis.crons = ask(&machine, &realm, id, "crons")?,
            _ => {}
        }
    }
    if let Some(id) = engine.bundle.schema() {
        analysis.schema = ask(&machine, &realm, id, "schema")?;
    }
    if let Some(id) = engine.bundle.auth_config() {
        // Of its own, because there the environment fails where a variable is missing.
        let realm = new_realm(&machine)?;
        call(&machine, &realm, id, "strictEnvironment", false)?;
        analysis.auth_config = ask(&machine, &realm, id, "authConfig")?;
    }
    let unavailable = engine.bundle.node_modules().iter();
    analysis.unavailable = unavailable
        .map(|(module, exports)| Unavailable {
            module: module.clone(),
            exports: exports.clone(),
        })
        .collect();
    Ok(analysis)
}

fn new_realm(machine: &Machine) -> Result<Realm, LoadError> {
    Realm::new(machine, true).map_err(|error| LoadError::Module {
        file: "convex".to_owned(),
        message: error.to_string(),
    })
}

/// What a function of `prelude/entry.js` says about a module, as JSON.
fn ask(
    machine: &Machine,
    realm: &Realm,
    id: &str,
    question: &str,
) -> Result<Option<Json>, LoadError> {
    let text = call(machine, realm, id, question, true)?;
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| LoadError::Module {
            file: id.trim_start_matches("../").to_owned(),
            message: error.to_string(),
        })
}

fn call(
    machine: &Machine,
    realm: &Realm,
    id: &str,
    question: &str,
    with_module: bool,
) -> Result<Option<String>, LoadError> {
    let failed = |failure: Failure| {
        if failure.spoils() {
            machine.spoil();
        }
        LoadError::Module {
            file: id.trim_start_matches("../").to_owned(),
            message: explained(&machine.limits, failure).message,
        }
    };
    if with_module {
        realm.import(machine, id).map_err(failed)?;
    }
    let answer = realm.enter(|context| {
        let entry: Object<'_> = prelude(context, &realm.state, "entry")?.call(())?;
        let question: Function<'_> = entry.get(question)?;
        let module: Option<Object<'_>> = if with_module {
            Some(realm.exports(context)?)
        } else {
            None
        };
        let answer: Value<'_> = question.call((module,))?;
        answer
            .as_string()
            .map(rquickjs::String::to_string)
            .transpose()
    });
    answer.map_err(failed)
}

fn function(export: &Json) -> Option<(&str, FunctionInfo)> {
    let kind = match export.get("kind")?.as_str()? {
        "query" => FunctionKind::Query,
        "mutation" => FunctionKind::Mutation,
        "action" => FunctionKind::Action,
        _ => FunctionKind::HttpAction,
    };
    let info = FunctionInfo {
        kind,
        public: export.get("public")?.as_bool()?,
        arguments: export.get("arguments")?.clone(),
        returns: export.get("returns")?.clone(),
    };
    Some((export.get("name")?.as_str()?, info))
}

fn routes(json: Option<&Json>) -> Vec<Route> {
    let pairs = json.and_then(Json::as_array).into_iter().flatten();
    let route = |pair: &Json| {
        Some(Route {
            path: pair.get(0)?.as_str()?.to_owned(),
            method: pair.get(1)?.as_str()?.to_owned(),
        })
    };
    pairs.filter_map(route).collect()
}
