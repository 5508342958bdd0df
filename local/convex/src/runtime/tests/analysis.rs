//! What an analysis says about the fixture, compared with what was recorded.

use serde_json::{Value as Json, json};

use super::{engine, samples};
use crate::runtime::{Analysis, FunctionKind, FunctionPath, Unavailable};

fn info(analysis: &Analysis, path: &str) -> Json {
    let info = &analysis.functions[&path.parse::<FunctionPath>().unwrap()];
    json!({
        "isQuery": info.kind == FunctionKind::Query,
        "isMutation": info.kind == FunctionKind::Mutation,
        "isAction": info.kind == FunctionKind::Action,
        "isPublic": info.public,
        "isInternal": !info.public,
        "exportArgs": info.arguments,
        "exportReturns": info.returns,
    })
}

#[test]
fn the_fixture_is_analyzed_as_recorded() {
    let samples = samples();
    let analysis = engine().analyze().unwrap();
    let functions = &samples["function_analysis"];
    assert_eq!(info(&analysis, "messages:list"), functions["noValidators"]);
    assert_eq!(info(&analysis, "messages:send"), functions["withArgs"]);
    assert_eq!(info(&analysis, "tools:tick"), functions["internal"]);
    assert_eq!(info(&analysis, "messages")["isQuery"], true);
    assert_eq!(analysis.schema.as_ref(), Some(&samples["schema_export"]));
    assert_eq!(analysis.crons.as_ref(), Some(&samples["crons_export"]));
    assert_eq!(
        analysis.auth_config.as_ref(),
        Some(&samples["auth_config"]["oidc"])
    );
    let routes: Vec<_> = analysis
        .routes
        .iter()
        .map(|route| json!([route.path, route.method]))
        .collect();
    assert_eq!(json!(routes), samples["router"]["routes"]);
    let unavailable = Unavailable {
        module: "dir/server".to_owned(),
        exports: vec!["hash".to_owned()],
    };
    assert_eq!(analysis.unavailable, [unavailable]);
    assert!(
        analysis
            .functions
            .keys()
            .all(|path| path.module != "dir/server" && path.module != "helpers")
    );
}
