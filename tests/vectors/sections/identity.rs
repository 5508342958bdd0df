//! What claims say about a person, and what that person may do.

use leptos_clerk_convex::identity::{FactorVerificationAge, Identity, Requirement, SessionClaims};
use serde_json::{Map, Value, json};

use super::{Section, same};
use crate::vectors::{NOW, Vectors};

pub fn sections() -> Vec<Section> {
    vec![
        Section::new(
            "authorization_has",
            &[
                ("", &["id", "state", "params", "expect"]),
                (
                    "state",
                    &[
                        "userId",
                        "orgId",
                        "orgRole",
                        "orgPermissions",
                        "features",
                        "plans",
                        "factorVerificationAge",
                    ],
                ),
                (
                    "params",
                    &["role", "permission", "feature", "plan", "reverification"],
                ),
            ],
            has,
        ),
        Section::new(
            "claims_to_auth",
            &[
                ("", &["id", "claims", "expect"]),
                (
                    "expect",
                    &[
                        "sessionId",
                        "sessionStatus",
                        "actor",
                        "userId",
                        "orgId",
                        "orgRole",
                        "orgSlug",
                        "orgPermissions",
                        "factorVerificationAge",
                        "throws",
                    ],
                ),
            ],
            claims_to_auth,
        ),
    ]
}

/// The state becomes a token's claims, so that the answer comes by the same way as in an application.
fn has(_: &Vectors, row: &Value, _: &[Value]) -> Result<(), String> {
    let mut claims = Map::from_iter([
        ("sid".to_owned(), json!("sess_1")),
        ("iat".to_owned(), json!(NOW)),
    ]);
    for (field, claim) in [
        ("userId", "sub"),
        ("orgId", "org_id"),
        ("orgRole", "org_role"),
        ("orgPermissions", "org_permissions"),
        ("features", "fea"),
        ("plans", "pla"),
        ("factorVerificationAge", "fva"),
    ] {
        if let Some(value) = row["state"].get(field) {
            claims.insert(claim.to_owned(), value.clone());
        }
    }
    let requirement = Requirement::from_has_params(
        row["params"]
            .as_object()
            .ok_or("the params are no object")?,
    );
    let identity = Identity::from_claims(&SessionClaims::new(claims));
    let actual = identity.is_ok_and(|identity| identity.has(&requirement, NOW as i64 * 1000));
    same("answer", &row["expect"], &json!(actual))
}

fn claims_to_auth(vectors: &Vectors, row: &Value, _: &[Value]) -> Result<(), String> {
    let mut payload = vectors
        .get("/jwts/fixture.session/payload")
        .as_object()
        .ok_or("the token has no payload")?
        .clone();
    payload.extend(
        row["claims"]
            .as_object()
            .ok_or("the claims are no object")?
            .clone(),
    );
    let claims = SessionClaims::new(payload);
    let identity = match Identity::from_claims(&claims) {
        Ok(identity) => identity,
        Err(error) => {
            let label = match error.reason() {
                "claims-malformed-features" => "fea-element-without-colon",
                other => other,
            };
            return same("error", &row["expect"], &json!({ "throws": label }));
        }
    };
    let organization = identity.organization.as_ref();
    // An organization without permissions is one thing here; version 1 tells an absent claim from an empty list.
    let has_permissions =
        claims.claim("v") == Some(&json!(2)) || claims.claim("org_permissions").is_some();
    let issued_at = claims.issued_at_ms().ok_or("the token has no issue time")?;
    let actual = json!({
        "sessionId": identity.session_id,
        "sessionStatus": claims.session_status(),
        "actor": identity.actor,
        "userId": identity.user_id,
        "orgId": organization.map(|organization| &organization.id),
        "orgRole": organization.and_then(|organization| organization.role.as_ref()),
        "orgSlug": organization.and_then(|organization| organization.slug.as_ref()),
        "orgPermissions": organization.filter(|_| has_permissions).map(|organization| &organization.permissions),
        "factorVerificationAge": identity.factor_verification_age.map(|age| ages(age, issued_at)),
    });
    same("auth", &row["expect"], &actual)
}

/// The ages at the moment of issue, which are what the claim states.
fn ages(age: FactorVerificationAge, issued_at: i64) -> Value {
    let minutes = |minutes: Option<f64>| {
        minutes.map_or(json!(-1), |minutes| {
            if minutes.fract() == 0.0 {
                json!(minutes as i64)
            } else {
                json!(minutes)
            }
        })
    };
    json!([
        minutes(age.first_factor_minutes(issued_at)),
        minutes(age.second_factor_minutes(issued_at))
    ])
}
