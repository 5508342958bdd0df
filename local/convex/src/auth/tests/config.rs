use serde_json::{Value as Json, json};

use crate::auth::config::ProviderProblem;
use crate::auth::{AuthConfig, AuthConfigError};

fn samples() -> Json {
    serde_json::from_str(include_str!("../../../tests/data/convex-samples.json")).unwrap()
}

fn problem(provider: Json) -> ProviderProblem {
    match AuthConfig::from_json(&json!({ "providers": [provider] })) {
        Err(AuthConfigError::Provider { number: 1, problem }) => problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_recorded_configurations_are_read() {
    for (name, config) in samples()["auth_config"].as_object().unwrap() {
        let read = AuthConfig::from_json(config).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(read.providers.len(), 1, "{name}");
    }
}

#[test]
fn frequent_mistakes_are_named() {
    let domain = "https://a.example";
    assert_eq!(
        problem(json!({ "domain": domain, "applicationId": "convex" })),
        ProviderProblem::Spelling {
            found: "applicationId".into(),
            expected: "applicationID"
        }
    );
    assert_eq!(
        problem(json!({ "domain": domain })),
        ProviderProblem::Missing {
            field: "applicationID"
        }
    );
    // What an unset environment variable leaves behind.
    assert_eq!(
        problem(json!({ "applicationID": "convex" })),
        ProviderProblem::Missing { field: "domain" }
    );
    assert_eq!(
        problem(json!({ "domain": domain, "applicationID": "" })),
        ProviderProblem::NotText {
            field: "applicationID"
        }
    );
    assert!(matches!(
        problem(json!({ "domain": domain, "applicationID": "convex", "jwks": domain })),
        ProviderProblem::UnknownField { .. }
    ));
    assert_eq!(
        problem(json!({ "issuer": domain, "applicationID": "convex" })),
        ProviderProblem::Spelling {
            found: "issuer".into(),
            expected: "domain"
        }
    );
    assert_eq!(
        problem(
            json!({ "domain": format!("{domain}/.well-known/openid-configuration"), "applicationID": "convex" })
        ),
        ProviderProblem::DiscoveryUrl
    );
    assert_eq!(
        problem(json!({ "domain": "\"https://a.example\"", "applicationID": "convex" })),
        ProviderProblem::Quoted { field: "domain" }
    );
    assert!(matches!(
        problem(json!({ "type": "oidc" })),
        ProviderProblem::UnknownType(_)
    ));
    assert_eq!(
        problem(json!("https://a.example")),
        ProviderProblem::NotAnObject
    );
}

#[test]
fn a_custom_provider_has_its_own_mistakes() {
    let provider = |changes: &[(&str, &str)]| {
        let mut provider = json!({
            "type": "customJwt", "issuer": "https://a.example",
            "jwks": "https://a.example/jwks", "algorithm": "RS256",
        });
        for (name, value) in changes {
            provider[*name] = json!(value);
        }
        provider
    };
    assert_eq!(
        problem(provider(&[("algorithm", "HS256")])),
        ProviderProblem::Algorithm("HS256".into())
    );
    assert_eq!(
        problem(provider(&[("jwks", "data:text/plain,none")])),
        ProviderProblem::InlineKeys
    );
    assert!(matches!(
        problem(provider(&[("jwks", "/jwks")])),
        ProviderProblem::NotAUrl { .. }
    ));
    assert_eq!(
        problem(provider(&[("audience", "app")])),
        ProviderProblem::Spelling {
            found: "audience".into(),
            expected: "applicationID"
        }
    );
}

#[test]
fn providers_are_listed_once() {
    let one = json!({ "domain": "https://a.example", "applicationID": "convex" });
    let same = json!({ "domain": "a.example/", "applicationID": "convex" });
    let other = json!({ "domain": "a.example/", "applicationID": "other" });
    assert!(AuthConfig::from_json(&json!({ "providers": [one, other] })).is_ok());
    assert_eq!(
        AuthConfig::from_json(&json!({ "providers": [one, same] })),
        Err(AuthConfigError::Provider {
            number: 2,
            problem: ProviderProblem::Duplicate { of: 1 }
        })
    );
}

#[test]
fn only_this_machine_is_reached_without_encryption() {
    for domain in [
        "http://localhost:3000",
        "http://127.0.0.1:3000/__clerk",
        "http://[::1]:3000",
        "http://app.localhost",
    ] {
        let provider = json!({ "domain": domain, "applicationID": "convex" });
        let read = AuthConfig::from_json(&json!({ "providers": [provider] }));
        assert!(read.is_ok(), "{domain}: {read:?}");
    }
    for domain in [
        "http://a.example",
        "http://localhost.example",
        "http://127.0.0.1.example",
        "http://0.0.0.0:3000",
        "http://192.168.0.2",
        "ftp://localhost",
    ] {
        assert!(
            matches!(
                problem(json!({ "domain": domain, "applicationID": "convex" })),
                ProviderProblem::Insecure { .. }
            ),
            "{domain}"
        );
    }
}

#[test]
fn another_shape_is_refused() {
    for config in [
        json!(null),
        json!([]),
        json!({}),
        json!({ "providers": {} }),
        json!({ "provider": [] }),
    ] {
        assert_eq!(
            AuthConfig::from_json(&config),
            Err(AuthConfigError::Shape),
            "{config}"
        );
    }
    assert_eq!(
        AuthConfig::from_json(&json!({ "providers": [] })),
        Ok(AuthConfig::default())
    );
}
