//! Machine credentials.

use http::StatusCode;

use crate::support::*;

#[tokio::test]
async fn an_api_key_gets_where_api_keys_are_accepted() {
    let site = production().await;
    let with_key = |path: &str, key: &str| {
        request(
            "GET",
            path,
            &[("authorization", &format!("Bearer {key}"))],
            &[],
        )
    };
    let answer = site.send(with_key("/api/machine", "ak_good")).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::OK, "user_key")
    );
    assert_eq!(
        site.send(with_key("/api/machine", "ak_bad")).await.status,
        StatusCode::UNAUTHORIZED
    );
    // It is no session.
    assert_eq!(
        site.send(with_key("/api/private", "ak_good")).await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        site.send(with_key("/api/who", "ak_good")).await.body,
        "nobody"
    );
    // And a session is no API key.
    let token = session("user_1");
    assert_eq!(
        site.send(with_key("/api/machine", &token)).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_machine_never_lands_on_the_sign_in_page() {
    let site = production().await;
    let headers = [("authorization", "Bearer ak_good"), ("accept", "text/html")];
    let answer = site.send(request("GET", "/dashboard", &headers, &[])).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_token_from_a_template_is_no_session() {
    let site = development().await;
    let header =
        serde_json::json!({"alg": "RS256", "typ": "JWT", "kid": KEY_ID, "cat": "cl_B7d4PD222AAA"});
    let token = signed_with_header(&header, &claims("user_1"));
    let authorization = format!("Bearer {token}");
    let answer = site
        .send(request(
            "GET",
            "/api/who",
            &[("authorization", &authorization)],
            &[],
        ))
        .await;
    assert_eq!(
        (answer.body.as_str(), answer.header("x-clerk-auth-reason")),
        ("nobody", "token-type-mismatch")
    );
}

#[tokio::test]
async fn an_oauth_client_learns_where_to_get_a_token() {
    let site = production().await;
    let answer = site
        .send(request(
            "GET",
            "/api/private",
            &[("authorization", "Bearer oat_unknown")],
            &[],
        ))
        .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        answer.header("www-authenticate"),
        "Bearer resource_metadata=\"https://clerk.example.com/.well-known/oauth-protected-resource\""
    );
}
